"""Which contacts a price is for: by channel, direction, language, queue, campaign, local time and holiday. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Channel(StrEnum):
    """The channels a contact can come by."""

    VOICE = "voice"
    EMAIL = "email"
    CHAT = "chat"
    SMS = "sms"
    SOCIAL = "social"


class Direction(StrEnum):
    """Who began the contact: the client's customer (in) or the operator (out)."""

    IN = "in"
    OUT = "out"


class Weekday(StrEnum):
    """Days of the week, Monday first as ISO 8601 counts them."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class TimeBand:
    """Local time of day [since, until) on some days of the week; none named: every day.

    until 00:00 is the end of the day. Where until is not after since the band runs over midnight; a moment belongs to
    the day of the week on which it falls.
    """

    days: frozenset[Weekday] = frozenset()
    since: time = time(0)
    until: time = time(0)

    def holds(self, *, local: datetime) -> bool:
        """Say whether a local moment falls into the band."""
        if self.days and WEEKDAYS[local.weekday()] not in self.days:
            return False
        clock = local.time()
        if self.until == time(0):
            return clock >= self.since
        if self.since < self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which contacts a rate prices. An empty set matches everything.

    bands: one of them must hold; is_holiday: on holidays alone (True), on other days alone (False). Of rates that fit,
    the heavier one is taken, of equal ones the earlier.
    """

    channels: frozenset[Channel] = frozenset()
    directions: frozenset[Direction] = frozenset()
    languages: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    bands: tuple[TimeBand, ...] = ()
    is_holiday: bool | None = None
    weight: int = 0

    def fits(self, *, channel: str, direction: str, language: str = "", queue: str = "", campaign: str = "") -> bool:
        """Say whether a contact is of the kind that the rate prices, whatever the time."""
        return (
            (not self.channels or channel in self.channels)
            and (not self.directions or direction in self.directions)
            and (not self.languages or language in self.languages)
            and (not self.queues or queue in self.queues)
            and (not self.campaigns or campaign in self.campaigns)
        )

    @property
    def is_timed(self) -> bool:
        """True where local time or the calendar decides."""
        return bool(self.bands) or self.is_holiday is not None

    def holds(self, *, local: datetime, holidays: frozenset[str]) -> bool:
        """Say whether a local moment is one that the rate prices."""
        if self.is_holiday is not None and on_holiday(day=local.date(), holidays=holidays) is not self.is_holiday:
            return False
        return not self.bands or any(band.holds(local=local) for band in self.bands)


def on_holiday(*, day: date, holidays: frozenset[str]) -> bool:
    """Say whether a local day is a holiday: by its date (2026-12-25) or by its day of the year (12-25)."""
    text = day.isoformat()
    return text in holidays or text[5:] in holidays


def boundaries(*, bands: Sequence[TimeBand], since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the instants within (since, until), in order, at which a band or a local day may begin or end, in UTC.

    Where the clocks change, the moment of the change is one as well: a band may begin or end there.
    """
    clocks = {time(0), *(band.since for band in bands), *(band.until for band in bands)}
    found: set[datetime] = set()
    day = since.astimezone(zone).date() - DAY
    last = until.astimezone(zone).date()
    while day <= last:
        for clock in clocks:
            for fold in (0, 1):
                found.add(datetime.combine(day, clock.replace(fold=fold), tzinfo=zone).astimezone(UTC))
        day += DAY
    found |= _clock_changes(since=since, until=until, zone=zone)
    yield from sorted(instant for instant in found if since < instant < until)


def _clock_changes(*, since: datetime, until: datetime, zone: ZoneInfo) -> set[datetime]:
    """The instants at which the zone's offset changes; a zone has at most one change in two days."""
    changes: set[datetime] = set()
    start = since.astimezone(UTC)
    while start < until:
        end = min(start + 2 * DAY, until.astimezone(UTC))
        low, high = start, end
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            changes.add(high.replace(microsecond=0))
        start = end
    return changes
