"""How calls end: who hung up, and what became of the call."""

from dataclasses import dataclass
from datetime import datetime

from channels_app.phone.calls import Direction, Flag, HungUpBy, Outcome, Segment, SegmentKind
from channels_app.phone.context import Context
from channels_app.phone.events import CompleteReason, LeaveReason
from channels_app.phone.legs import Leg
from channels_app.phone.stays import Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Who ended the call (None: no source can tell) and what to know about it."""

    by: HungUpBy | None
    flags: frozenset[Flag] = frozenset()


def who_hung_up(
    *,
    root: Leg,
    customer: Leg,
    stays: list[Stay],
    segments: list[Segment],
    ended_at: datetime | None,
    direction: Direction,
    context: Context,
) -> Ending:
    """Return who ended an ended call.

    A telephone that hung up says so (hang-up request); a stopping telephone system writes ends that nobody asked for,
    also naming the operator (COMPLETEAGENT at a clean restart). Only then count the queue's own words.
    """
    if ended_at is None:
        return Ending(by=None)
    last = segments[-1] if segments else None
    since = (last.answered_at or last.began_at) if last else root.first_at
    sides = {customer.id: HungUpBy.CALLEE if direction is Direction.OUTBOUND else HungUpBy.CUSTOMER}
    if direction is Direction.INTERNAL:
        sides[root.id] = HungUpBy.OPERATOR
    if direction is Direction.OUTBOUND:
        sides[root.id] = HungUpBy.OPERATOR
    if last is not None and last.answered_at is not None:
        for contact in context.legs.contacts_of(customer):
            still_there = contact.end is None or last.ended_at is None or contact.end >= last.ended_at
            if still_there and contact.leg.id not in sides:
                sides[contact.leg.id] = HungUpBy.CALLEE if last.kind is SegmentKind.EXTERNAL else HungUpBy.OPERATOR
    asked = sorted(
        (at, leg_id) for leg_id in sides for at in context.legs.by_id[leg_id].asked if since <= at <= ended_at
    )
    if asked:
        return Ending(by=sides[asked[0][1]])
    if root.stopped_by_system or customer.stopped_by_system or context.restarted_after(ended_at) is not None:
        return Ending(by=HungUpBy.PBX, flags=frozenset({Flag.PBX_RESTARTED}))
    if stays and last is not None and last.kind is SegmentKind.QUEUE:
        final = stays[-1]
        reason = final.complete.reason if final.complete else ""
        if reason == CompleteReason.CUSTOMER:
            return Ending(by=HungUpBy.CUSTOMER)
        if reason == CompleteReason.OPERATOR:
            return Ending(by=HungUpBy.OPERATOR)
        if final.complete is None and final.leave_reason is LeaveReason.ABANDONED:
            return Ending(by=HungUpBy.CUSTOMER)
    if context.saw_channels(root):
        return Ending(by=HungUpBy.PBX)
    return Ending(by=None)


def call_outcome(
    *, segments: list[Segment], ending: Ending, ended_at: datetime | None, direction: Direction
) -> Outcome | None:
    """Return what became of the call: answered if anybody ever answered, else as the last segment ended."""
    if any(part.answered_at is not None or part.outcome is Outcome.ANSWERED for part in segments):
        return Outcome.ANSWERED
    if ended_at is None:
        return None
    if segments:
        return segments[-1].outcome
    if direction is not Direction.INBOUND:
        return Outcome.FAILED
    if Flag.PBX_RESTARTED in ending.flags:
        return Outcome.CUT_OFF
    return Outcome.ABANDONED_IN_MENU if ending.by is HungUpBy.CUSTOMER else Outcome.ENDED_IN_MENU
