"""AMI events to phone events: one function per event of Asterisk 22, by name."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from channels_app.phone.events import (
    CompleteReason,
    EventKind,
    LeaveReason,
    Phone,
    PhoneEvent,
    Source,
    unescaped,
)

Headers = Mapping[str, str]
Translator = Callable[[Headers, datetime], tuple[PhoneEvent, ...]]

_COMPLETE_REASONS = {
    "caller": CompleteReason.CUSTOMER,
    "agent": CompleteReason.OPERATOR,
    "transfer": CompleteReason.TRANSFER,
}


class Unreadable(ValueError):
    """A frame that is no AMI event or answer; the message says why."""


def _need(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    if not value or value == "<unknown>":
        raise Unreadable(f"{headers['Event']} without {name}")
    return value


def _known(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    return "" if value == "<unknown>" else value


def _spoken_name(headers: Headers, name: str) -> str:
    """Names arrive with backslashes, once or twice over: Moira O\\'Neill, A|B, \\\\\\"C\\\\\\"."""
    return unescaped(_known(headers, name))


def _ms(headers: Headers, name: str, *, unit_ms: int) -> int | None:
    text = headers.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise Unreadable(f"header {name}: {text[:40]!r} is not a whole number")
    return int(text) * unit_ms


def _about_channel(kind: EventKind, headers: Headers, at: datetime) -> PhoneEvent:
    return PhoneEvent(
        kind=kind,
        source=Source.AMI,
        at=at,
        channel_id=_need(headers, "Uniqueid"),
        linked_id=_known(headers, "Linkedid"),
        channel=_known(headers, "Channel"),
        number=_known(headers, "CallerIDNum"),
        name=_spoken_name(headers, "CallerIDName"),
        extension=_known(headers, "Exten"),
        account=_known(headers, "AccountCode"),
    )


def _with_peer(event: PhoneEvent, headers: Headers) -> PhoneEvent:
    return replace(event, peer_id=_known(headers, "DestUniqueid"), peer_channel=_known(headers, "DestChannel"))


def _with_operator(event: PhoneEvent, headers: Headers) -> PhoneEvent:
    return replace(
        _with_peer(event, headers),
        queue=_need(headers, "Queue"),
        operator_name=_spoken_name(headers, "MemberName"),
        interface=_known(headers, "Interface"),
    )


