"""What a call's sources say against one another or against themselves: flags to know before relying on it. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from channels_app.phone.asterisk_cdr import made_at
from channels_app.phone.calls import Flag, Segment
from channels_app.phone.events import EventKind, PhoneEvent
from channels_app.phone.legs import Leg, Legs

# whole seconds on both sides, each cut off
_TOLERANCE = timedelta(milliseconds=1999)


def contradictions(
    *, root: Leg, legs: Legs, events: Iterable[PhoneEvent], segments: list[Segment], ended_at: datetime | None
) -> set[Flag]:
    """Return the flags of what disagrees by two seconds or more. The durations themselves come from instants."""
    flags: set[Flag] = set()
    if ended_at is not None and any(abs(end - ended_at) > _TOLERANCE for end in root.row_ends[-1:]):
        flags.add(Flag.END_MISMATCH)
    if _overlap(segments):
        flags.add(Flag.LEGS_OVERLAP)
    for event in events:
        if event.kind is EventKind.ROW_WRITTEN:
            made = made_at(event.channel_id)
            if made is not None and made - event.at > _TOLERANCE:
                # a row cannot begin before its channel: the time zone is not the telephone system's
                flags.add(Flag.CLOCKS_DIFFER)
        elif event.kind is EventKind.HUNG_UP:
            leg = legs.by_id[event.channel_id]
            if event.at < (leg.up_at or leg.first_at):
                flags.add(Flag.CLOCK_WENT_BACK)
            elif event.talk_ms is not None and leg.up_at is not None:
                stated = timedelta(milliseconds=event.talk_ms)
                if abs(event.at - leg.up_at - stated) > _TOLERANCE:
                    flags.add(Flag.TALK_MISMATCH)
    return flags


def _overlap(segments: list[Segment]) -> bool:
    """Whether the customer is said to have spoken with two at once."""
    spoken = sorted(
        (part.answered_at, part.ended_at)
        for part in segments
        if part.answered_at is not None and part.ended_at is not None
    )
    return any(following[0] < previous[1] - _TOLERANCE for previous, following in pairwise(spoken))
