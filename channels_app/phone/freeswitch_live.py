"""Live events of FreeSWITCH's event socket to phone events (the end of a leg is a leg record).

Two are of our own making, in the same form: that a bridge has connected, and a channel that the system listed then.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from channels_app.phone.events import (
    MAX_ID_LENGTH,
    CompleteReason,
    EventKind,
    LeaveReason,
    PhoneEvent,
    Source,
)
from channels_app.phone.freeswitch_legs import CANCELS, Unreadable

Headers = Mapping[str, str]
BRIDGE_CONNECTED: Final = "X-BRIDGE-CONNECTED"
BRIDGE_SAW: Final = "X-BRIDGE-SAW"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def live_event(headers: Headers, *, at: datetime) -> tuple[PhoneEvent, ...]:
    """Return the phone events of one live event whose name is in LIVE. Raises Unreadable."""
    return LIVE[headers["Event-Name"]](headers, at)


def _id(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    if not value or len(value) > MAX_ID_LENGTH:
        raise Unreadable(f"{name}: {value[:40]!r} is no id")
    return value


def _base(headers: Headers, at: datetime, kind: EventKind) -> PhoneEvent:
    leg_id = _id(headers, "Unique-ID")
    linked = headers.get("Channel-Call-UUID") or leg_id
    caller = linked if headers.get("Call-Direction") == "outbound" and linked != leg_id else ""
    return PhoneEvent(
        kind=kind,
        source=Source.FREESWITCH,
        at=at,
        channel_id=leg_id,
        linked_id=linked[:MAX_ID_LENGTH],
        channel=headers.get("Channel-Name", ""),
        peer_id=caller[:MAX_ID_LENGTH],
    )


def _plain(kind: EventKind) -> Callable[[Headers, datetime], tuple[PhoneEvent, ...]]:
    return lambda headers, at: (_base(headers, at, kind),)


def _created(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    made = replace(
        _base(headers, at, EventKind.CHANNEL_CREATED),
        number=headers.get("Caller-Caller-ID-Number", ""),
        name=headers.get("Caller-Caller-ID-Name", ""),
        extension=headers.get("Caller-Destination-Number", ""),
        account=headers.get("variable_accountcode", ""),
    )
    return (made,)


def _bridge(kind: EventKind) -> Callable[[Headers, datetime], tuple[PhoneEvent, ...]]:
    def translate(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
        here = replace(_base(headers, at, kind), peer_id="")
        other = headers.get("Other-Leg-Unique-ID") or headers.get("Bridge-B-Unique-ID") or ""
        if not other or len(other) > MAX_ID_LENGTH:
            raise Unreadable("no Other-Leg-Unique-ID")
        bridge = " ".join(sorted({here.channel_id, other}))[:200]
        there = replace(here, channel_id=other, channel=headers.get("Other-Leg-Channel-Name", ""))
        return (replace(here, bridge=bridge), replace(there, bridge=bridge))

    return translate


def _call_centre(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    """CUSTOM callcenter::info of mod_callcenter."""
    if headers.get("Event-Subclass") != "callcenter::info":
        return ()
    action = headers.get("CC-Action", "")
    if action not in {
        "member-queue-start",
        "agent-offering",
        "bridge-agent-start",
        "bridge-agent-end",
        "member-queue-end",
    }:
        return ()
    member = _id(headers, "CC-Member-Session-UUID")
    base = PhoneEvent(
        kind=EventKind.QUEUE_ENTERED,
        source=Source.FREESWITCH,
        at=at,
        channel_id=member,
        linked_id=member,
        queue=headers.get("CC-Queue", "").partition("@")[0],
    )
    if action == "member-queue-start":
        number, name = headers.get("CC-Member-CID-Number", ""), headers.get("CC-Member-CID-Name", "")
        return (replace(base, number=number, name=name),)
    if action == "member-queue-end":
        cancelled = headers.get("CC-Cause") == "Cancel"
        reason = CANCELS.get(headers.get("CC-Cancel-Reason", ""), LeaveReason.UNSTATED)
        return (replace(base, kind=EventKind.QUEUE_LEFT, reason=reason),) if cancelled else ()
    # an offer precedes the operator's leg; the leg's own events tell of its ringing
    if action == "agent-offering":
        return ()
    operator = replace(
        base,
        operator_name=headers.get("CC-Agent", "").partition("@")[0],
        peer_id=headers.get("CC-Agent-UUID", "")[:MAX_ID_LENGTH],
    )
    if action == "bridge-agent-start":
        return (replace(operator, kind=EventKind.OPERATOR_CONNECTED),)
    return (replace(operator, kind=EventKind.OPERATOR_COMPLETED, reason=CompleteReason.UNSTATED),)


def _system(kind: EventKind) -> Callable[[Headers, datetime], tuple[PhoneEvent, ...]]:
    return lambda _, at: (PhoneEvent(kind=kind, source=Source.FREESWITCH, at=at),)


def _seen(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    return (
        replace(
            _base(headers, at, EventKind.CHANNEL_SEEN),
            number=headers.get("Caller-Caller-ID-Number", ""),
            name=headers.get("Caller-Caller-ID-Name", ""),
            extension=headers.get("Caller-Destination-Number", ""),
        ),
    )


def connected_bytes(*, at: datetime) -> bytes:
    """Return the entry which says that a bridge began to listen: what was before, it has not heard."""
    return _event_bytes({"Event-Name": BRIDGE_CONNECTED}, at=at)


def seen_bytes(row: Mapping[str, str], *, at: datetime) -> bytes:
    """Return the entry of a channel as `show channels` lists it."""
    headers = {
        "Event-Name": BRIDGE_SAW,
        "Unique-ID": row.get("uuid", ""),
        "Channel-Call-UUID": row.get("call_uuid", ""),
        "Channel-Name": row.get("name", ""),
        "Call-Direction": row.get("direction", ""),
        "Caller-Caller-ID-Number": row.get("cid_num", ""),
        "Caller-Caller-ID-Name": row.get("cid_name", ""),
        "Caller-Destination-Number": row.get("dest", ""),
    }
    return _event_bytes(headers, at=at)


def _event_bytes(headers: Mapping[str, str], *, at: datetime) -> bytes:
    stamp = (at - _EPOCH) // timedelta(microseconds=1)
    return json.dumps({**headers, "Event-Date-Timestamp": str(stamp)}, ensure_ascii=False, sort_keys=True).encode()


LIVE: Mapping[str, Callable[[Headers, datetime], tuple[PhoneEvent, ...]]] = {
    "CHANNEL_CREATE": _created,
    "CHANNEL_PROGRESS": _plain(EventKind.RINGING),
    "CHANNEL_PROGRESS_MEDIA": _plain(EventKind.RINGING),
    "CHANNEL_ANSWER": _plain(EventKind.CHANNEL_UP),
    "CHANNEL_BRIDGE": _bridge(EventKind.BRIDGE_ENTERED),
    "CHANNEL_UNBRIDGE": _bridge(EventKind.BRIDGE_LEFT),
    "CHANNEL_HOLD": _plain(EventKind.HELD),
    "CHANNEL_UNHOLD": _plain(EventKind.UNHELD),
    "CHANNEL_HANGUP_COMPLETE": _plain(EventKind.HUNG_UP),
    "CUSTOM": _call_centre,
    "STARTUP": _system(EventKind.SYSTEM_STARTED),
    "SHUTDOWN": _system(EventKind.SYSTEM_STOPPED),
    BRIDGE_CONNECTED: _system(EventKind.CONNECTED),
    BRIDGE_SAW: _seen,
}
