"""Housekeeping tasks of the kernel."""

from celery import shared_task
from django.utils import timezone

from contactcenter.kernel import push
from contactcenter.kernel.models import Heartbeat


@shared_task(name="kernel.trim_events")
def trim_events() -> None:
    """Drop live events older than a day."""
    push.trim_events(at=timezone.now())


@shared_task(name="kernel.heartbeat")
def heartbeat() -> None:
    """Say that a worker is alive; /readyz reads it."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})
