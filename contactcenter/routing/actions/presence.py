"""Presence: said by the operator, or found by the server."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.routing import queries
from contactcenter.routing.actions.handing import end_transfer
from contactcenter.routing.actions.serving import release_assignment
from contactcenter.routing.actions.stance import AT_WORK, arrive, ask_next, depart, forget_next
from contactcenter.routing.models import Assignment, OperatorState, Presence, Transfer, TransferState
from contactcenter.routing.states import BY_HAND, may_follow

LOST_AFTER: Final = timedelta(seconds=60)
"""An available operator not heard of for so long is lost: contacts wait for nobody."""
BREAK_LOST_AFTER: Final = timedelta(minutes=30)
"""On a break a closed lid is normal; a forgotten logout must not run on all the same."""
SEEN_STEP: Final = timedelta(seconds=5)


@transaction.atomic
def set_presence(
    *, operator_id: int, state: str, at: datetime, reason: str = "", after_work: bool | None = None
) -> OperatorState:
    """Set what the operator says. Leaving `available` takes back the pending offer; `offline` releases every ticket.

    With `after_work` (by default for a break) routing stops at once, and the presence begins when what the operator
    has in hand is finished; without anything in hand, at once. Saying `available` meanwhile takes the wish back.
    A break needs a reason. Saying the same again changes nothing.
    """
    if state not in BY_HAND:
        raise Invalid("Choose available, break or offline.", field="state")
    if state == Presence.BREAK and not reason.strip():
        raise Invalid("A break needs a reason.", field="reason")
    OperatorState.objects.get_or_create(operator_id=operator_id, defaults={"since": at})
    row = OperatorState.objects.select_for_update(of=("self",)).get(operator_id=operator_id)
    reason = reason.strip()[:80] if state == Presence.BREAK else ""
    if row.presence == state and row.reason == reason:
        if row.next_presence:
            forget_next(row=row)
        return row
    if not may_follow(machine="presence", current=row.presence, wanted=state):
        raise Conflict(f"Presence cannot change from {row.presence} to {state}.", data={"from": row.presence})
    waits = state == Presence.BREAK if after_work is None else after_work and state != Presence.AVAILABLE
    if waits and row.presence == Presence.AVAILABLE and queries.has_work(operator_id=operator_id, at=at):
        if (row.next_presence, row.next_reason) != (state, reason):
            ask_next(row=row, presence=Presence(state), reason=reason, at=at)
    elif state == Presence.OFFLINE:
        _leave(row=row, presence=Presence.OFFLINE, at=at, reason="")
    else:
        arrive(row=row, presence=Presence(state), reason=reason, at=at)
    return row


@transaction.atomic
def see_operator(*, operator_id: int, at: datetime) -> None:
    """Note a sign of life (a socket's heartbeat); written at most every few seconds."""
    OperatorState.objects.filter(
        Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=at - SEEN_STEP), operator_id=operator_id
    ).update(last_seen_at=at)


def lose_operators(*, at: datetime) -> int:
    """Mark operators without a sign of life as lost and return their tickets to the queue; return how many.

    Their session ends when they were last seen.
    """
    silent = (
        OperatorState.objects.annotate(seen=Coalesce("last_seen_at", "since"))
        .filter(
            Q(presence=Presence.AVAILABLE, seen__lt=at - LOST_AFTER)
            | Q(presence=Presence.BREAK, seen__lt=at - BREAK_LOST_AFTER)
        )
        .values_list("operator_id", flat=True)
    )
    return sum(_lose(operator_id=operator_id, at=at) for operator_id in silent)


@transaction.atomic
def _lose(*, operator_id: int, at: datetime) -> bool:
    row = OperatorState.objects.select_for_update(of=("self",)).get(operator_id=operator_id)
    seen = row.last_seen_at or row.since
    allowed = LOST_AFTER if row.presence == Presence.AVAILABLE else BREAK_LOST_AFTER
    if row.presence not in AT_WORK or seen >= at - allowed:
        return False
    _leave(row=row, presence=Presence.LOST, at=max(seen, row.since), reason="connection lost")
    return True


def _leave(*, row: OperatorState, presence: Presence, at: datetime, reason: str) -> None:
    """Give back everything the operator has in hand, and end the session."""
    # what is released must not begin a presence that was waiting for it
    row.next_presence = row.next_reason = ""
    row.save(update_fields=["next_presence", "next_reason"])
    helping = Transfer.objects.filter(operator_id=row.operator_id, state=TransferState.CONSULTING)
    for transfer in helping.select_related("assignment", "ticket"):
        end_transfer(transfer=transfer, how=TransferState.CANCELED, at=at)
    for assignment in Assignment.objects.filter(
        operator_id=row.operator_id, state__in=queries.LIVE_STATES
    ).select_related("interaction"):
        release_assignment(assignment=assignment, at=at)
    depart(row=row, presence=presence, at=at, reason=reason)
