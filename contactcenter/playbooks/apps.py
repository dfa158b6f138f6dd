from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "contactcenter.playbooks"
    label = "playbooks"
