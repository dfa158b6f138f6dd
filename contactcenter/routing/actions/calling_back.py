"""What becomes of a request to be called back while somebody has its ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict
from contactcenter.routing.models import (
    OPEN_CALLBACKS,
    Assignment,
    CallbackAttempt,
    CallbackRequest,
    CallbackResult,
    CallbackState,
)
from contactcenter.routing.states import may_follow


class ResultMissing(Conflict):
    """The operator has not said yet what came of the call."""

    code = "callback_result_missing"


def open_callback(*, ticket_id: int, lock: bool = False) -> CallbackRequest | None:
    """Return the ticket's request that is neither done nor given up."""
    rows = CallbackRequest.objects.filter(ticket_id=ticket_id, state__in=OPEN_CALLBACKS)
    return (rows.select_for_update(of=("self",)) if lock else rows).first()


def callback_under_way(*, assignment: Assignment) -> CallbackRequest | None:
    """Return the callback that this assignment is an attempt at."""
    return CallbackRequest.objects.filter(assignment_id=assignment.pk, state=CallbackState.CALLING).first()


def refuse_without_result(*, assignment: Assignment) -> None:
    """Raise ResultMissing while this assignment is an attempt at a callback whose result nobody has said."""
    callback = callback_under_way(assignment=assignment)
    if callback is not None:
        raise ResultMissing("Say first what came of the call.", data={"callback_id": callback.pk})


def source_key_of(callback: CallbackRequest) -> str:
    """Return the name of the next attempt's interaction, until the telephone system tells of its call."""
    return f"callback {callback.pk} {callback.attempts_made + 1}"


def begin_calling(*, callback: CallbackRequest, assignment: Assignment, at: datetime) -> None:
    """Somebody has taken the ticket: they call."""
    move_callback(
        callback=callback,
        wanted=CallbackState.CALLING,
        at=at,
        operator_id=assignment.operator_id,
        assignment_id=assignment.pk,
        next_attempt_at=None,
    )


def give_back(*, assignment: Assignment, at: datetime) -> None:
    """The operator has gone before the call came to anything: the request waits again, and no attempt is counted."""
    callback = callback_under_way(assignment=assignment)
    if callback is not None:
        move_callback(callback=callback, wanted=CallbackState.WAITING, at=at, operator_id=None, assignment_id=None)


def handed_on(*, assignment: Assignment, at: datetime) -> None:
    """The contact was reached, and goes on to somebody else."""
    callback = callback_under_way(assignment=assignment)
    if callback is not None:
        note_attempt(callback=callback, assignment=assignment, result=CallbackResult.REACHED, at=at, note="")
        move_callback(
            callback=callback, wanted=CallbackState.DONE, at=at, attempts_made=callback.attempts_made + 1,
            assignment_id=None,
        )  # fmt: skip


def note_attempt(
    *, callback: CallbackRequest, assignment: Assignment, result: CallbackResult, at: datetime, note: str
) -> CallbackAttempt:
    """Write down what came of an attempt."""
    return CallbackAttempt.objects.create(
        account_id=callback.account_id,
        callback=callback,
        operator_id=assignment.operator_id,
        interaction_id=assignment.interaction_id,
        result=result,
        started_at=assignment.started_at,
        ended_at=max(at, assignment.started_at),
        note=note[:200],
    )


def move_callback(
    *, callback: CallbackRequest, wanted: CallbackState, at: datetime, actor_id: int | None = None, **fields: Any
) -> bool:
    """Move the request on from the state it was read in, with an audit row; False where the table is in the way."""
    was = callback.state
    if not may_follow(machine="callback", current=was, wanted=wanted):
        return False
    moved = CallbackRequest.objects.filter(pk=callback.pk, state=was).update(state=wanted, changed_at=at, **fields)
    if moved != 1:
        return False
    callback.refresh_from_db()
    audit.record(
        action="callback.move",
        target=callback,
        actor_id=actor_id,
        account_id=callback.account_id,
        data={"from": was, "to": str(wanted), "reason": callback.reason},
    )
    return True
