"""Background work of the ledger. Tasks take ids only and are safe to run twice.

While a simulation walks through a past day it derives at its own instants; by the present one its sessions would
have been forgotten long ago.
"""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from contactcenter.kernel.clock import clock_is_held
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.worktime import actions
from contactcenter.worktime.focus_actions import flush_focus
from contactcenter.worktime.models import Reallocation, Session
from contactcenter.worktime.reallocation_actions import run_reallocation

UNATTENDED = timedelta(minutes=2)
"""What was asked for so long ago and is not finished is asked for again; two never run at once."""


@shared_task(name="worktime.derive_operator")
def derive_operator(*, operator_id: int) -> None:
    """Bring one operator's ledger up to now."""
    if not clock_is_held():
        actions.derive_operator(operator_id=operator_id, at=timezone.now())


@shared_task(name="worktime.derive_session")
def derive_session(*, session_id: int) -> None:
    """Bring the ledger of a session's operator up to now; a session that is gone is none of its business."""
    operator_id = Session.objects.filter(pk=session_id).values_list("operator_id", flat=True).first()
    if operator_id is not None and not clock_is_held():
        actions.derive_operator(operator_id=operator_id, at=timezone.now())


@shared_task(name="worktime.reallocate", time_limit=settings.HEAVY_TASK_TIME_LIMIT)
def reallocate(*, reallocation_id: int) -> None:
    """Allocate a period again, or calculate what that would change."""
    run_reallocation(reallocation_id=reallocation_id, at=timezone.now())


@shared_task(name="worktime.sweep")
def sweep() -> int:
    """Derive whoever is behind: a lost broker or a killed worker costs half a minute, never a second of work."""
    if clock_is_held():
        return 0
    at = timezone.now()
    flush_focus(at=at)
    lost = Reallocation.objects.filter(finished_at=None, asked_at__lt=at - UNATTENDED)
    for reallocation_id in lost.order_by("pk").values_list("pk", flat=True)[:10]:
        enqueue_on_commit("worktime.reallocate", reallocation_id=reallocation_id)
    return actions.derive_behind(at=at)
