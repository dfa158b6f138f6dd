"""Time that counts only while something is open: spans per weekday in a time zone, without holidays.

Pure: no clock and no database. Instants are aware, answers are in UTC. Hours are what clocks on the wall show, so on a
day when the clocks change a span lasts an hour more or less; an hour that they skip lasts nothing, and one that they
show twice is open both times.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""Minutes after the midnight of a day: [opens, closes). Past midnight `closes` is over 1440; at most 24 hours long."""

DAY: Final = 1440
LOOK_AHEAD: Final = timedelta(days=800)
"""Whoever is closed for so long opens no more, as far as this module is concerned."""
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When something is open. `week` is seven days from Monday; `days` replace the week and the holidays on their day.

    `closed_on` holds the holidays: any container of dates.
    """

    zone: ZoneInfo
    week: Sequence[Sequence[Span]]
    days: Mapping[date, Sequence[Span]] = field(default_factory=dict)
    closed_on: Container[date] = frozenset()

    def spans_on(self, day: date) -> Sequence[Span]:
        """Return what opens on this day."""
        if day in self.days:
            return self.days[day]
        return () if day in self.closed_on else self.week[day.weekday()]


def is_open(hours: Hours | None, *, at: datetime) -> bool:
    """Whether it is open at this instant; without hours always."""
    if hours is None:
        return True
    start, _ = next(_open_after(hours, at), (None, None))
    return start is not None and start <= at


def next_opening(hours: Hours | None, *, at: datetime) -> datetime | None:
    """The first instant from `at` on when it is open: `at` itself while open; None if it opens no more."""
    if hours is None:
        return at.astimezone(UTC)
    start, _ = next(_open_after(hours, at), (None, None))
    return None if start is None else max(start, at.astimezone(UTC))


def add_business_time(hours: Hours | None, *, at: datetime, amount: timedelta) -> datetime | None:
    """The first instant by which it was open for `amount` since `at`; None if it never will have been.

    An amount that is used up at closing time is used up then, not at the next opening.
    """
    at = at.astimezone(UTC)
    if hours is None or amount <= timedelta(0):
        return at + max(amount, timedelta(0))
    left = amount
    for start, end in _open_after(hours, at):
        start = max(start, at)
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def business_time_between(hours: Hours | None, *, start: datetime, end: datetime) -> timedelta:
    """For how long of [start, end) it was open; nothing where the end comes first."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return timedelta(0)
    if hours is None:
        return end - start
    total = timedelta(0)
    for opens, closes in _open_after(hours, start):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, start)
    return total


def hours_from(*, time_zone: str, week: Any, days: Any = (), closed_on: Container[date] = frozenset()) -> Hours:
    """Read hours as they are stored: `week` of seven lists of ["HH:MM", "HH:MM"], `days` of {"on", "name", "spans"}.

    A span that ends at or before its start runs past midnight; 24:00 is the end of the day. Raises ValueError, which
    says what is wrong: the form, a day given twice, or spans of one day that overlap.
    """
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{time_zone} is no time zone") from None
    if not isinstance(week, list) or len(week) not in (0, 7):
        raise ValueError("a week has seven days")
    own: dict[date, tuple[Span, ...]] = {}
    for entry in days:
        try:
            day = date.fromisoformat(entry["on"])
            spans = entry.get("spans", [])
        except (TypeError, KeyError, ValueError, AttributeError):
            raise ValueError('a day is {"on": "YYYY-MM-DD", "name": "...", "spans": [...]}') from None
        if day in own:
            raise ValueError(f"{day} is given twice")
        own[day] = _spans(spans, of=str(day))
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    parsed = tuple(_spans(spans, of=name) for name, spans in zip(names, week or [[]] * 7, strict=True))
    return Hours(zone=zone, week=parsed, days=own, closed_on=closed_on)


def _spans(spans: Any, *, of: str) -> tuple[Span, ...]:
    found: list[Span] = []
    if not isinstance(spans, list):
        raise ValueError(f"{of}: spans are a list")
    for span in spans:
        if not isinstance(span, (list, tuple)) or len(span) != 2:
            raise ValueError(f"{of}: a span is an opening and a closing time")
        opens, closes = (_minutes(text, of=of) for text in span)
        if opens == DAY:
            raise ValueError(f"{of}: nothing opens at 24:00")
        found.append((opens, closes if closes > opens else closes + DAY))
    found.sort()
    for (_, closes), (opens, _) in pairwise(found):
        if opens < closes:
            raise ValueError(f"{of}: spans overlap")
    return tuple(found)


def _minutes(text: Any, *, of: str) -> int:
    if text == "24:00":
        return DAY
    match = _CLOCK.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{of}: times are HH:MM")
    return int(match[1]) * 60 + int(match[2])


def _open_after(hours: Hours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield in order the open stretches that end after `at`; they do not overlap, and may have begun before it."""
    at = at.astimezone(UTC)
    # what opened the day before may still be open: for at most 24 hours, and an hour for the clocks
    first = at.astimezone(hours.zone).date() - timedelta(days=2)
    end = at - LOOK_AHEAD
    for number in range(LOOK_AHEAD.days):
        day = first + timedelta(days=number)
        for opens, closes in sorted(hours.spans_on(day)):
            start = max(end, _instant(hours.zone, day, opens, fold=0))
            end = max(end, _instant(hours.zone, day, closes, fold=1))
            if end > start and end > at:
                yield start, end


def _instant(zone: ZoneInfo, day: date, minutes: int, *, fold: int) -> datetime:
    """The instant at which the clocks show this; where they skip it, the instant of the skip."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return found
    before, after = (wall.replace(tzinfo=zone, fold=side).utcoffset() for side in (0, 1))
    assert before is not None and after is not None  # noqa: S101, PT018  a zone always has an offset
    # the clocks jump between these two instants: halve until the second is found
    low, high = wall.replace(tzinfo=UTC) - max(before, after), wall.replace(tzinfo=UTC) - min(before, after)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
