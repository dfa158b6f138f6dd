from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "contactcenter.tenancy"
    label = "tenancy"
