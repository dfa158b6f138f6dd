"""Where the time of a usage line lies, from stretches of it. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from billing.usage import MS, Span


class Stretch(NamedTuple):
    """So many milliseconds of a class within [started_at, ended_at)."""

    time_class: str
    started_at: datetime
    ended_at: datetime
    ms: int


def spans_of(*, started_at: datetime, stretches: Iterable[Stretch]) -> tuple[Span, ...]:
    """Return the spans of a line that began at started_at, in order of time.

    Neighbours of one class that wholly belong to the line are one span; the milliseconds sum to those of the stretches.
    """
    found: list[Span] = []
    for stretch in sorted(stretches, key=lambda one: (one.started_at, one.ended_at, one.time_class)):
        offset, length = (stretch.started_at - started_at) // MS, (stretch.ended_at - stretch.started_at) // MS
        before = found[-1] if found else None
        joins = (
            before is not None
            and before.time_class == stretch.time_class
            and before.offset_ms + before.length_ms == offset
            and before.ms == before.length_ms
            and stretch.ms == length
        )
        if before is not None and joins:
            found[-1] = before._replace(length_ms=before.length_ms + length, ms=before.ms + length)
        else:
            found.append(Span(stretch.time_class, offset, length, stretch.ms))
    return tuple(found)
