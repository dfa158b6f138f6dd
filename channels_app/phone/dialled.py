"""Segments that no queue made: numbers and colleagues dialled, and whoever else the customer was joined with."""

from dataclasses import replace
from datetime import datetime, timedelta

from channels_app.phone.calls import Flag, Outcome, Ring, Segment, SegmentKind, span_ms
from channels_app.phone.context import Context, holds_of
from channels_app.phone.events import PhoneEvent
from channels_app.phone.legs import Contact, Leg
from channels_app.phone.stays import Stay

_NEAR = timedelta(seconds=1)
_DIAL_OUTCOMES = {
    "ANSWER": Outcome.ANSWERED,
    "BUSY": Outcome.BUSY,
    "CANCEL": Outcome.CANCELED,
    "NOANSWER": Outcome.UNANSWERED,
}


def dialled_segments(*, root: Leg, stays: list[Stay], context: Context) -> list[tuple[str, Segment]]:
    """Return a segment for each telephone the root itself dialled (not its queues), with the dialled leg's id."""
    parts: list[tuple[str, Segment]] = []
    legs = context.legs
    rung_by_queues = {ring.peer_id for stay in stays for ring in stay.ring_starts}
    dials = sorted(legs.dials_by.get(root.id, []), key=lambda event: (event.source.resolution_ms, event.order))
    for dial in dials:
        if dial.peer_id in rung_by_queues:
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
    holds, hold_ms = holds_of(side=[root], answered_at=answered_at, ended_at=ended_at, context=context, flags=flags)
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


def unanswered_segments(*, root: Leg, context: Context) -> list[Segment]:
    """Return one segment for the telephones that rang for a caller in no queue and that nobody answered."""
    rung = dialled_segments(root=root, stays=[], context=context)
    if not rung or any(part.answered_at is not None for _, part in rung):
        return []
    telephones = [context.legs.by_id[peer] for peer, _ in rung]
    last = rung[-1][1]
    ended = [part.ended_at for _, part in rung if part.ended_at is not None]
    gave_up = any(asked <= part.ended_at + _NEAR for asked in root.asked for _, part in rung if part.ended_at)
    outcome = Outcome.ABANDONED if gave_up else last.outcome
    name = context.name_of(telephones[-1]) if context.is_operators(telephones[-1]) else ""
    rings = tuple(
        replace(ring, operator_name=context.name_of(leg) if context.is_operators(leg) else "")
        for (_, part), leg in zip(rung, telephones, strict=True)
        for ring in part.rings
    )
    segment = replace(
        last,
        kind=SegmentKind.DIRECT,
        operator_name=name,
        interface=telephones[-1].interface,
        ended_at=max(ended) if len(ended) == len(rung) else None,
        rings=rings,
        outcome=outcome if len(ended) == len(rung) else None,
    )
    return [segment]


def direct_segments(*, customer: Leg, covered: list[tuple[str, Segment]], context: Context) -> list[Segment]:
    """Return a segment for each contact of the customer that no other segment accounts for (after a transfer)."""
    parts = []
    for contact in context.legs.contacts_of(customer):
        if any(leg_id == contact.leg.id and _touches(part, contact.start) for leg_id, part in covered):
            continue
        flags: set[Flag] = set()
        operator = context.is_operators(contact.leg)
        holds, hold_ms = holds_of(
            side=[contact.leg], answered_at=contact.start, ended_at=contact.end, context=context, flags=flags
        )
        rung = [dial for dial in context.legs.dials_by.get(customer.id, []) if dial.peer_id == contact.leg.id]
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
                rings=_rings_before(rung[0], contact, context=context) if rung and operator else (),
                outcome=Outcome.ANSWERED if contact.end is not None else None,
                flags=tuple(sorted(flags)),
            )
        )
    return parts


def _rings_before(dial: PhoneEvent, contact: Contact, *, context: Context) -> tuple[Ring, ...]:
    answered = Ring(
        operator_name=context.name_of(contact.leg),
        interface=contact.leg.interface,
        started_at=dial.at,
        ended_at=contact.start,
        ring_ms=span_ms(dial.at, contact.start),
        answered=True,
    )
    return (answered,)


def _touches(part: Segment, start: datetime) -> bool:
    if part.answered_at is None:
        return False
    return part.answered_at - _NEAR <= start and (part.ended_at is None or start <= part.ended_at + _NEAR)
