from django.apps import AppConfig


class WorktimeConfig(AppConfig):
    name = "contactcenter.worktime"
    label = "worktime"
