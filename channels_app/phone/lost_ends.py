"""Calls whose end no source tells: the closing rule's word counts only while nothing later is known of them. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from channels_app.phone.events import EventKind, PhoneEvent
from channels_app.phone.legs import Legs


def implied_by_lost_ends(events: Iterable[PhoneEvent]) -> list[PhoneEvent]:
    """Return a hang-up, at the instant the closing rule gives, for every leg of a closed call that still has none.

    Anything later that a source tells of the call makes this empty, for all its legs. In content order and distinct.
    """
    ordered = list(events)
    closed = {event.channel_id: event for event in ordered if event.kind is EventKind.END_LOST}
    if not closed:
        return []
    legs = Legs(ordered)
    last: dict[str, datetime] = {}
    for event in ordered:
        leg = legs.by_id.get(event.channel_id or event.peer_id)
        if leg is not None and event.kind is not EventKind.END_LOST:
            last[leg.group] = event.at
    implied: list[PhoneEvent] = []
    for root_id, lost in sorted(closed.items()):
        root = legs.by_id[root_id]
        if root.hung_up_at is not None or last.get(root.group, lost.at) > lost.at:
            continue
        implied.extend(
            replace(lost, kind=EventKind.HUNG_UP, channel_id=leg.id, reason="lost")
            for leg in legs.by_group[root.group]
            if leg.hung_up_at is None
        )
    return implied
