"""The one reducer: phone events in any order, any number of times, from any source, to calls.

Every distinct event is put into the order of its content, facts are collected per call, and only then is anything
derived; so a permutation or a repetition of the events cannot change the calls. Durations are computed from instants;
what a source claims is compared and a difference is flagged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from channels_app.phone.calls import (
    Call,
    Direction,
    Flag,
    HungUpBy,
    Outcome,
    Segment,
    SegmentKind,
    Transfer,
    sum_known,
)
from channels_app.phone.cdr_implied import implied_by_rows
from channels_app.phone.cel_implied import implied_events
from channels_app.phone.context import Context
from channels_app.phone.contradictions import contradictions
from channels_app.phone.dialled import dialled_segments, direct_segments, unanswered_segments
from channels_app.phone.endings import Ending, call_outcome, who_hung_up
from channels_app.phone.events import CompleteReason, EventKind, LeaveReason, PhoneEvent, Source, in_order
from channels_app.phone.legs import NO_NUMBERS, Leg, Legs
from channels_app.phone.lost_ends import implied_by_lost_ends
from channels_app.phone.pairs_implied import implied_by_pairs
from channels_app.phone.segments import queue_segments
from channels_app.phone.stays import Stay, stays_of

# two sources may report one transfer this far apart
_SAME_TRANSFER = timedelta(seconds=2)
_NEVER = datetime.max.replace(tzinfo=UTC)
_GOES_ON = frozenset({Outcome.TRANSFERRED, Outcome.TIMED_OUT, Outcome.LEFT_EMPTY, Outcome.PRESSED_KEY})


def reduce_events(events: Iterable[PhoneEvent], *, phones: Mapping[str, str] | None = None) -> list[Call]:
    """Return the calls that the events tell of, by start and id.

    `phones` maps operators' telephones to operators' names (PJSIP/101 -> Anna Kovacs); it decides which side of a call
    is the operator's. Permuting or repeating the events gives the same calls; adding events never takes back an end,
    except one flagged CONTINUES_UNSEEN (queue_log: a caller put out of a queue may enter another).
    An operator's telephone that neither reached anybody nor entered a queue made no call.
    """
    reported = list(in_order(events))
    implied = [*implied_events(reported), *implied_by_rows(reported), *implied_by_pairs(reported)]
    ordered = list(in_order([*reported, *implied])) if implied else reported
    lost = implied_by_lost_ends(ordered)
    ordered = list(in_order([*ordered, *lost])) if lost else ordered
    known = dict(phones or {})
    legs = Legs(ordered)
    system = [event for event in ordered if not event.call_keys]
    by_group: dict[str, list[PhoneEvent]] = defaultdict(list)
    for event in ordered:
        leg = legs.by_id.get(event.channel_id or event.peer_id)
        if leg is not None:
            by_group[leg.group].append(event)
    consulted = {
        other: event for event in ordered if event.kind is EventKind.ATTENDED_TRANSFERRED for other in event.others
    }
    calls = []
    for group in sorted(by_group):
        context = Context(legs=legs, phones=known, system=system)
        call = _call(group, by_group[group], context=context, consulted=consulted)
        if call is not None:
            calls.append(call)
    return sorted(calls, key=lambda call: (call.started_at, call.external_id))


def _root_of(group: str, legs: Legs) -> Leg:
    """The leg the call began with; if its start was missed or is plumbing, the earliest telephone of the group."""
    if group in legs.by_id and not legs.by_id[group].is_local:
        return legs.by_id[group]
    return min(legs.by_group[group], key=lambda leg: (leg.is_local, leg.first_at, leg.id))


def _call(
    group: str, events: list[PhoneEvent], *, context: Context, consulted: Mapping[str, PhoneEvent]
) -> Call | None:
    legs = context.legs
    root = _root_of(group, legs)
    if root.is_local:
        return None
    stays = stays_of(event for event in events if event.channel_id == root.id)
    from_operator = context.is_operators(root)
    dialled = dialled_segments(root=root, stays=stays, context=context) if from_operator else []
    if from_operator and any(_is_outside(legs.by_id[peer], context) for peer, _ in dialled):
        direction = Direction.OUTBOUND
        dialled = [(peer, part) for peer, part in dialled if _is_outside(legs.by_id[peer], context)]
    elif from_operator:
        direction = Direction.INTERNAL
        if not stays and not dialled:
            return None
    else:
        direction = Direction.INBOUND
    customer = _customer(root, dialled, direction=direction, legs=legs)
    segments = _segments(root, customer, stays, dialled, direction=direction, context=context)
    transfers = _transfers(events, segments, context=context)
    return _assemble(
        group, events, root, customer, stays, segments, transfers,
        direction=direction, context=context, consulted=consulted,
    )  # fmt: skip


def _is_outside(leg: Leg, context: Context) -> bool:
    return not leg.is_local and not context.is_operators(leg)


def _customer(root: Leg, dialled: list[tuple[str, Segment]], *, direction: Direction, legs: Legs) -> Leg:
    """The leg whose experience the call is: the caller, or for outbound the number that answered (else the last)."""
    if direction is not Direction.OUTBOUND:
        return root
    answered = [peer for peer, part in dialled if part.answered_at is not None]
    return legs.by_id[answered[0] if answered else dialled[-1][0]]


def _segments(
    root: Leg,
    customer: Leg,
    stays: list[Stay],
    dialled: list[tuple[str, Segment]],
    *,
    direction: Direction,
    context: Context,
) -> list[Segment]:
    queued = queue_segments(root=root, stays=stays, context=context)
    covered = [(leg_id, part) for leg_ids, part in queued for leg_id in leg_ids]
    parts = [part for _, part in queued]
    if direction is Direction.OUTBOUND:
        parts.extend(part for _, part in dialled)
        covered.extend((root.id, part) for _, part in dialled)
    elif direction is Direction.INTERNAL:
        legs = context.legs.by_id
        parts.extend(
            replace(
                part,
                kind=SegmentKind.DIRECT,
                operator_name=context.name_of(legs[peer]),
                interface=legs[peer].interface,
            )
            for peer, part in dialled
        )
    if direction is Direction.INBOUND and not parts:
        parts.extend(unanswered_segments(root=root, context=context))
    if direction is not Direction.INTERNAL:
        parts.extend(direct_segments(customer=customer, covered=covered, context=context))
    return sorted(
        parts,
        key=lambda part: (part.began_at, part.ended_at or _NEVER, part.kind, part.operator_name, part.queue),
    )


def _transfers(events: list[PhoneEvent], segments: list[Segment], *, context: Context) -> list[Transfer]:
    transfers: list[Transfer] = []
    moved = [event for event in events if event.kind in {EventKind.BLIND_TRANSFERRED, EventKind.ATTENDED_TRANSFERRED}]
    for event in sorted(moved, key=lambda each: (each.source.resolution_ms, each.order)):
        kind = "blind" if event.kind is EventKind.BLIND_TRANSFERRED else "attended"
        if any(known.kind == kind and abs(known.at - event.at) <= _SAME_TRANSFER for known in transfers):
            continue
        transferer = context.legs.by_id.get(event.peer_id)
        by = event.operator_name or (context.name_of(transferer) if transferer else "")
        to = event.target
        if kind == "attended":
            after = [part for part in segments if part.answered_at and part.answered_at >= event.at - _SAME_TRANSFER]
            reached = [part for part in after if part.kind is not SegmentKind.QUEUE and part.operator_name != by]
            to = reached[0].operator_name if reached else ""
        transfers.append(Transfer(kind=kind, at=event.at, from_operator=by, to=to))
    return sorted(transfers, key=lambda transfer: (transfer.at, transfer.kind))


def _assemble(
    group: str,
    events: list[PhoneEvent],
    root: Leg,
    customer: Leg,
    stays: list[Stay],
    segments: list[Segment],
    transfers: list[Transfer],
    *,
    direction: Direction,
    context: Context,
    consulted: Mapping[str, PhoneEvent],
) -> Call:
    legs = context.legs
    ended_at = customer.hung_up_at
    if direction is Direction.OUTBOUND and ended_at is None:
        ended_at = root.hung_up_at
    ends = [part.ended_at for part in segments if part.ended_at is not None]
    # a connection that saw the call begin may have missed the hang-up that queue_log has
    believed = not context.saw_channels(root) or _ended_by_queue_log(stays)
    if ended_at is None and ends and len(ends) == len(segments) and believed:
        ended_at = max(ends)
    flags = {flag for part in segments for flag in part.flags}
    if direction is Direction.OUTBOUND and root.called:
        flags.add(Flag.CLICK_TO_DIAL)
    ending = who_hung_up(
        root=root,
        customer=customer,
        stays=stays,
        segments=segments,
        ended_at=ended_at,
        direction=direction,
        context=context,
    )
    flags.update(ending.flags)
    flags.update(contradictions(root=root, legs=legs, events=events, segments=segments, ended_at=ended_at))
    if root.end_lost_at is not None and any(
        event.kind is EventKind.HUNG_UP and event.source is Source.CLOSING_RULE for event in events
    ):
        flags.add(Flag.END_UNKNOWN)
        ending = Ending(by=None)
    became_customers = root.id in consulted
    outcome = Outcome.TRANSFERRED if became_customers else call_outcome(
        segments=segments, ending=ending, ended_at=ended_at, direction=direction
    )  # fmt: skip
    if segments and segments[-1].outcome in _GOES_ON and not context.saw_channels(root):
        # nothing in this source covers what follows: the talk after a transfer, the dialplan after a time-out
        flags.add(Flag.CONTINUES_UNSEEN)
    answered = [part for part in segments if part.answered_at is not None]
    queues = [part.queue for part in segments if part.queue]
    spoke = [part for part in segments if part.answered_at is not None or part.outcome is Outcome.ANSWERED]
    operators = [part.operator_name for part in spoke if part.operator_name]
    entered = [part.enqueued_at for part in segments if part.enqueued_at is not None]
    if direction is Direction.OUTBOUND:
        operator_name = context.name_of(root)
        # not every source knows the dial string
        shown = sorted(
            legs.dials_to.get(customer.id, []),
            key=lambda event: (event.target == "", event.source.resolution_ms, event.order),
        )
        from_number, to_number = (shown[0].number if shown else root.number), dialled_number(shown)
        to_number = to_number or root.extension
        from_name = operator_name
    else:
        operator_name = operators[0] if operators else ""
        from_number, from_name, to_number = root.number, root.name, root.extension
        if not legs.by_id[root.id].sources and legs.dials_by.get(root.id):
            # only the leg it dialled was reported: that shows the caller's number
            from_number = legs.dials_by[root.id][0].number
    if direction is Direction.INTERNAL and to_number in NO_NUMBERS and legs.dials_by.get(root.id):
        # originated: nothing was dialled, a telephone was called
        to_number = legs.by_id[legs.dials_by[root.id][0].peer_id].number
    return Call(
        external_id=group,
        external_ids=tuple(sorted(leg.id for leg in legs.by_group[group])),
        direction=direction,
        from_number=from_number,
        from_name=from_name,
        to_number=to_number,
        account_hint=root.account,
        queue=queues[0] if queues else "",
        operator_name=operator_name,
        started_at=_start_of(events),
        enqueued_at=min(entered) if entered else None,
        answered_at=min((part.answered_at for part in answered if part.answered_at), default=None),
        ended_at=ended_at,
        wait_ms=sum_known([part.wait_ms for part in segments if part.kind is SegmentKind.QUEUE]),
        ring_ms=answered[0].ring_ms if answered else (segments[-1].ring_ms if segments else None),
        talk_ms=sum_known([part.talk_ms for part in segments]) if segments else (0 if ended_at else None),
        hold_ms=sum_known([part.hold_ms for part in segments]) if segments else (0 if ended_at else None),
        outcome=outcome,
        hung_up_by=HungUpBy.TRANSFER if became_customers else ending.by,
        segments=tuple(segments),
        transfers=tuple(transfers),
        flags=tuple(sorted(flags)),
    )


def _ended_by_queue_log(stays: list[Stay]) -> bool:
    """Whether queue_log says that somebody hung up in the last stay: then the call is over, whoever else watched."""
    said = stays[-1].completes + stays[-1].leaves if stays else []
    definite = {CompleteReason.CUSTOMER, CompleteReason.OPERATOR, LeaveReason.ABANDONED}
    return any(event.source is Source.QUEUE_LOG and event.reason in definite for event in said)


def _start_of(events: list[PhoneEvent]) -> datetime:
    """The first instant as the finest source has it: whole seconds would put the start before itself."""
    finest = min(event.source.resolution_ms for event in events)
    return min(event.at for event in events if event.source.resolution_ms == finest)


def dialled_number(dials: list[PhoneEvent]) -> str:
    """Return +442079460902 of a dial string such as PJSIP/+442079460902@trunk."""
    if not dials:
        return ""
    return dials[0].target.rpartition("/")[2].partition("@")[0]
