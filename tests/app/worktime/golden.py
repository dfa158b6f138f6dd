"""The golden session of the specification, as events, and what the ledger says of it."""

from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import Allocation, Session

START = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
E = EventKind


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(seconds: float, kind: EventKind, interaction: int | None = None, account=None, **fields) -> EventInput:
    return EventInput(
        kind=kind,
        at=at(seconds),
        source="test",
        source_key=fields.pop("key", f"{seconds} {kind} {interaction}"),
        account_id=account.pk if account else None,
        interaction_id=interaction,
        **fields,
    )


def golden(a, b, c) -> list[EventInput]:
    """The golden session of the specification, as events."""
    return [
        event(0, E.SESSION_STARTED),
        event(0, E.CALL_TALK_STARTED, 1, a),
        event(120, E.CALL_ENDED, 1, a),
        event(120, E.WRAP_STARTED, 1, a),
        event(150, E.WRAP_ENDED, 1, a),
        event(600, E.CHAT_OPENED, 2, a),
        event(700, E.CHAT_OPENED, 3, b),
        event(800, E.FOCUS_STARTED, 3, b),
        event(860, E.FOCUS_ENDED, 3, b),
        event(900, E.CALL_TALK_STARTED, 4, c),
        event(1020, E.CALL_ENDED, 4, c),
        event(1020, E.WRAP_STARTED, 4, c),
        event(1035, E.WRAP_ENDED, 4, c),
        event(1200, E.CHAT_CLOSED, 2, a),
        event(1300, E.CHAT_CLOSED, 3, b),
        event(1500, E.OFFER_MADE, 5, b),
        event(1512, E.OFFER_ENDED, 5, b),
        event(1512, E.CALL_TALK_STARTED, 5, b),
        event(1600, E.CALL_HOLD_STARTED, 5, b),
        event(1630, E.CALL_HOLD_ENDED, 5, b),
        event(1800, E.CALL_ENDED, 5, b),
        event(2400, E.PRESENCE_BREAK, reason="lunch"),
        event(3000, E.PRESENCE_AVAILABLE),
        event(3600, E.SESSION_ENDED),
    ]


def buckets(session: Session) -> dict[tuple[str, str], int]:
    """Milliseconds by account and class under the current run."""
    rows = Allocation.objects.filter(run__session=session, until_version=None).values_list("account__name", "kind")
    return {(name or "unallocated", kind): ms for name, kind, ms in rows.annotate(ms=Sum("ms"))}


GOLDEN = {
    ("A", "open"): 252_500,
    ("A", "talk"): 120_000,
    ("A", "wrap"): 30_000,
    ("B", "focus"): 60_000,
    ("B", "hold"): 30_000,
    ("B", "offer"): 12_000,
    ("B", "open"): 252_500,
    ("B", "talk"): 258_000,
    ("C", "talk"): 120_000,
    ("C", "wrap"): 15_000,
    ("unallocated", "break"): 600_000,
    ("unallocated", "idle"): 1_850_000,
}
