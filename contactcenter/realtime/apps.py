from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "contactcenter.realtime"
    label = "realtime"
