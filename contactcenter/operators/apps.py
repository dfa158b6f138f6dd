from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    name = "contactcenter.operators"
    label = "operators"
