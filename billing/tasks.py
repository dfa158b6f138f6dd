"""Background work of billing; every task takes ids only and may run twice."""

import logging

from celery import shared_task
from django.utils import timezone

from billing import actions
from contactcenter.tenancy.doors import open_every_account

logger = logging.getLogger(__name__)


@shared_task(name="billing.collect_usage")
def collect_usage(*, allocation_run_id: int) -> None:
    """Bring the usage lines of an allocation run's session up to date; asked for whenever a run is made or grows."""
    with open_every_account(reason="a session's time belongs to many accounts"):
        actions.collect_run(allocation_run_id=allocation_run_id, at=timezone.now())


@shared_task(name="billing.sweep")
def sweep() -> None:
    """Collect what lost tasks have left behind."""
    with open_every_account(reason="sweeps the usage of all accounts"):
        collected = actions.collect_pending(at=timezone.now())
    if collected.added or collected.changed:
        logger.info("sweep collected usage: %s new, %s changed", collected.added, collected.changed)
