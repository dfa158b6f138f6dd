"""What holds for all calls of one reduction: the legs, the operators' telephones, the system's own stops and starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_app.phone.calls import Flag, Hold, span_ms, sum_known
from channels_app.phone.events import EventKind, PhoneEvent, Source
from channels_app.phone.legs import Leg, Legs, operator_phones

RESTART_WITHIN = timedelta(seconds=15)
"""A call that ended so shortly before a stop or start of the system, and that nobody hung up, was ended by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What holds for all calls of one reduction."""

    legs: Legs
    phones: Mapping[str, str]
    system: list[PhoneEvent]

    def saw_channels(self, leg: Leg) -> bool:
        """Whether any source that sees channels told of this leg; if not, holds and hang-ups are unknown."""
        return leg.is_watched

    def name_of(self, leg: Leg) -> str:
        """The operator's name for a telephone, else the name the telephone itself carries."""
        return leg.operator_name or self.phones.get(leg.interface, "") or leg.name

    def connection_lost_within(self, start: datetime, end: datetime | None) -> bool:
        """Whether the watching connection began anew in the middle: what happened before it may be missing."""
        return any(
            event.kind is EventKind.CONNECTED and start < event.at and (end is None or event.at < end)
            for event in self.system
        )

    def restarted_after(self, at: datetime) -> datetime | None:
        """When the telephone system stopped or started soon after this instant."""
        soon = [
            event.at
            for event in self.system
            if event.kind in {EventKind.SYSTEM_STARTED, EventKind.SYSTEM_STOPPED}
            and timedelta(0) <= event.at - at <= RESTART_WITHIN
        ]
        return min(soon, default=None)

    def started_after(self, at: datetime) -> datetime | None:
        """The first start of the telephone system after this instant: no call survives it."""
        later = [event.at for event in self.system if event.kind is EventKind.SYSTEM_STARTED and event.at > at]
        return min(later, default=None)

    def is_operators(self, leg: Leg) -> bool:
        """Whether a leg is an operator's telephone: known, rung by a queue, or named by its own extension."""
        if leg.is_local:
            return False
        if leg.interface in self.phones or leg.operator_name:
            return True
        if leg.channel.startswith(("client:", "table:")):
            return True
        if "/" in leg.channel and not leg.channel.startswith("sofia/"):
            return leg.number != "" and leg.interface.rpartition("/")[2] == leg.number
        if leg.channel:
            return False
        return leg.number != "" and leg.number in operator_phones(self.phones)


def holds_of(
    *,
    side: list[Leg],
    answered_at: datetime | None,
    ended_at: datetime | None,
    context: Context,
    flags: set[Flag],
) -> tuple[list[Hold], int | None]:
    """Return the holds and their sum; None where no source saw the operator's channel, or it was lost from sight."""
    if answered_at is None:
        return [], (0 if ended_at is not None else None)
    watched = [leg for leg in side if context.saw_channels(leg)]
    if not watched:
        return [], None
    holds = [hold for leg in watched for hold in leg.holds_within(start=answered_at, end=ended_at)]
    holds.sort(key=lambda hold: hold.start)
    # what a lost connection missed, CEL still tells (music on the caller's channel)
    written = any(Source.CEL in leg.sources for leg in watched)
    if not written and context.connection_lost_within(answered_at, ended_at):
        flags.add(Flag.CONNECTION_LOST)
        return holds, None
    if ended_at is None:
        return holds, None
    return holds, sum_known([span_ms(hold.start, hold.end) for hold in holds]) if holds else 0
