"""Celery application; settings carry the CELERY_ prefix."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
app = Celery("contactcenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["channels_app.phone", "channels_app.subscriptions", "channels_app.translation"])


@worker_init.connect
def _load_language_models(**_: object) -> None:
    """Read the models in the process that forks the worker's children: they share the memory."""
    from channels_app.language import load_models  # every process imports this module, only workers need the library

    load_models()
