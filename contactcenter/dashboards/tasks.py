"""Background work of the dashboards; safe to run twice."""

from celery import shared_task

from contactcenter.dashboards.rollups.actions import MARKS_AT_ONCE, fold_changes
from contactcenter.tenancy.doors import open_every_account

ROUNDS = 20


@shared_task(name="dashboards.fold")
def fold() -> None:
    """Take the changed facts into the roll-ups; what is left after so many rounds waits for the next run."""
    with open_every_account(reason="roll-ups add up the facts of all accounts"):
        for _ in range(ROUNDS):
            if fold_changes() < MARKS_AT_ONCE:
                return
