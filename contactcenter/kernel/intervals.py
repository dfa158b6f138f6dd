"""Instants in UTC and the whole milliseconds of half-open intervals [start, end)."""

from datetime import UTC, datetime, timedelta

_MILLISECOND = timedelta(milliseconds=1)


def require_aware(instant: datetime, *, name: str = "instant") -> datetime:
    """Return the instant in UTC; a naive one is refused with ValueError."""
    if instant.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return instant.astimezone(UTC)


def as_text(instant: datetime) -> str:
    """Return the instant as ISO 8601 in UTC with Z, as every client receives it."""
    return require_aware(instant).isoformat().replace("+00:00", "Z")


def floor_to_ms(instant: datetime) -> datetime:
    """Return the instant with microseconds cut to whole milliseconds (the ledger's resolution)."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def milliseconds(*, start: datetime, end: datetime) -> int:
    """Return the whole milliseconds from start to end (exact integer arithmetic, negative if end < start)."""
    return (end - start) // _MILLISECOND