def _plain(kind: EventKind, *, reason_header: str = "") -> Translator:
    def translate(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
        return (replace(_about_channel(kind, headers, at), reason=_known(headers, reason_header)),)

    return translate


def _system(kind: EventKind) -> Translator:
    return lambda headers, at: (PhoneEvent(kind=kind, source=Source.AMI, at=at),)


def _bridge(kind: EventKind) -> Translator:
    return lambda headers, at: (replace(_about_channel(kind, headers, at), bridge=_need(headers, "BridgeUniqueid")),)


def _new_state(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    return (_about_channel(EventKind.CHANNEL_UP, headers, at),) if headers.get("ChannelStateDesc") == "Up" else ()


def _new_extension(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    if headers.get("Application") != "Queue":
        return ()
    queue = headers.get("AppData", "").split(",")[0]
    return (replace(_about_channel(EventKind.QUEUE_APPLICATION, headers, at), queue=queue),)


def _variable(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    if headers.get("Variable") != "QUEUESTATUS" or not headers.get("Value"):
        return ()
    return (replace(_about_channel(EventKind.QUEUE_STATUS, headers, at), reason=headers["Value"]),)


def _local_pair(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    first = PhoneEvent(
        kind=EventKind.LOCAL_PAIR,
        source=Source.AMI,
        at=at,
        channel_id=_need(headers, "LocalOneUniqueid"),
        linked_id=_known(headers, "LocalOneLinkedid"),
        channel=_known(headers, "LocalOneChannel"),
        peer_id=_need(headers, "LocalTwoUniqueid"),
        peer_channel=_known(headers, "LocalTwoChannel"),
    )
    return (first,)


def _queue_entered(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    return (replace(_about_channel(EventKind.QUEUE_ENTERED, headers, at), queue=_need(headers, "Queue")),)


def _queue_abandoned(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    # said of time-outs and emptied queues too, so the reason has to come from elsewhere
    left = replace(_about_channel(EventKind.QUEUE_LEFT, headers, at), queue=_need(headers, "Queue"))
    return (replace(left, reason=LeaveReason.UNSTATED, wait_ms=_ms(headers, "HoldTime", unit_ms=1000)),)


def _ring_started(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    return (_with_operator(_about_channel(EventKind.RING_STARTED, headers, at), headers),)


def _ring_missed(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    missed = _with_operator(_about_channel(EventKind.RING_MISSED, headers, at), headers)
    return (replace(missed, ring_ms=_ms(headers, "RingTime", unit_ms=1)),)


def _operator_connected(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    connected = _with_operator(_about_channel(EventKind.OPERATOR_CONNECTED, headers, at), headers)
    wait, ring = _ms(headers, "HoldTime", unit_ms=1000), _ms(headers, "RingTime", unit_ms=1000)
    return (replace(connected, wait_ms=wait, ring_ms=ring),)


def _operator_completed(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    completed = _with_operator(_about_channel(EventKind.OPERATOR_COMPLETED, headers, at), headers)
    reason = _COMPLETE_REASONS.get(headers.get("Reason", ""), CompleteReason.UNSTATED)
    wait, talk = _ms(headers, "HoldTime", unit_ms=1000), _ms(headers, "TalkTime", unit_ms=1000)
    return (replace(completed, reason=reason, wait_ms=wait, talk_ms=talk),)


def _dial(kind: EventKind) -> Translator:
    def translate(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
        # an originated call rings the operator's phone with no calling channel
        caller = _known(headers, "Uniqueid")
        peer = _need(headers, "DestUniqueid")
        dialled = PhoneEvent(
            kind=kind,
            source=Source.AMI,
            at=at,
            channel_id=caller,
            linked_id=_known(headers, "Linkedid") or _known(headers, "DestLinkedid"),
            channel=_known(headers, "Channel"),
            peer_id=peer,
            peer_channel=_known(headers, "DestChannel"),
            number=_known(headers, "CallerIDNum"),
            target=_known(headers, "DialString"),
            reason=_known(headers, "DialStatus"),
        )
        return (dialled,)

    return translate


def _blind_transfer(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    if headers.get("Result") not in {None, "Success"}:
        return ()
    moved = PhoneEvent(
        kind=EventKind.BLIND_TRANSFERRED,
        source=Source.AMI,
        at=at,
        channel_id=_need(headers, "TransfereeUniqueid"),
        linked_id=_known(headers, "TransfereeLinkedid"),
        channel=_known(headers, "TransfereeChannel"),
        peer_id=_need(headers, "TransfererUniqueid"),
        peer_channel=_known(headers, "TransfererChannel"),
        target=_known(headers, "Extension"),
    )
    return (moved,)


def _attended_transfer(headers: Headers, at: datetime) -> tuple[PhoneEvent, ...]:
    if headers.get("Result") not in {None, "Success"}:
        return ()
    names = ("SecondTransfererUniqueid", "LocalOneUniqueid", "LocalTwoUniqueid", "TransferTargetUniqueid")
    moved = PhoneEvent(
        kind=EventKind.ATTENDED_TRANSFERRED,
        source=Source.AMI,
        at=at,
        channel_id=_need(headers, "TransfereeUniqueid"),
        linked_id=_known(headers, "TransfereeLinkedid"),
        channel=_known(headers, "TransfereeChannel"),
        peer_id=_need(headers, "OrigTransfererUniqueid"),
        peer_channel=_known(headers, "OrigTransfererChannel"),
        others=tuple(_known(headers, name) for name in names if _known(headers, name)),
    )
    return (moved,)


TRANSLATORS: Mapping[str, Translator] = {
    "FullyBooted": _system(EventKind.CONNECTED),
    "Shutdown": _system(EventKind.SYSTEM_STOPPED),
    "Newchannel": _plain(EventKind.CHANNEL_CREATED, reason_header="ChannelStateDesc"),
    "CoreShowChannel": _plain(EventKind.CHANNEL_SEEN),
    "NewAccountCode": _plain(EventKind.CHANNEL_SEEN),
    "Newstate": _new_state,
    "Newexten": _new_extension,
    "VarSet": _variable,
    "LocalBridge": _local_pair,
    "QueueCallerJoin": _queue_entered,
    "QueueCallerAbandon": _queue_abandoned,
    "AgentCalled": _ring_started,
    "AgentRingNoAnswer": _ring_missed,
    "AgentConnect": _operator_connected,
    "AgentComplete": _operator_completed,
    "DialBegin": _dial(EventKind.DIAL_STARTED),
    "DialEnd": _dial(EventKind.DIAL_ENDED),
    "BridgeEnter": _bridge(EventKind.BRIDGE_ENTERED),
    "BridgeLeave": _bridge(EventKind.BRIDGE_LEFT),
    "Hold": _plain(EventKind.HELD),
    "Unhold": _plain(EventKind.UNHELD),
    "HangupRequest": _plain(EventKind.HANGUP_ASKED, reason_header="Cause"),
    "SoftHangupRequest": _plain(EventKind.SYSTEM_HANGUP, reason_header="Cause"),
    "Hangup": _plain(EventKind.HUNG_UP, reason_header="Cause"),
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
}
# answers to list commands never carry a Timestamp: without an arrival clock they are merely not used
TIMELESS = frozenset({"FullyBooted", "CoreShowChannel", "VarSet", "Newexten"})


def phones_named(*, headers: Headers) -> tuple[Phone, ...]:
    """Queue members name the operators' telephones; Local/ members stand before the telephone itself."""
    event = headers.get("Event", "")
    if event == "QueueMember":
        name, interfaces = _spoken_name(headers, "Name"), ("StateInterface", "Location")
    elif event.startswith("QueueMember") or event == "AgentCalled":
        name, interfaces = _spoken_name(headers, "MemberName"), ("StateInterface", "Interface")
    else:
        return ()
    found = {headers.get(interface, "") for interface in interfaces} - {""}
    return tuple(
        Phone(interface=interface, operator_name=name)
        for interface in sorted(found)
        if not interface.startswith("Local/")
    )
