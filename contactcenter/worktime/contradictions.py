"""What the events of a stretch of an operator's time say that cannot all be true. Pure.

The ledger decides every such moment by its rules; here it says where it had to.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contactcenter.worktime.ledger import Kind, Segment
from contactcenter.worktime.segments import SECOND, Event, Stay, given_up, without

TOLERANCE = SECOND
"""Telephone logs count whole seconds: overlaps up to so long are roundings."""
CLOCK_TOLERANCE = 2 * SECOND
"""An event told so much before its own instant comes from a clock that is ahead."""


class Contrary(StrEnum):
    """Kinds of contradictions; the values of models.ContradictionKind."""

    NO_LOG_IN = "no_log_in"
    NO_LOG_OUT = "no_log_out"
    TWO_CALLS = "two_calls"
    CALL_IN_BREAK = "call_in_break"
    END_MISSING = "end_missing"
    AHEAD_OF_CLOCK = "ahead_of_clock"


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One contradiction: its interval, and what it is about in words of the source."""

    start: int
    end: int
    kind: Contrary
    subject: str = ""


def contradictions_in(
    *, events: Sequence[Event], segments: Sequence[Segment], stays: Iterable[Stay], until: int
) -> list[Found]:
    """Return what contradicts itself in a stretch, in order of time, each once."""
    found = set(_stays(stays))
    found.update(_calls(segments))
    for segment, subject in given_up(events=events, until=until):
        found.add(Found(segment.start, segment.end, Contrary.END_MISSING, f"{segment.kind} {subject}".strip()))
    for event in events:
        if event.told_at is not None and event.at > event.told_at + CLOCK_TOLERANCE:
            found.add(Found(event.told_at, event.at, Contrary.AHEAD_OF_CLOCK, event.key))
    return sorted(found)


def _stays(stays: Iterable[Stay]) -> Iterator[Found]:
    for stay in stays:
        if stay.rule == "work" and stay.end is not None:
            yield Found(stay.start, stay.end, Contrary.NO_LOG_IN)
        elif stay.rule in ("lapse", "silence") and stay.end is not None:
            yield Found(stay.end, stay.end, Contrary.NO_LOG_OUT, stay.rule)


def _calls(segments: Sequence[Segment]) -> Iterator[Found]:
    """Two calls at once, neither on hold; a call during a break."""
    holds: dict[tuple[int | None, int | None], list[Segment]] = defaultdict(list)
    for segment in segments:
        if segment.kind is Kind.HOLD:
            holds[segment.account, segment.interaction].append(segment)
    talks = sorted(
        (
            piece
            for segment in segments
            if segment.kind is Kind.TALK
            for piece in without(segment, holds.get((segment.account, segment.interaction), []))
        ),
        key=lambda talk: talk.order,
    )
    latest: Segment | None = None
    for talk in talks:
        if latest is not None and (talk.account, talk.interaction) != (latest.account, latest.interaction):
            end = min(talk.end, latest.end)
            if end > talk.start + TOLERANCE:
                names = f"interactions {latest.interaction} and {talk.interaction}"
                yield Found(talk.start, end, Contrary.TWO_CALLS, names)
        if latest is None or talk.end > latest.end:
            latest = talk
    breaks = sorted((s for s in segments if s.kind is Kind.BREAK), key=lambda s: s.order)
    here = 0
    for talk in talks:
        while here < len(breaks) and breaks[here].end <= talk.start:
            here += 1
        for pause in breaks[here:]:
            if pause.start >= talk.end:
                break
            start, end = max(pause.start, talk.start), min(pause.end, talk.end)
            if end > start + TOLERANCE:
                yield Found(start, end, Contrary.CALL_IN_BREAK, pause.reason)
