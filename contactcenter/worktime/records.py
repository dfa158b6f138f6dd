"""Between the database's rows and the pure ledger's values."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contactcenter.kernel.intervals import milliseconds
from contactcenter.worktime import models
from contactcenter.worktime.events import EventKind
from contactcenter.worktime.ledger import Candidate, Kind, Slice
from contactcenter.worktime.segments import Event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVENT_COLUMNS = (
    "at",
    "kind",
    "source_key",
    "account_id",
    "interaction_id",
    "ticket_id",
    "channel",
    "reason",
    "data",
    "recorded_at",
)
SLICE_COLUMNS = (
    "id",
    "started_at",
    "ended_at",
    "kind",
    "account_id",
    "interaction_id",
    "channel",
    "reason",
    "candidates",
)


def to_ms(instant: datetime) -> int:
    """Return whole milliseconds since the epoch."""
    return milliseconds(start=EPOCH, end=instant)


def to_instant(ms: int) -> datetime:
    """Return the UTC instant of milliseconds since the epoch."""
    return EPOCH + timedelta(milliseconds=ms)


def event_of(row: tuple[Any, ...]) -> Event:
    """Return the event of a row of EVENT_COLUMNS; its subject is the one given, else interaction or ticket."""
    at, kind, key, account_id, interaction_id, ticket_id, channel, reason, data, recorded_at = row
    subject = data.get("subject") or (
        f"interaction {interaction_id}" if interaction_id else f"ticket {ticket_id}" if ticket_id else ""
    )
    return Event(
        at=to_ms(at),
        kind=EventKind(kind),
        key=key,
        subject=subject,
        account=account_id,
        interaction=interaction_id,
        channel=channel,
        reason=reason,
        voids=data.get("voids", ""),
        until=to_ms(datetime.fromisoformat(data["until"])) if kind == EventKind.TIME_ASSIGNED else 0,
        assigns=Kind(data["class"]) if kind == EventKind.TIME_ASSIGNED else None,
        serial=int(data.get("serial", 0)),
        told_at=None if recorded_at is None else to_ms(recorded_at),
    )


def slice_of(row: tuple[Any, ...]) -> tuple[int, Slice]:
    """Return id and facts of a row of SLICE_COLUMNS."""
    id, started_at, ended_at, kind, account_id, interaction_id, channel, reason, candidates = row
    return id, Slice(
        to_ms(started_at),
        to_ms(ended_at),
        Kind(kind),
        account_id,
        interaction_id,
        channel,
        reason,
        tuple(Candidate(c["account"], c["interaction"], c.get("id", "")) for c in candidates),
    )


def slice_row(*, piece: Slice, session_id: int, operator_id: int) -> models.Slice:
    """Return the unsaved row of a slice."""
    return models.Slice(
        session_id=session_id,
        operator_id=operator_id,
        started_at=to_instant(piece.start),
        ended_at=to_instant(piece.end),
        ms=piece.units,
        kind=str(piece.kind),
        account_id=piece.account,
        interaction_id=piece.interaction,
        channel=piece.channel,
        reason=piece.reason,
        candidates=[_candidate(candidate) for candidate in piece.candidates],
    )


def _candidate(candidate: Candidate) -> dict[str, Any]:
    document: dict[str, Any] = {"account": candidate.account, "interaction": candidate.interaction}
    return document | ({"id": candidate.id} if candidate.id else {})
