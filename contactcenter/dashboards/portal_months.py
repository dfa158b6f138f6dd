"""Months, days and hours of an account's local calendar, as half-open UTC intervals. Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"^(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])$")


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month, independent of any time zone."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def parse_month(*, text: str) -> Month:
    """Read "YYYY-MM".

    Errors: ValueError when the text is anything else or the year is outside 2000..2200.
    """
    match = _MONTH.match(text)
    if match is None:
        raise ValueError("a month is written YYYY-MM, for example 2026-06")
    month = Month(year=int(match["year"]), month=int(match["month"]))
    if not 2000 <= month.year <= 2200:
        raise ValueError("the year must lie between 2000 and 2200")
    return month


def month_of(*, at: dt.datetime, zone: ZoneInfo) -> Month:
    """The local month that holds the instant `at`."""
    local = at.astimezone(zone)
    return Month(year=local.year, month=local.month)


def shifted(*, month: Month, by: int) -> Month:
    """The month `by` months later (earlier when negative)."""
    index = month.year * 12 + month.month - 1 + by
    return Month(year=index // 12, month=index % 12 + 1)


def month_bounds(*, month: Month, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The month as a half-open interval of UTC instants, between local midnights."""
    following = shifted(month=month, by=1)
    return (
        _local_midnight(on=dt.date(month.year, month.month, 1), zone=zone),
        _local_midnight(on=dt.date(following.year, following.month, 1), zone=zone),
    )


def days_of(*, month: Month) -> list[dt.date]:
    """Every calendar day of the month, in order."""
    day = dt.date(month.year, month.month, 1)
    days = []
    while day.month == month.month:
        days.append(day)
        day += dt.timedelta(days=1)
    return days


def day_bounds(*, on: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """One local day as a half-open interval of UTC instants; 23 or 25 hours where the clocks change."""
    return _local_midnight(on=on, zone=zone), _local_midnight(on=on + dt.timedelta(days=1), zone=zone)


def same_stretch_before(*, month: Month, at: dt.datetime, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The part of the previous month that a trend compares with.

    A month that is over is compared with the whole previous month. A running month is compared with
    the same elapsed time of the previous one, so that the 5th does not look like a collapse; the
    stretch never runs past that month's end.
    """
    start, end = month_bounds(month=month, zone=zone)
    before_start, before_end = month_bounds(month=shifted(month=month, by=-1), zone=zone)
    if at >= end:
        return before_start, before_end
    elapsed = max(dt.timedelta(0), at - start)
    return before_start, min(before_end, before_start + elapsed)


def _local_midnight(*, on: dt.date, zone: ZoneInfo) -> dt.datetime:
    # Where midnight does not exist (Beirut, Asuncion) fold=0 gives the old offset, which lands on the
    # instant of the jump: the first instant of the day. Where it exists twice, fold=0 is the first.
    return dt.datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(dt.UTC)
