"""Instants and half-open intervals [start, end) in UTC, and whole milliseconds between them."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open interval [start, end) of aware instants; empty and reversed ones are refused."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_aware(self.start, name="start")
        require_aware(self.end, name="end")
        if self.end <= self.start:
            raise ValueError("an interval must end after it starts")

    @property
    def ms(self) -> int:
        """Length in whole milliseconds."""
        return milliseconds(start=self.start, end=self.end)

    def overlaps(self, other: "Interval") -> bool:
        """Return whether both share at least one instant."""
        return self.start < other.end and other.start < self.end
