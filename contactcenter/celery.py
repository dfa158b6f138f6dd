"""Celery application; settings carry the CELERY_ prefix."""

import gc
import os
from collections.abc import Mapping
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
app = Celery("contactcenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["channels_app.phone", "channels_app.subscriptions", "channels_app.translation"])


@worker_init.connect
def _load_language_models(*, options: Mapping[str, Any], **_: object) -> None:
    """Read the models in the process that forks the worker's children: they share the memory.

    A worker of the heavy queue alone reads no mail, and needs none.
    """
    if list(options.get("queues") or ()) == [settings.HEAVY_QUEUE]:
        return
    from channels_app.language import load_models  # every process imports this module, only workers need the library

    load_models()


@worker_process_init.connect
def spare_the_collector(**_: object) -> None:
    """Take what was loaded at the start out of the garbage collector's rounds.

    A full round over it costs a tenth of a second, and a large run of matching brings one about.
    """
    gc.collect()
    gc.freeze()
