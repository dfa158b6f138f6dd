"""Asterisk queue_log: `epoch|callid|queue|agent|event|parameters`, one entry a line.

Formats after Asterisk 22 app_queue; what the older ones wrote (TRANSFER, AGENTCALLBACKLOGIN) is understood or ignored.
Whole seconds only, no holds, no outbound calls; RINGNOANSWER and RINGCANCELED count in milliseconds, CONNECT's ring
and all waits and talks in seconds.
"""

from collections.abc import Iterator
from dataclasses import replace
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

MAX_LINE_BYTES = 8192

_NOT_ABOUT_CALLS = frozenset(
    {
        "ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL", "PENALTY", "RINGINUSE",
        "CONFIGRELOAD", "AGENTLOGIN", "AGENTLOGOFF", "AGENTCALLBACKLOGIN", "AGENTCALLBACKLOGOFF", "SYSCOMPAT",
        "DID", "INFO",
    }
)  # fmt: skip
_LEAVES = {
    "ABANDON": LeaveReason.ABANDONED,
    "EXITWITHTIMEOUT": LeaveReason.TIMED_OUT,
    "EXITEMPTY": LeaveReason.EMPTIED,
    "EXITWITHKEY": LeaveReason.PRESSED_KEY,
}
_COMPLETES = {"COMPLETECALLER": CompleteReason.CUSTOMER, "COMPLETEAGENT": CompleteReason.OPERATOR}


class Unreadable(ValueError):
    """A line that is no queue_log entry; the message says why."""


def read_queue_log(data: bytes) -> Iterator[RawEntry]:
    """Return one entry per non-empty line, in file order; nothing is dropped and nothing raises.

    A line that cannot be understood carries the reason in `rejected`.
    """
    for number, raw in enumerate(data.split(b"\n"), start=1):
        line = raw.rstrip(b"\r")
        if line.strip():
            yield _entry(number=number, raw=line)


def _entry(*, number: int, raw: bytes) -> RawEntry:
    try:
        if len(raw) > MAX_LINE_BYTES:
            raise Unreadable(f"line of {len(raw)} bytes, at most {MAX_LINE_BYTES} are read")
        fields = readable_text(raw).split("|")
        if len(fields) < 5:
            raise Unreadable(f"{len(fields)} fields, a queue_log entry has at least 5 (epoch|callid|queue|agent|event)")
        try:
            at = instant_of_epoch(fields[0].strip())
        except ValueError as error:
            raise Unreadable(f"field 1 (time): {error}") from None
        return RawEntry(line=number, raw=raw, at=at, events=_events(at=at, fields=fields), phones=_phones(fields))
    except Unreadable as error:
        return RawEntry(line=number, raw=raw, at=None, rejected=str(error))


def _phones(fields: list[str]) -> tuple[Phone, ...]:
    """ADDMEMBER and REMOVEMEMBER carry the interface where the others carry the member's name."""
    agent = fields[3]
    if fields[4] in {"ADDMEMBER", "REMOVEMEMBER"} and "/" in agent:
        return (Phone(interface=agent, operator_name=""),)
    return ()


def _events(*, at: datetime, fields: list[str]) -> tuple[PhoneEvent, ...]:
    _, call_id, queue, agent, name, *parameters = fields
    if name in {"QUEUESTART", "RELOAD"}:
        started = PhoneEvent(kind=EventKind.SYSTEM_STARTED, source=Source.QUEUE_LOG, at=at)
        return (started,) if name == "QUEUESTART" else ()
    if name in _NOT_ABOUT_CALLS:
        return ()
    if not call_id or call_id == "NONE":
        raise Unreadable(f"field 2 (callid): {name} without a call id")
    if len(call_id) > MAX_ID_LENGTH:
        raise Unreadable(f"field 2 (callid): {len(call_id)} characters, at most {MAX_ID_LENGTH}")
    if not queue or queue == "NONE":
        raise Unreadable(f"field 3 (queue): {name} without a queue")
    operator = "" if agent == "NONE" else agent

    base = PhoneEvent(
        kind=EventKind.QUEUE_ENTERED,
        source=Source.QUEUE_LOG,
        at=at,
        channel_id=call_id,
        linked_id=call_id,
        queue=queue,
        operator_name=operator,
    )
    if name == "ENTERQUEUE":
        _require(name, parameters, 2)
        # with log-caller-id-name the name follows; the PBX has already replaced its separators
        caller_name = parameters[3] if len(parameters) > 3 else ""
        return (replace(base, number=parameters[1], name=caller_name),)
    if name == "CONNECT":
        _require(name, parameters, 1)
        ring = _seconds(name, parameters, 2) if len(parameters) > 2 else None
        peer = parameters[1] if len(parameters) > 1 else ""
        wait = _seconds(name, parameters, 0)
        return (replace(base, kind=EventKind.OPERATOR_CONNECTED, peer_id=peer, wait_ms=wait, ring_ms=ring),)
    if name in {"RINGNOANSWER", "RINGCANCELED"}:
        _require(name, parameters, 1)
        return (replace(base, kind=EventKind.RING_MISSED, ring_ms=_number(name, parameters, 0), reason=name),)
    if name in _LEAVES:
        # before Asterisk 11 the exits stated no waiting time
        wait_at = 3 if name == "EXITWITHKEY" else 2
        waited = _seconds(name, parameters, wait_at) if len(parameters) > wait_at else None
        return (replace(base, kind=EventKind.QUEUE_LEFT, reason=_LEAVES[name], wait_ms=waited),)
    if name in _COMPLETES:
        _require(name, parameters, 2)
        return (_completed(base, name=name, reason=_COMPLETES[name], parameters=parameters, wait_index=0),)
    if name in {"BLINDTRANSFER", "TRANSFER"}:
        _require(name, parameters, 4)
        done = _completed(base, name=name, reason=CompleteReason.TRANSFER, parameters=parameters, wait_index=2)
        return (done, replace(base, kind=EventKind.BLIND_TRANSFERRED, target=parameters[0]))
    if name == "ATTENDEDTRANSFER":
        # it has a BRIDGE, a LINK and other shapes: only hold, talk and position at its end are fixed
        _require(name, parameters, 4)
        done = _completed(base, name=name, reason=CompleteReason.TRANSFER, parameters=parameters, wait_index=-3)
        return (done, replace(base, kind=EventKind.ATTENDED_TRANSFERRED))
    raise Unreadable(f"field 5 (event): {name[:40]!r} is not known")


def _completed(
    base: PhoneEvent, *, name: str, reason: CompleteReason, parameters: list[str], wait_index: int
) -> PhoneEvent:
    wait, talk = _seconds(name, parameters, wait_index), _seconds(name, parameters, wait_index + 1)
    return replace(base, kind=EventKind.OPERATOR_COMPLETED, reason=reason, wait_ms=wait, talk_ms=talk)


def _require(name: str, parameters: list[str], count: int) -> None:
    if len(parameters) < count:
        raise Unreadable(f"{name} with {len(parameters)} parameters, at least {count} are needed")


def _number(name: str, parameters: list[str], index: int) -> int:
    text = parameters[index].strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        position = index if index >= 0 else len(parameters) + index
        raise Unreadable(f"{name} parameter {position + 1}: {text[:40]!r} is not a whole number")
    return int(text)


def _seconds(name: str, parameters: list[str], index: int) -> int:
    return _number(name, parameters, index) * 1000
