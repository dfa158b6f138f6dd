"""How a presence begins and ends, whoever decided it: the operator, the server, a supervisor."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events, queries
from contactcenter.routing.actions.reservations import release_offer
from contactcenter.routing.models import Offer, OfferState, OperatorState, Presence
from contactcenter.worktime.events import EventKind

AT_WORK: Final = frozenset({Presence.AVAILABLE, Presence.BREAK})


def arrive(*, row: OperatorState, presence: Presence, reason: str, at: datetime) -> None:
    """Begin `available` or `break`; `row` must be locked. Leaving `available` takes back the pending offer."""
    starts = row.presence not in AT_WORK
    if row.presence == Presence.AVAILABLE:
        cancel_offers(operator_id=row.operator_id, at=at)
    kind = EventKind.PRESENCE_AVAILABLE if presence == Presence.AVAILABLE else EventKind.PRESENCE_BREAK
    _save(row=row, presence=presence, reason=reason, at=at, seen=at)
    ledger_events.presence(
        operator_id=row.operator_id,
        at=at,
        kinds=[*([EventKind.SESSION_STARTED] if starts else []), kind],
        reason=reason,
    )


def depart(*, row: OperatorState, presence: Presence, reason: str, at: datetime) -> None:
    """Begin `offline` or `lost`: the session ends. `row` must be locked and the operator's tickets released."""
    was_at_work = row.presence in AT_WORK
    cancel_offers(operator_id=row.operator_id, at=at)
    _save(row=row, presence=presence, reason=reason, at=at, seen=row.last_seen_at)
    if was_at_work:
        ledger_events.presence(operator_id=row.operator_id, at=at, kinds=[EventKind.SESSION_ENDED], reason=reason)


def begin_next(*, operator_id: int, at: datetime) -> bool:
    """Begin the presence that was asked for while work was unfinished, if it is finished now; `at` is its end."""
    row = OperatorState.objects.select_for_update(of=("self",)).filter(pk=operator_id).first()
    if row is None or not row.next_presence or queries.has_work(operator_id=operator_id, at=at):
        return False
    presence, at = Presence(row.next_presence), max(at, row.since)
    if presence == Presence.OFFLINE:
        depart(row=row, presence=presence, reason="", at=at)
    else:
        arrive(row=row, presence=presence, reason=row.next_reason, at=at)
    return True


def begin_due(*, at: datetime) -> int:
    """Begin every presence that waits for work which is no longer there (a lost job, a call without an end)."""
    waiting = OperatorState.objects.exclude(next_presence="").values_list("operator_id", flat=True)
    return sum(_begin_due(operator_id=operator_id, at=at) for operator_id in waiting)


@transaction.atomic
def _begin_due(*, operator_id: int, at: datetime) -> bool:
    return begin_next(operator_id=operator_id, at=at)


def ask_next(*, row: OperatorState, presence: Presence, reason: str, at: datetime) -> None:
    """Stop routing now and begin this presence when the work at hand is finished; `row` must be locked."""
    cancel_offers(operator_id=row.operator_id, at=at)
    row.next_presence, row.next_reason = presence, reason
    row.save(update_fields=["next_presence", "next_reason"])
    tell_presence(row=row)
    enqueue_on_commit("routing.match")


def forget_next(*, row: OperatorState) -> None:
    """The operator goes on: nothing begins with the end of the work; `row` must be locked."""
    row.next_presence = row.next_reason = ""
    row.save(update_fields=["next_presence", "next_reason"])
    tell_presence(row=row)
    enqueue_on_commit("routing.match")


def cancel_offers(*, operator_id: int, at: datetime) -> None:
    """Take back what the operator has not answered."""
    for offer in Offer.objects.filter(operator_id=operator_id, state=OfferState.PENDING):
        release_offer(offer=offer, how=OfferState.CANCELED, at=at)


def tell_presence(*, row: OperatorState) -> None:
    """Tell all staff what the operator's presence is, and what is to follow it."""
    push_on_commit(
        "staff",
        kind="presence.changed",
        payload={
            "operator_id": row.operator_id,
            "state": row.presence,
            "reason": row.reason,
            "since": as_text(row.since),
            "next": {"state": row.next_presence, "reason": row.next_reason} if row.next_presence else None,
        },
    )


def _save(*, row: OperatorState, presence: Presence, reason: str, at: datetime, seen: datetime | None) -> None:
    row.presence, row.reason, row.since = presence, reason, at
    row.next_presence = row.next_reason = ""
    row.last_seen_at = seen
    row.missed_offers = 0
    if presence == Presence.AVAILABLE:
        row.idle_since = at
    row.save(
        update_fields=[
            "presence", "reason", "since", "next_presence", "next_reason", "last_seen_at", "missed_offers",
            "idle_since",
        ]
    )  # fmt: skip
    tell_presence(row=row)
    enqueue_on_commit("routing.match")
