"""Background work of the ledger. Tasks take ids only and are safe to run twice."""

from celery import shared_task
from django.utils import timezone

from contactcenter.worktime import actions
from contactcenter.worktime.models import Session


@shared_task(name="worktime.derive_operator")
def derive_operator(*, operator_id: int) -> None:
    """Bring one operator's ledger up to now."""
    actions.derive_operator(operator_id=operator_id, at=timezone.now())


@shared_task(name="worktime.derive_session")
def derive_session(*, session_id: int) -> None:
    """Bring the ledger of a session's operator up to now."""
    operator_id = Session.objects.values_list("operator_id", flat=True).get(pk=session_id)
    actions.derive_operator(operator_id=operator_id, at=timezone.now())


@shared_task(name="worktime.sweep")
def sweep() -> int:
    """Derive whoever is behind: a lost broker or a killed worker costs half a minute, never a second of work."""
    return actions.derive_behind(at=timezone.now())
