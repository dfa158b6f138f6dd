"""Segments of a call: from queue stays, from numbers dialled, and from whoever else the customer was joined with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_app.phone.calls import Flag, Hold, Outcome, Ring, Segment, SegmentKind, span_ms, sum_known
from channels_app.phone.events import EventKind, LeaveReason, PhoneEvent, Source
from channels_app.phone.legs import Leg, Legs
from channels_app.phone.stays import Stay

# claims are differences of truncated seconds: up to 1 s off, and the instants compared with may be too
_CLAIM_TOLERANCE_MS = 1500
_RESTART_WITHIN = timedelta(seconds=15)

_LEAVE_OUTCOMES = {
    LeaveReason.ABANDONED: Outcome.ABANDONED,
    LeaveReason.TIMED_OUT: Outcome.TIMED_OUT,
    LeaveReason.EMPTIED: Outcome.LEFT_EMPTY,
    LeaveReason.NOT_JOINED: Outcome.NOT_JOINED,
    LeaveReason.PRESSED_KEY: Outcome.PRESSED_KEY,
}
_DIAL_OUTCOMES = {
    "ANSWER": Outcome.ANSWERED,
    "BUSY": Outcome.BUSY,
    "CANCEL": Outcome.CANCELED,
    "NOANSWER": Outcome.UNANSWERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What holds for all calls of one reduction."""

    legs: Legs
    phones: Mapping[str, str]
    system: list[PhoneEvent]

    def saw_channels(self, leg: Leg) -> bool:
        """Whether any source that sees channels told of this leg; if not, holds and hang-ups are unknown."""
        return bool(leg.channel)

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
            and timedelta(0) <= event.at - at <= _RESTART_WITHIN
        ]
        return min(soon, default=None)

    def started_after(self, at: datetime) -> datetime | None:
        """The first start of the telephone system after this instant: no call survives it."""
        later = [event.at for event in self.system if event.kind is EventKind.SYSTEM_STARTED and event.at > at]
        return min(later, default=None)


def queue_segments(root: Leg, stays: list[Stay], *, context: Context) -> list[tuple[tuple[str, ...], Segment]]:
    """Return for each stay its segment and the ids of the legs on the operator's side."""
    return [_queue_segment(root, stay, context=context) for stay in stays]


