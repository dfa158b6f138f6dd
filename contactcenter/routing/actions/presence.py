"""Presence: said by the operator, or found by the server."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events, queries
from contactcenter.routing.actions.reservations import release_offer
from contactcenter.routing.actions.serving import release_assignment
from contactcenter.routing.models import Assignment, Offer, OfferState, OperatorState, Presence
from contactcenter.routing.states import BY_HAND, may_follow
from contactcenter.worktime.events import EventKind

LOST_AFTER: Final = timedelta(seconds=60)
"""An available operator not heard of for so long is lost: contacts wait for nobody."""
BREAK_LOST_AFTER: Final = timedelta(minutes=30)
"""On a break a closed lid is normal; a forgotten logout must not run on all the same."""
SEEN_STEP: Final = timedelta(seconds=5)

AT_WORK: Final = frozenset({Presence.AVAILABLE, Presence.BREAK})


@transaction.atomic
def set_presence(*, operator_id: int, state: str, at: datetime, reason: str = "") -> OperatorState:
    """Set what the operator says. Leaving `available` takes back the pending offer; `offline` releases every ticket.

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
        return row
    if not may_follow(machine="presence", current=row.presence, wanted=state):
        raise Conflict(f"Presence cannot change from {row.presence} to {state}.", data={"from": row.presence})
    if state == Presence.OFFLINE:
        _leave(row=row, presence=Presence.OFFLINE, at=at, reason="")
    else:
        _arrive(row=row, presence=Presence(state), reason=reason, at=at)
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


def send_on_break(*, state: OperatorState, reason: str, at: datetime) -> None:
    """Put an operator on a break on the server's behalf; `state` must be locked."""
    _arrive(row=state, presence=Presence.BREAK, reason=reason, at=at)


def _arrive(*, row: OperatorState, presence: Presence, reason: str, at: datetime) -> None:
    starts = row.presence not in AT_WORK
    if row.presence == Presence.AVAILABLE:
        _cancel_offers(operator_id=row.operator_id, at=at)
    kind = EventKind.PRESENCE_AVAILABLE if presence == Presence.AVAILABLE else EventKind.PRESENCE_BREAK
    _save(row=row, presence=presence, reason=reason, at=at, seen=at)
    ledger_events.presence(
        operator_id=row.operator_id,
        at=at,
        kinds=[*([EventKind.SESSION_STARTED] if starts else []), kind],
        reason=reason,
    )


def _leave(*, row: OperatorState, presence: Presence, at: datetime, reason: str) -> None:
    was_at_work = row.presence in AT_WORK
    _cancel_offers(operator_id=row.operator_id, at=at)
    for assignment in Assignment.objects.filter(
        operator_id=row.operator_id, state__in=queries.LIVE_STATES
    ).select_related("interaction"):
        release_assignment(assignment=assignment, at=at)
    _save(row=row, presence=presence, reason=reason, at=at, seen=row.last_seen_at)
    if was_at_work:
        ledger_events.presence(operator_id=row.operator_id, at=at, kinds=[EventKind.SESSION_ENDED], reason=reason)


def _cancel_offers(*, operator_id: int, at: datetime) -> None:
    for offer in Offer.objects.filter(operator_id=operator_id, state=OfferState.PENDING):
        release_offer(offer=offer, how=OfferState.CANCELED, at=at)


def _save(*, row: OperatorState, presence: Presence, reason: str, at: datetime, seen: datetime | None) -> None:
    row.presence, row.reason, row.since = presence, reason, at
    row.last_seen_at = seen
    row.missed_offers = 0
    if presence == Presence.AVAILABLE:
        row.idle_since = at
    row.save(update_fields=["presence", "reason", "since", "last_seen_at", "missed_offers", "idle_since"])
    payload = {"operator_id": row.operator_id, "state": presence, "reason": reason, "since": as_text(at)}
    push_on_commit("staff", kind="presence.changed", payload=payload)
    enqueue_on_commit("routing.match")
