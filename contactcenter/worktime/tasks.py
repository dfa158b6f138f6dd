"""Background work of the ledger. Tasks take ids only and are safe to run twice.

While a simulation walks through a past day it derives at its own instants; by the present one its sessions would
have been forgotten long ago.
"""

from celery import shared_task
from django.utils import timezone

from contactcenter.kernel.clock import clock_is_held
from contactcenter.worktime import actions
from contactcenter.worktime.models import Session


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


@shared_task(name="worktime.sweep")
def sweep() -> int:
    """Derive whoever is behind: a lost broker or a killed worker costs half a minute, never a second of work."""
    return 0 if clock_is_held() else actions.derive_behind(at=timezone.now())