def _queue_segment(root: Leg, stay: Stay, *, context: Context) -> tuple[tuple[str, ...], Segment]:
    connect, complete, leave = stay.connect, stay.complete, stay.leave
    flags: set[Flag] = set() if stay.entry_seen or stay.status is LeaveReason.NOT_JOINED else {Flag.ENTRY_UNSEEN}
    peers = sorted({event.peer_id for event in stay.connects})
    side = list({leg.id: leg for peer in peers for leg in context.legs.telephones_behind(peer)}.values())
    answered_at = connect.at if connect else None
    if answered_at is None and complete is not None and complete.talk_ms is not None:
        # the answer was missed: the end claims how long they talked
        answered_at = complete.at - timedelta(milliseconds=complete.talk_ms)
        flags.add(Flag.ENTRY_UNSEEN)
    ended_at = _end_of_stay(root, stay, side, answered_at=answered_at, context=context, flags=flags)
    if ended_at is not None and ended_at < (answered_at or stay.enqueued_at):
        flags.add(Flag.CLOCK_WENT_BACK)
    wait_ms = span_ms(stay.enqueued_at, answered_at or ended_at)
    talk_ms = span_ms(answered_at, ended_at) if answered_at else (0 if ended_at else None)
    claimed_wait = _claim(connect or leave or complete, "wait")
    if _differs(wait_ms, claimed_wait):
        flags.add(Flag.WAIT_MISMATCH)
    if complete is not None and _differs(talk_ms, complete.talk_ms):
        flags.add(Flag.TALK_MISMATCH)
    holds, hold_ms = _holds(side, answered_at, ended_at, context=context, flags=flags)
    operator = connect or complete
    name = operator.operator_name if operator else ""
    interface = side[0].interface if side else ""
    segment = Segment(
        kind=SegmentKind.QUEUE,
        queue=stay.queue,
        operator_name=name,
        interface=interface,
        enqueued_at=stay.enqueued_at,
        answered_at=answered_at,
        ended_at=ended_at,
        wait_ms=wait_ms,
        ring_ms=_ring_of_answer(stay),
        talk_ms=talk_ms,
        hold_ms=hold_ms,
        holds=tuple(holds),
        rings=_rings(stay, context=context),
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
        transferred = stay.complete is not None and stay.complete.reason == "transfer"
        return Outcome.TRANSFERRED if transferred else Outcome.ANSWERED
    reason = stay.leave_reason
    if reason not in {LeaveReason.ABANDONED, LeaveReason.UNSTATED, None}:
        return _LEAVE_OUTCOMES[reason]
    if root.stopped_by_system or (not root.asked and context.restarted_after(ended_at) is not None):
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


def _ring_of_answer(stay: Stay) -> int | None:
    connect = stay.connect
    if connect is None:
        return None
    started = [
        ring.at for ring in stay.ring_starts if ring.peer_id == connect.peer_id and ring.source is connect.source
    ]
    if started:
        return span_ms(max(started), connect.at)
    return connect.ring_ms


def _rings(stay: Stay, *, context: Context) -> tuple[Ring, ...]:
    rings: list[Ring] = []
    connect = stay.connect
    matched: set[PhoneEvent] = set()
    for start in stay.ring_starts:
        answered = connect is not None and connect.peer_id == start.peer_id
        missed = [event for event in stay.ring_misses if event.peer_id == start.peer_id]
        matched.update(missed)
        # a telephone whose caller left, or that lost to another, is only told to stop (the end of the dial)
        stopped = missed or context.legs.dial_ends.get(start.peer_id, [])
        end = connect.at if answered and connect else (stopped[0].at if stopped else None)
        rings.append(
            Ring(
                operator_name=start.operator_name,
                interface=start.interface,
                started_at=start.at,
                ended_at=end,
                ring_ms=span_ms(start.at, end),
                answered=answered,
            )
        )
    starts_known = bool(stay.ring_starts)
    for missed_ring in stay.ring_misses:
        if missed_ring in matched or (starts_known and missed_ring.source is Source.QUEUE_LOG):
            continue
        rings.append(
            Ring(
                operator_name=missed_ring.operator_name,
                interface=missed_ring.interface,
                started_at=None,
                ended_at=missed_ring.at,
                ring_ms=missed_ring.ring_ms,
                answered=False,
            )
        )
    if connect is not None and not any(ring.answered for ring in rings):
        rings.append(
            Ring(
                operator_name=connect.operator_name,
                interface=connect.interface,
                started_at=None,
                ended_at=connect.at,
                ring_ms=connect.ring_ms,
                answered=True,
            )
        )
    return tuple(sorted(rings, key=lambda ring: (ring.ended_at or ring.started_at, ring.operator_name)))


def _holds(
    side: list[Leg],
    answered_at: datetime | None,
    ended_at: datetime | None,
    *,
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
    if context.connection_lost_within(answered_at, ended_at):
        flags.add(Flag.CONNECTION_LOST)
        return holds, None
    if ended_at is None:
        return holds, None
    return holds, sum_known([span_ms(hold.start, hold.end) for hold in holds]) if holds else 0


def dialled_segments(root: Leg, stays: list[Stay], *, context: Context) -> list[tuple[str, Segment]]:
    """Return a segment for each telephone the root itself dialled (not its queues), with the dialled leg's id."""
    parts: list[tuple[str, Segment]] = []
    legs = context.legs
    rung_by_queues = {ring.peer_id for stay in stays for ring in stay.ring_starts}
    for dial in legs.dials:
        if dial.channel_id != root.id or dial.peer_id in rung_by_queues:
            continue
        peer = legs.by_id[dial.peer_id]
        if peer.is_local or peer.id in {leg for leg, _ in parts}:
            continue
        parts.append((peer.id, _dialled_segment(root, dial, peer, context=context)))
    return parts


def _dialled_segment(root: Leg, dial: PhoneEvent, peer: Leg, *, context: Context) -> Segment:
    ends = context.legs.dial_ends.get(peer.id, [])
    flags: set[Flag] = set()
    answer = next((event for event in ends if event.reason == "ANSWER"), None)
    contacts = [contact for contact in context.legs.contacts_of(root) if contact.leg.id == peer.id]
    answered_at = answer.at if answer else (contacts[0].start if contacts else None)
    if answered_at is not None:
        ended_at = contacts[-1].end if contacts else (peer.hung_up_at or root.hung_up_at)
        rung_until: datetime | None = answered_at
        outcome: Outcome | None = Outcome.ANSWERED
    else:
        ended_at = ends[0].at if ends else (peer.hung_up_at or root.hung_up_at)
        rung_until = ended_at
        stated = [event.reason for event in ends if event.reason]
        outcome = _DIAL_OUTCOMES.get(stated[0], Outcome.FAILED) if stated else (Outcome.FAILED if ended_at else None)
    holds, hold_ms = _holds([root], answered_at, ended_at, context=context, flags=flags)
    return Segment(
        kind=SegmentKind.OUTBOUND,
        queue="",
        operator_name=context.name_of(root),
        interface=root.interface,
        enqueued_at=None,
        answered_at=answered_at,
        ended_at=ended_at,
        wait_ms=None,
        ring_ms=span_ms(dial.at, rung_until),
        talk_ms=span_ms(answered_at, ended_at) if answered_at else (0 if ended_at else None),
        hold_ms=hold_ms,
        holds=tuple(holds),
        rings=(
            Ring(
                operator_name="",
                interface=peer.interface,
                started_at=dial.at,
                ended_at=rung_until,
                ring_ms=span_ms(dial.at, rung_until),
                answered=answered_at is not None,
            ),
        ),
        outcome=outcome if ended_at else None,
        flags=tuple(sorted(flags)),
    )


def direct_segments(
    customer: Leg,
    covered: list[tuple[str, Segment]],
    *,
    context: Context,
    is_operators: Callable[[Leg, Mapping[str, str]], bool],
) -> list[Segment]:
    """Return a segment for each contact of the customer that no other segment accounts for (after a transfer)."""
    parts = []
    for contact in context.legs.contacts_of(customer):
        if any(leg_id == contact.leg.id and _touches(part, contact.start) for leg_id, part in covered):
            continue
        flags: set[Flag] = set()
        operator = is_operators(contact.leg, context.phones)
        holds, hold_ms = _holds([contact.leg], contact.start, contact.end, context=context, flags=flags)
        rung = [
            dial for dial in context.legs.dials if dial.peer_id == contact.leg.id and dial.channel_id == customer.id
        ]
        parts.append(
            Segment(
                kind=SegmentKind.DIRECT if operator else SegmentKind.EXTERNAL,
                queue="",
                operator_name=context.name_of(contact.leg) if operator else "",
                interface=contact.leg.interface,
                enqueued_at=None,
                answered_at=contact.start,
                ended_at=contact.end,
                wait_ms=None,
                ring_ms=span_ms(rung[0].at, contact.start) if rung else None,
                talk_ms=span_ms(contact.start, contact.end),
                hold_ms=hold_ms,
                holds=tuple(holds),
                rings=(),
                outcome=Outcome.ANSWERED if contact.end is not None else None,
                flags=tuple(sorted(flags)),
            )
        )
    return parts


def _touches(part: Segment, start: datetime) -> bool:
    if part.answered_at is None:
        return False
    near = timedelta(seconds=1)
    return part.answered_at - near <= start and (part.ended_at is None or start <= part.ended_at + near)
