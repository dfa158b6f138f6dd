"""Writes of corrections: one person proposes, another approves, and only then the ledger hears of it, by new events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound, PermissionDenied
from contactcenter.operators.models import Operator
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.correction_queries import correction_effect, readable_changes
from contactcenter.worktime.corrections import events_of
from contactcenter.worktime.models import CorrectionState, TimeCorrection


@transaction.atomic
def propose_correction(
    *, operator_id: int, documents: Sequence[Mapping[str, Any]], reason: str, author_id: int, at: datetime
) -> TimeCorrection:
    """Keep a correction with what it would change; the ledger stays as it is until somebody else approves it.

    Raises NotFound for an unknown operator, Invalid (naming the field) for a change that cannot be made, that changes
    nothing, or without a reason.
    """
    if not Operator.objects.filter(pk=operator_id).exists():
        raise NotFound("There is no such operator.", field="operator_id")
    reason = reason.strip()
    if not reason:
        raise Invalid("A correction needs a reason.", field="reason")
    effect = correction_effect(operator_id=operator_id, documents=documents, at=at)
    if effect.is_empty:
        raise Invalid("This changes nothing.", field="changes")
    correction = TimeCorrection.objects.create(
        operator_id=operator_id,
        starts_at=effect.starts_at,
        ends_at=effect.ends_at,
        changes=list(documents),
        reason=reason[:200],
        before=effect.before,
        after=effect.after,
        author_id=author_id,
        proposed_at=at,
    )
    _record(correction, "worktime.correction.propose", author_id)
    return correction


def approve_correction(*, correction_id: int, approver_id: int, at: datetime) -> TimeCorrection:
    """Record the correction's events and derive the operator's time anew.

    PermissionDenied to its author and to the operator whose time it is; Conflict once it is decided.
    """
    with transaction.atomic():
        correction = _pending(correction_id)
        if approver_id in (correction.author_id, correction.operator.user_id):
            raise PermissionDenied("A correction is approved by somebody other than its author and the operator.")
        changes, told_at = readable_changes(operator_id=correction.operator_id, documents=correction.changes)
        events = events_of(
            changes=changes,
            told_at=told_at,
            serial=correction.pk,
            reason=correction.reason,
            author_id=correction.author_id,
        )
        record_events(operator_id=correction.operator_id, events=events)
        _decide(correction, CorrectionState.APPROVED, approver_id, at, "")
    derive_operator(operator_id=correction.operator_id, at=at)
    return correction


@transaction.atomic
def reject_correction(*, correction_id: int, decider_id: int, note: str, at: datetime) -> TimeCorrection:
    """Leave the ledger as it is, for a reason; its author withdraws it. Conflict once it is decided."""
    correction = _pending(correction_id)
    own = decider_id == correction.author_id
    if not own and not note.strip():
        raise Invalid("Say why it is rejected.", field="note")
    state = CorrectionState.WITHDRAWN if own else CorrectionState.REJECTED
    _decide(correction, state, decider_id, at, note.strip())
    return correction


def _pending(correction_id: int) -> TimeCorrection:
    correction = (
        TimeCorrection.objects.select_for_update(of=("self",))
        .select_related("operator")
        .filter(pk=correction_id)
        .first()
    )
    if correction is None:
        raise NotFound("There is no such correction.")
    if correction.state != CorrectionState.PENDING:
        raise Conflict("This correction is already decided.", data={"state": correction.state})
    return correction


def _decide(correction: TimeCorrection, state: CorrectionState, decider_id: int, at: datetime, note: str) -> None:
    correction.state, correction.decided_by_id, correction.decided_at = state, decider_id, at
    correction.note = note[:200]
    correction.save(update_fields=["state", "decided_by", "decided_at", "note"])
    _record(correction, f"worktime.correction.{state}", decider_id)


def _record(correction: TimeCorrection, action: str, actor_id: int) -> None:
    data = {"operator_id": correction.operator_id, "reason": correction.reason, "changes": correction.changes}
    audit.record(action=action, target=correction, actor_id=actor_id, data=data)
