"""Months, 28-day cycles, days and hours of an account's local calendar, as half-open UTC intervals. Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"^(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])$")
CYCLE = dt.timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Month:
    """One billing period, in no time zone: a calendar month, or with a day the 28 days from that day on."""

    year: int
    month: int
    day: int | None = None

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}" if self.day is None else self.first.isoformat()

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.month, self.day or 1)

    @property
    def end(self) -> dt.date:
        """The first day after it."""
        return shifted(month=self, by=1).first


def parse_month(*, text: str) -> Month:
    """Read "YYYY-MM", or the first day of a 28-day cycle, "YYYY-MM-DD".

    Errors: ValueError when the text is anything else or the year is outside 2000..2200.
    """
    match = _MONTH.match(text[:7])
    if match is None:
        raise ValueError("a month is written YYYY-MM, for example 2026-06")
    month = Month(year=int(match["year"]), month=int(match["month"]))
    if text[7:]:
        try:
            first = dt.date.fromisoformat(text)
        except ValueError:
            raise ValueError("a 28-day cycle is named by its first day, for example 2026-06-03") from None
        month = Month(year=first.year, month=first.month, day=first.day)
    if not 2000 <= month.year <= 2200:
        raise ValueError("the year must lie between 2000 and 2200")
    return month


def month_of(*, at: dt.datetime, zone: ZoneInfo) -> Month:
    """The local month that holds the instant `at`."""
    local = at.astimezone(zone)
    return Month(year=local.year, month=local.month)


def shifted(*, month: Month, by: int) -> Month:
    """The period `by` periods later (earlier when negative)."""
    if month.day is not None:
        first = month.first + by * CYCLE
        return Month(year=first.year, month=first.month, day=first.day)
    index = month.year * 12 + month.month - 1 + by
    return Month(year=index // 12, month=index % 12 + 1)


def month_bounds(*, month: Month, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The period as a half-open interval of UTC instants, between local midnights."""
    return _local_midnight(on=month.first, zone=zone), _local_midnight(on=month.end, zone=zone)


def days_of(*, month: Month) -> list[dt.date]:
    """Every calendar day of the period, in order."""
    return [month.first + dt.timedelta(days=number) for number in range((month.end - month.first).days)]


def day_bounds(*, on: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """One local day as a half-open interval of UTC instants; 23 or 25 hours where the clocks change."""
    return _local_midnight(on=on, zone=zone), _local_midnight(on=on + dt.timedelta(days=1), zone=zone)


def same_stretch_before(*, month: Month, at: dt.datetime, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The part of the previous month (or cycle) that a trend compares with.

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
