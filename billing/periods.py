"""Billing periods: calendar months or cycles of 28 days between local midnights of the account's time zone, as
half-open UTC intervals.

Local time exists only here. A contact belongs to the period that holds its start and is never split.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CYCLE_DAYS = 28


class Cycle(StrEnum):
    """How long a billing period is: a calendar month, or 28 days from the contract's first day (13 a year)."""

    MONTH = "month"
    DAYS_28 = "28_days"


class PeriodError(ValueError):
    """The text names no period; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Period:
    """[starts_on, ends_on) in calendar days of a time zone, and the same as instants. label is what people call it:
    2026-06, or the first day of a 28-day cycle: 2026-06-03.
    """

    label: str
    zone: str
    starts_on: date
    ends_on: date

    @property
    def cycle(self) -> Cycle:
        """How long it is: labels of months and of 28-day cycles differ in their length."""
        return Cycle.MONTH if len(self.label) == len("2026-06") else Cycle.DAYS_28

    @property
    def starts_at(self) -> datetime:
        """The first instant of the period, in UTC."""
        return local_midnight(day=self.starts_on, zone=self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first instant after the period, in UTC."""
        return local_midnight(day=self.ends_on, zone=self.zone)

    @property
    def days(self) -> int:
        """Calendar days in the period. Proration counts these, never seconds, so that a day of 23 hours is a day."""
        return (self.ends_on - self.starts_on).days

    def share(self, *, starts_on: date, ends_on: date) -> Fraction:
        """Return the part of the period's days that [starts_on, ends_on) covers."""
        covered = (min(self.ends_on, ends_on) - max(self.starts_on, starts_on)).days
        return Fraction(max(0, covered), self.days)


def local_midnight(*, day: date, zone: str) -> datetime:
    """Return the instant at which the day begins in the zone, in UTC.

    Where the clock jumps over midnight, the day begins at the jump; where midnight comes twice, at the first. Either
    way neighbouring days share their bound, so that periods tile time.
    """
    return datetime.combine(day, time(0), tzinfo=_zone(zone)).astimezone(UTC)


def local_day(*, at: datetime, zone: str) -> date:
    """Return the calendar day on which an instant falls in the zone."""
    return at.astimezone(_zone(zone)).date()


def month_period(*, label: str, zone: str) -> Period:
    """Return the calendar month written YYYY-MM; PeriodError for any other text."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", label)
    if not found or not 1 <= int(found[2]) <= 12 or not 1970 <= int(found[1]) <= 9998:
        raise PeriodError(f"a period is written YYYY-MM, such as 2026-06; {label!r} is not")
    first = date(int(found[1]), int(found[2]), 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(label=label, zone=zone, starts_on=first, ends_on=following)


def month_of(*, at: datetime, zone: str) -> Period:
    """Return the calendar month that holds an instant in the zone."""
    return month_period(label=f"{local_day(at=at, zone=zone):%Y-%m}", zone=zone)


def days_period(*, label: str, zone: str) -> Period:
    """Return the cycle of 28 days that begins on the day written YYYY-MM-DD; PeriodError for any other text."""
    try:
        first = date.fromisoformat(label)
        last = first + timedelta(days=CYCLE_DAYS)
    except (ValueError, OverflowError) as error:
        raise PeriodError(f"a 28-day cycle is named by its first day, such as 2026-06-03; {label!r} is none") from error
    return Period(label=first.isoformat(), zone=zone, starts_on=first, ends_on=last)


def cycle_period(*, cycle: Cycle, label: str, zone: str) -> Period:
    """Return the period of this cycle that the label names; PeriodError where it names none."""
    return month_period(label=label, zone=zone) if cycle is Cycle.MONTH else days_period(label=label, zone=zone)


def following_period(*, period: Period) -> Period:
    """Return the period of the same cycle that begins where this one ends."""
    label = f"{period.ends_on:%Y-%m}" if period.cycle is Cycle.MONTH else period.ends_on.isoformat()
    return cycle_period(cycle=period.cycle, label=label, zone=period.zone)


def cycles_from(*, starts_on: date, until: date, zone: str) -> list[Period]:
    """Return the full 28-day cycles of a contract that began on a day, up to and not beyond `until`."""
    found: list[Period] = []
    first = starts_on
    while first + timedelta(days=CYCLE_DAYS) <= until:
        found.append(days_period(label=first.isoformat(), zone=zone))
        first += timedelta(days=CYCLE_DAYS)
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise PeriodError(f"{name!r} is not a time zone of the IANA database") from error
