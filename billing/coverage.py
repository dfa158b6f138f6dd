"""Which contacts matchers have in common, and which none of them takes. Pure.

Times of a week are laid out in cells between the bounds of all bands, on holidays and on other days.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from billing.matching import Channel, Direction, Matcher, TimeBand

# a Monday; only days of the week and times of day matter here
MONDAY = date(2024, 1, 1)


def covers(outer: Matcher, inner: Matcher) -> bool:
    """Say whether every contact of the inner matcher is one of the outer as well."""
    return all(
        not wide or (bool(narrow) and narrow <= wide) or (bool(every) and (narrow or every) <= wide)
        for wide, narrow, every in (
            (outer.channels, inner.channels, frozenset(Channel)),
            (outer.directions, inner.directions, frozenset(Direction)),
            (outer.languages, inner.languages, frozenset()),
            (outer.queues, inner.queues, frozenset()),
            (outer.campaigns, inner.campaigns, frozenset()),
        )
    ) and _cells(inner, (*outer.bands, *inner.bands)) <= _cells(outer, (*outer.bands, *inner.bands))


def overlaps(one: Matcher, other: Matcher) -> bool:
    """Say whether a contact may be of both."""
    return all(
        not first or not second or bool(first & second)
        for first, second in (
            (one.channels, other.channels),
            (one.directions, other.directions),
            (one.languages, other.languages),
            (one.queues, other.queues),
            (one.campaigns, other.campaigns),
        )
    ) and bool(_cells(one, (*one.bands, *other.bands)) & _cells(other, (*one.bands, *other.bands)))


def uncovered(*, matchers: Sequence[Matcher], holidays: bool) -> list[str]:
    """Return the kinds of contacts that no matcher takes, as "voice in", with the first time that is missed where some
    are taken: "voice out (Sun 00:00)". Languages, queues and campaigns that no matcher names count as one more each.
    """
    bands = tuple(band for matcher in matchers for band in matcher.bands)
    every = _cells(Matcher(), bands) if holidays else {cell for cell in _cells(Matcher(), bands) if not cell[0]}
    open_ended = [matcher for matcher in matchers if not (matcher.languages or matcher.queues or matcher.campaigns)]
    missing: list[str] = []
    for channel in Channel:
        for direction in Direction:
            taken: set[tuple[bool, int, time]] = set()
            for matcher in open_ended:
                if matcher.fits(channel=channel, direction=direction):
                    taken |= _cells(matcher, bands)
            left = every - taken
            if left == every:
                missing.append(f"{channel} {direction}")
            elif left:
                missing.append(f"{channel} {direction} ({_cell_text(min(left))})")
    return missing


def _cell_text(cell: tuple[bool, int, time]) -> str:
    is_holiday, weekday, clock = cell
    day = "holidays" if is_holiday else f"{MONDAY + timedelta(days=weekday):%a}"
    return f"{day} {clock:%H:%M}"


def _cells(matcher: Matcher, bands: Iterable[TimeBand]) -> set[tuple[bool, int, time]]:
    """The stretches of a week that a matcher takes: on a holiday or not, which day, from which time on."""
    clocks = {time(0), *(bound for band in bands for bound in (band.since, band.until))}
    found: set[tuple[bool, int, time]] = set()
    for is_holiday in (False, True):
        if matcher.is_holiday is not None and matcher.is_holiday is not is_holiday:
            continue
        for weekday in range(7):
            day = MONDAY + timedelta(days=weekday)
            for clock in clocks:
                local = datetime.combine(day, clock)
                if not matcher.bands or any(band.holds(local=local) for band in matcher.bands):
                    found.add((is_holiday, weekday, clock))
    return found
