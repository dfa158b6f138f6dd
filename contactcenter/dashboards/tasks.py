"""Background work of the dashboards; safe to run twice."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from contactcenter.dashboards.actions import keep_proof
from contactcenter.dashboards.rollups.actions import MARKS_AT_ONCE, fold_changes
from contactcenter.kernel.clock import clock_is_held
from contactcenter.tenancy.doors import open_every_account

logger = logging.getLogger(__name__)

ROUNDS = 20


@shared_task(name="dashboards.fold")
def fold() -> None:
    """Take the changed facts into the roll-ups; what is left after so many rounds waits for the next run."""
    with open_every_account(reason="roll-ups add up the facts of all accounts"):
        for _ in range(ROUNDS):
            if fold_changes() < MARKS_AT_ONCE:
                return


@shared_task(name="dashboards.prove", time_limit=settings.HEAVY_TASK_TIME_LIMIT)
def prove() -> None:
    """Prove that time, money and intake add up, once a night; not while a simulation has a day under way."""
    if clock_is_held():
        logger.info("no proof while a simulation is running")
        return
    keep_proof(at=timezone.now())
