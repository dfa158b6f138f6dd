from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "contactcenter.dashboards"
    label = "dashboards"
