"""Telephones that rang for a stay in a queue, and for how long the one that answered did."""

from datetime import datetime, timedelta

from channels_app.phone.calls import Ring, span_ms
from channels_app.phone.context import Context
from channels_app.phone.events import PhoneEvent, Source
from channels_app.phone.stays import Stay


def ring_of_answer(*, stay: Stay) -> int | None:
    connect = stay.connect
    if connect is None:
        return None
    started = [
        ring.at for ring in stay.ring_starts if ring.peer_id == connect.peer_id and ring.source is connect.source
    ]
    if started:
        return span_ms(max(started), connect.at)
    return connect.ring_ms


def rings_of(*, stay: Stay, context: Context) -> tuple[Ring, ...]:
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
                started_at=_began(missed_ring),
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
                started_at=_began(connect),
                ended_at=connect.at,
                ring_ms=connect.ring_ms,
                answered=True,
            )
        )
    return tuple(sorted(rings, key=lambda ring: (ring.ended_at or ring.started_at, ring.operator_name)))


def _began(event: PhoneEvent) -> datetime | None:
    """When the telephone began to ring, where only the end and the length are stated."""
    return None if event.ring_ms is None else event.at - timedelta(milliseconds=event.ring_ms)
