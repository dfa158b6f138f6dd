"""Where a contact's time lies, and its split where time bands, holidays or the clock change. Pure.

A contact keeps its total whatever borders it crosses: stretches are cut at the instants of the borders.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from billing.matching import boundaries
from billing.rounding import round_duration
from billing.terms import Rate, TimeClass, Wrap
from billing.usage import MS, Span, Usage


class Slice(NamedTuple):
    """A stretch of a contact under one rate, where time bands split it: [started_at, ended_at), its raw and billed
    units.
    """

    started_at: datetime
    ended_at: datetime
    raw: int
    billed: int


def stretches(*, rate: Rate, usage: Usage, raw: int) -> list[Slice]:
    """Return where the raw milliseconds that a rate counts of a contact lie, in order of time; they sum to raw.

    Laid end to end from the start where the contact has no spans, or they are not all of its time. Of a limited
    wrap-up the first part counts; a fixed one begins where the recorded one did, else behind all other time.
    """
    if not raw:
        return []
    spans = [span for span in usage.spans if span.time_class in rate.basis]
    recorded = usage.ms_by_class()
    if sum(span.ms for span in spans) != sum(recorded[time_class] for time_class in rate.basis):
        return [Slice(usage.started_at, usage.started_at + raw * MS, raw, 0)]
    if rate.wrap is not None:
        spans = _with_wrap(spans, rate.wrap)
    found: list[Slice] = []
    for span in spans:
        if span.ms:
            begins = usage.started_at + span.offset_ms * MS
            found.append(Slice(begins, begins + span.length_ms * MS, span.ms, 0))
    return sorted(found, key=lambda piece: (piece.started_at, piece.ended_at))


def _with_wrap(spans: Sequence[Span], wrap: Wrap) -> list[Span]:
    """The spans with the wrap-up that a rate counts instead of the recorded one."""
    recorded = sorted((span for span in spans if span.time_class == TimeClass.WRAP), key=attrgetter("offset_ms"))
    found = [span for span in spans if span.time_class != TimeClass.WRAP]
    if wrap.fixed_ms is not None:
        ends = max((span.offset_ms + span.length_ms for span in found), default=0)
        begins = recorded[0].offset_ms if recorded else ends
        return [*found, Span(TimeClass.WRAP, begins, wrap.fixed_ms, wrap.fixed_ms)]
    left = wrap.most_ms or 0
    for span in recorded:
        taken = min(left, span.ms)
        found.append(span._replace(length_ms=span.length_ms * taken // span.ms if span.ms else 0, ms=taken))
        left -= taken
    return found


class Part(NamedTuple):
    """What of a contact falls to one rate, where time bands split it."""

    raw: int
    billed: int
    connects: bool
    slices: tuple[Slice, ...]


class Calendar:
    """Local time and holidays, for the rates that ask for them."""

    def __init__(self, *, zone: ZoneInfo, holidays: frozenset[str]) -> None:
        self.zone = zone
        self.holidays = holidays

    def rate_at(self, lane: Sequence[Rate], at: datetime) -> Rate | None:
        local = at.astimezone(self.zone)
        return next((rate for rate in lane if rate.match.holds(local=local, holidays=self.holidays)), None)

    def split(self, lane: Sequence[Rate], first: Rate, contact: Usage, *, raw: int) -> dict[str, Part]:
        """Share the raw milliseconds of a contact over the rates of a lane, at the instants at which they were spent.

        The rate at the contact's start says what is billable and how it is rounded; what rounding adds or takes falls
        on the end. Where no rate takes over, the one before goes on.
        """
        billed = round_duration(duration_ms=raw, rule=first.rounding)
        timed = [rate for rate in lane if rate.quantity.is_time and not rate.stages]
        pieces: list[tuple[Rate, Slice]] = []
        for stretch in self._cut(timed, stretches(rate=first, usage=contact, raw=raw)):
            rate = self.rate_at(timed, stretch.started_at) or (pieces[-1][0] if pieces else first)
            if pieces and rate is pieces[-1][0]:
                before = pieces[-1][1]
                stretch = Slice(before.started_at, stretch.ended_at, before.raw + stretch.raw, 0)
                pieces[-1] = rate, stretch
            else:
                pieces.append((rate, stretch))
        if not pieces:
            pieces = [(first, Slice(contact.started_at, contact.started_at, 0, 0))]
        bills = [piece.raw for _, piece in pieces]
        over = billed - raw
        for index in range(len(bills) - 1, -1, -1):
            change = max(over, -bills[index])
            bills[index] += change
            over -= change
        slices: dict[str, list[Slice]] = {}
        for (rate, piece), part_billed in zip(pieces, bills, strict=True):
            slices.setdefault(rate.code, []).append(piece._replace(billed=part_billed))
        return {
            code: Part(
                raw=sum(piece.raw for piece in found),
                billed=sum(piece.billed for piece in found),
                connects=code == pieces[0][0].code,
                slices=tuple(found) if len(pieces) > 1 else (),
            )
            for code, found in slices.items()
        }

    def _cut(self, timed: Sequence[Rate], found: Sequence[Slice]) -> Iterator[Slice]:
        """Cut stretches wherever a band or a day may begin; a shared one in proportion, to the whole millisecond."""
        bands = [band for rate in timed for band in rate.match.bands]
        for whole in found:
            length = (whole.ended_at - whole.started_at) // MS
            cuts = boundaries(bands=bands, since=whole.started_at, until=whole.ended_at, zone=self.zone)
            start, done = whole.started_at, 0
            for end in (*cuts, whole.ended_at):
                reached = whole.raw * ((end - whole.started_at) // MS) // length
                if reached > done:
                    yield Slice(start, end, reached - done, 0)
                start, done = end, reached
