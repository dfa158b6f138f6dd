"""Asterisk Manager Interface: the bytes of one connection become frames, frames become phone events.

After Asterisk 22 (AMI 11). Frames without `Timestamp` (timestampevents off, list events, answers) take the instant at
which their bytes arrived, where an arrival clock is given. What tells nothing of calls (most VarSet) is passed over.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from channels_app.phone.events import (
    MAX_ID_LENGTH,
    CompleteReason,
    EventKind,
    LeaveReason,
    Phone,
    PhoneEvent,
    RawEntry,
    Source,
    instant_of_epoch,
    readable_text,
)

MAX_FRAME_BYTES = 65536

Headers = Mapping[str, str]

_END_OF_FRAME = re.compile(rb"\r?\n\r?\n")
_COMPLETE_REASONS = {
    "caller": CompleteReason.CUSTOMER,
    "agent": CompleteReason.OPERATOR,
    "transfer": CompleteReason.TRANSFER,
}


class Unreadable(ValueError):
    """A frame that is no AMI event or answer; the message says why."""


@dataclass(frozen=True, slots=True)
class ArrivalClock:
    """When the bytes of a recorded connection arrived: from each offset on, the instant beside it."""

    offsets: tuple[int, ...]
    instants: tuple[datetime, ...]

    @classmethod
    def from_csv(cls, data: bytes) -> "ArrivalClock":
        """Read `byte_offset,received_epoch` lines (heading first, offsets ascending); ValueError names a bad line."""
        offsets: list[int] = []
        instants: list[datetime] = []
        for number, line in enumerate(data.decode("ascii", errors="replace").splitlines()[1:], start=2):
            offset, separator, epoch = line.strip().partition(",")
            if not line.strip():
                continue
            if not separator or not (offset.isascii() and offset.isdigit()):
                raise ValueError(f"line {number}: not byte_offset,received_epoch: {line[:60]!r}")
            if offsets and int(offset) < offsets[-1]:
                raise ValueError(f"line {number}: byte offsets must ascend")
            try:
                instants.append(instant_of_epoch(epoch))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
            offsets.append(int(offset))
        return cls(offsets=tuple(offsets), instants=tuple(instants))

    def at(self, offset: int) -> datetime | None:
        """Return when the byte at this offset arrived; None before the first known one."""
        position = bisect_right(self.offsets, offset) - 1
        return self.instants[position] if position >= 0 else None


def read_ami(data: bytes, *, arrival: ArrivalClock | None = None) -> Iterator[RawEntry]:
    """Return one entry per frame, in file order; nothing is dropped and nothing raises.

    A frame that cannot be understood, or that needs an instant and has none, carries the reason in `rejected`.
    """
    start, line = 0, 1
    while start < len(data):
        end = _END_OF_FRAME.search(data, start)
        raw = data[start : end.start() if end else len(data)]
        next_start = end.end() if end else len(data)
        if raw.strip():
            arrived = arrival.at(next_start - 1) if arrival else None
            yield _entry(line=line, raw=raw.strip(b"\r\n"), arrived=arrived, complete=end is not None)
        line += data.count(b"\n", start, next_start)
        start = next_start


def _entry(*, line: int, raw: bytes, arrived: datetime | None, complete: bool) -> RawEntry:
    at = arrived
    try:
        if len(raw) > MAX_FRAME_BYTES:
            raise Unreadable(f"frame of {len(raw)} bytes, at most {MAX_FRAME_BYTES} are read")
        headers = _headers(raw)
        if not complete and headers:
            raise Unreadable("frame cut off: the file ends before the empty line that closes it")
        if "Timestamp" in headers:
            try:
                at = instant_of_epoch(headers["Timestamp"])
            except ValueError as error:
                raise Unreadable(f"header Timestamp: {error}") from None
        translate = _TRANSLATORS.get(headers.get("Event", ""))
        events: tuple[PhoneEvent, ...] = ()
        if translate is not None and at is not None:
            events = translate(headers, at)
        elif translate is not None and headers["Event"] not in _TIMELESS:
            raise Unreadable(f"{headers['Event']} without Timestamp and without an arrival clock")
        return RawEntry(line=line, raw=raw, at=at, events=events, phones=_phones(headers))
    except Unreadable as error:
        return RawEntry(line=line, raw=raw, at=None, rejected=str(error))


def _headers(raw: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for number, line in enumerate(readable_text(raw).replace("\r", "").split("\n")):
        if number == 0 and line.startswith("Asterisk Call Manager/"):
            continue
        name, separator, value = line.partition(":")
        if not separator or not name or not re.fullmatch(r"[A-Za-z0-9_()-]+", name):
            raise Unreadable(f"line {number + 1} of the frame is no `Name: value` header: {line[:60]!r}")
        if name.lower().endswith(("uniqueid", "linkedid")) and len(value) > MAX_ID_LENGTH:
            raise Unreadable(f"header {name}: {len(value)} characters, at most {MAX_ID_LENGTH}")
        headers.setdefault(name, value.strip())
    if headers and not headers.keys() & {"Event", "Response"}:
        raise Unreadable("frame with neither Event nor Response")
    return headers


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
    value = _known(headers, name)
    for _ in range(2):
        value = re.sub(r"\\(.)", r"\1", value)
    return value


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


Translator = Callable[[Headers, datetime], tuple[PhoneEvent, ...]]


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


_TRANSLATORS: Mapping[str, Translator] = {
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
_TIMELESS = frozenset({"FullyBooted", "CoreShowChannel", "VarSet", "Newexten"})


def _phones(headers: Headers) -> tuple[Phone, ...]:
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
