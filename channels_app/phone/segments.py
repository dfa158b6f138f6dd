"""Segments of a call from its stays in queues."""

from datetime import datetime, timedelta

from channels_app.phone.calls import Flag, Outcome, Segment, SegmentKind, span_ms
from channels_app.phone.context import Context, holds_of
from channels_app.phone.events import CompleteReason, LeaveReason, PhoneEvent
from channels_app.phone.legs import Leg
from channels_app.phone.rings import ring_of_answer, rings_of
from channels_app.phone.stays import Stay

# claims are differences of truncated seconds: up to 1 s off, and the instants compared with may be too
_CLAIM_TOLERANCE_MS = 1500

_LEAVE_OUTCOMES = {
    LeaveReason.ABANDONED: Outcome.ABANDONED,
    LeaveReason.TIMED_OUT: Outcome.TIMED_OUT,
    LeaveReason.EMPTIED: Outcome.LEFT_EMPTY,
    LeaveReason.NOT_JOINED: Outcome.NOT_JOINED,
    LeaveReason.PRESSED_KEY: Outcome.PRESSED_KEY,
}


def queue_segments(*, root: Leg, stays: list[Stay], context: Context) -> list[tuple[tuple[str, ...], Segment]]:
    """Return for each stay its segment and the ids of the legs on the operator's side."""
    return [_queue_segment(root, stay, context=context) for stay in stays]


def _queue_segment(root: Leg, stay: Stay, *, context: Context) -> tuple[tuple[str, ...], Segment]:
    connect, complete, leave = stay.connect, stay.complete, stay.leave
    flags: set[Flag] = set() if stay.entry_seen or stay.status is LeaveReason.NOT_JOINED else {Flag.ENTRY_UNSEEN}
    reached = stay.reached[0] if stay.reached and connect is None else None
    if reached is not None:
        flags.add(Flag.ANSWER_UNSEEN)
    peers = sorted({event.peer_id for event in [*stay.connects, *stay.reached]})
    side = list({leg.id: leg for peer in peers for leg in context.legs.telephones_behind(peer)}.values())
    answered_at = connect.at if connect else None
    if answered_at is None and complete is not None and complete.talk_ms is not None:
        # the answer was missed: the end claims how long they talked
        answered_at = complete.at - timedelta(milliseconds=complete.talk_ms)
        flags.add(Flag.ENTRY_UNSEEN)
    enqueued_at = stay.enqueued_at if stay.entry_known else None
    ended_at = _end_of_stay(root, stay, side, answered_at=answered_at, context=context, flags=flags)
    if ended_at is not None and ended_at < (answered_at or stay.enqueued_at):
        flags.add(Flag.CLOCK_WENT_BACK)
    wait_ms = None if reached else span_ms(enqueued_at, answered_at or ended_at)
    talk_ms = span_ms(answered_at, ended_at) if answered_at else (0 if ended_at and not reached else None)
    claimed_wait = _claim(connect or leave or complete, "wait")
    if _differs(wait_ms, claimed_wait):
        flags.add(Flag.WAIT_MISMATCH)
    if complete is not None and _differs(talk_ms, complete.talk_ms):
        flags.add(Flag.TALK_MISMATCH)
    holds, hold_ms = holds_of(side=side, answered_at=answered_at, ended_at=ended_at, context=context, flags=flags)
    if reached is not None:
        hold_ms = None
    operator = connect or complete
    name = (operator.operator_name if operator else "") or (context.name_of(side[0]) if side else "")
    interface = side[0].interface if side else ""
    segment = Segment(
        kind=SegmentKind.QUEUE,
        queue=stay.queue,
        operator_name=name,
        interface=interface,
        enqueued_at=enqueued_at,
        answered_at=answered_at,
        ended_at=ended_at,
        wait_ms=wait_ms,
        ring_ms=ring_of_answer(stay=stay),
        talk_ms=talk_ms,
        hold_ms=hold_ms,
        holds=tuple(holds),
        rings=rings_of(stay=stay, context=context),
        outcome=_stay_outcome(root, stay, answered_at=answered_at, ended_at=ended_at, context=context),
        flags=tuple(sorted(flags)),
    )
    return tuple(sorted({leg.id for leg in side})), segment


def _end_of_stay(
    root: Leg,
    stay: Stay,
    side: list[Leg],
    *,
    answered_at: datetime | None,
    context: Context,
    flags: set[Flag],
) -> datetime | None:
    if stay.complete is not None:
        return stay.complete.at
    if stay.reached and answered_at is None:
        return stay.reached[0].at
    if stay.leave is not None and answered_at is None:
        return stay.enqueued_at if stay.status is LeaveReason.NOT_JOINED else stay.leave.at
    if answered_at is not None and side:
        ids = {leg.id for leg in side}
        parted = [contact.end for contact in context.legs.contacts_of(root) if contact.leg.id in ids]
        if parted and all(end is not None for end in parted):
            return max(end for end in parted if end is not None)
    if root.hung_up_at is not None:
        return root.hung_up_at
    restarted = context.started_after(answered_at or stay.enqueued_at)
    if restarted is not None:
        flags.update({Flag.END_ESTIMATED, Flag.PBX_RESTARTED})
    return restarted


def _stay_outcome(
    root: Leg, stay: Stay, *, answered_at: datetime | None, ended_at: datetime | None, context: Context
) -> Outcome | None:
    if ended_at is None:
        return None
    if answered_at is not None:
        transferred = stay.complete is not None and stay.complete.reason == CompleteReason.TRANSFER
        return Outcome.TRANSFERRED if transferred else Outcome.ANSWERED
    if stay.reached:
        return Outcome.ANSWERED
    reason = stay.leave_reason
    if reason not in {LeaveReason.ABANDONED, LeaveReason.UNSTATED, None}:
        return _LEAVE_OUTCOMES[reason]
    if root.stopped_by_system or root.cut_off or (not root.asked and context.restarted_after(ended_at) is not None):
        return Outcome.CUT_OFF
    if reason is LeaveReason.ABANDONED:
        return Outcome.ABANDONED
    if any(abs(asked - ended_at) <= timedelta(seconds=1) for asked in root.asked):
        return Outcome.ABANDONED
    # the source does not say why; a caller who did not hang up was put out by the queue
    return Outcome.TIMED_OUT if stay.leaves else Outcome.ABANDONED


def _claim(event: PhoneEvent | None, what: str) -> int | None:
    if event is None:
        return None
    return event.wait_ms if what == "wait" else event.talk_ms


def _differs(computed: int | None, claimed: int | None) -> bool:
    return computed is not None and claimed is not None and abs(computed - claimed) > _CLAIM_TOLERANCE_MS
