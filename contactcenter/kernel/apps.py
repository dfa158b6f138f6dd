from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "contactcenter.kernel"
    label = "kernel"
