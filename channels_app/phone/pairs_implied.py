"""What records of single legs imply: a leg made for another was dialled by it and, once up, spoke with it. Pure.

FreeSWITCH, Twilio and plain tables report each leg by itself and name the leg it was made for (`peer_id`). Who dialled
whom, and who heard whom from when to when, follows from both legs together, in whatever order they were told.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from channels_app.phone.events import EventKind, PhoneEvent, Source

_BY_LEG = frozenset({Source.FREESWITCH, Source.TWILIO, Source.CSV})


def implied_by_pairs(events: Iterable[PhoneEvent]) -> list[PhoneEvent]:
    """Return the dials and conversations that the legs among these imply; in content order and distinct."""
    told = [event for event in events if event.source in _BY_LEG]
    about: dict[str, list[PhoneEvent]] = defaultdict(list)
    made_for: dict[str, str] = {}
    for event in told:
        about[event.channel_id].append(event)
        if event.peer_id:
            made_for.setdefault(event.channel_id, event.peer_id)
    joined = {event.channel_id for event in told if event.kind is EventKind.BRIDGE_ENTERED}
    implied: list[PhoneEvent] = []
    for leg_id, caller_id in sorted(made_for.items()):
        own, caller = about[leg_id], about[caller_id]
        up = _first(own, EventKind.CHANNEL_UP) or _first(own, EventKind.ANSWER_CLAIMED)
        over = _first(own, EventKind.HUNG_UP)
        began = _first(own, EventKind.RINGING) or _first(own, EventKind.CHANNEL_CREATED)
        began = began or _first(caller, EventKind.CHANNEL_CREATED)
        if began is None:
            continue
        dial = _dial(began, leg_id=leg_id, caller_id=caller_id, own=own)
        implied.append(dial)
        if up is not None:
            answered_at = max(up.at, dial.at)
            implied.append(replace(dial, kind=EventKind.DIAL_ENDED, at=answered_at, reason="ANSWER"))
            if leg_id not in joined:
                implied.extend(_spoke(dial, start=answered_at, ends=[over, _first(caller, EventKind.HUNG_UP)]))
        elif over is not None:
            implied.append(replace(dial, kind=EventKind.DIAL_ENDED, at=max(over.at, dial.at), reason=over.reason))
    return implied


def _first(events: list[PhoneEvent], kind: EventKind) -> PhoneEvent | None:
    return next((event for event in events if event.kind is kind), None)


def _dial(began: PhoneEvent, *, leg_id: str, caller_id: str, own: list[PhoneEvent]) -> PhoneEvent:
    return PhoneEvent(
        kind=EventKind.DIAL_STARTED,
        source=began.source,
        at=began.at,
        channel_id=caller_id,
        linked_id=began.linked_id,
        peer_id=leg_id,
        peer_channel=next((event.channel for event in own if event.channel), ""),
        number=next((event.number for event in own if event.number), ""),
        target=next((event.extension for event in own if event.extension), ""),
    )


def _spoke(dial: PhoneEvent, *, start: datetime, ends: list[PhoneEvent | None]) -> list[PhoneEvent]:
    known = [event.at for event in ends if event is not None]
    result = []
    for leg_id in (dial.channel_id, dial.peer_id):
        entered = PhoneEvent(
            kind=EventKind.BRIDGE_ENTERED,
            source=dial.source,
            at=start,
            channel_id=leg_id,
            linked_id=dial.linked_id,
            bridge=f"{dial.channel_id} {dial.peer_id}",
        )
        result.append(entered)
        if known:
            result.append(replace(entered, kind=EventKind.BRIDGE_LEFT, at=max(start, min(known))))
    return result
