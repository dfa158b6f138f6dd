"""Twilio Voice: status callbacks (and the Call resource of the REST API) as JSON objects to phone events.

A callback tells one state of one leg; a leg made by <Dial> names its ParentCallSid. Times are whole seconds
(RFC 2822), CallDuration is seconds from the answer. The same CallSid and SequenceNumber again is the same callback.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from channels_app.phone.events import MAX_ID_LENGTH, EventKind, PhoneEvent, RawEntry, Source, readable_text
from channels_app.phone.json_objects import NotJson, json_objects

MAX_OBJECT_BYTES = 65536

_ENDS = {
    "completed": "",
    "busy": "BUSY",
    "no-answer": "NOANSWER",
    "canceled": "CANCEL",
    "failed": "CHANUNAVAIL",
}
_RESOURCE_NAMES = {
    "sid": "CallSid", "parent_call_sid": "ParentCallSid", "from": "From", "to": "To", "status": "CallStatus",
    "direction": "Direction", "duration": "CallDuration", "caller_name": "CallerName", "account_sid": "AccountSid",
    "start_time": "start_time", "end_time": "end_time",
}  # fmt: skip


class Unreadable(ValueError):
    """An object that is no status of a call; the message says why."""


def read_twilio(data: bytes) -> Iterator[RawEntry]:
    """Return one entry per JSON object (one a line, in an array or under `calls`); nothing raises.

    An object that cannot be understood carries the reason in `rejected`.
    """
    try:
        for number, found in json_objects(data, under="calls"):
            yield _entry(number, found)
    except NotJson as error:
        yield RawEntry(line=error.line, raw=error.raw, at=None, rejected=str(error))


def _entry(number: int, found: Mapping[str, object]) -> RawEntry:
    raw = json.dumps(found, ensure_ascii=False, sort_keys=True).encode()
    try:
        if len(raw) > MAX_OBJECT_BYTES:
            raise Unreadable(f"object of {len(raw)} bytes, at most {MAX_OBJECT_BYTES} are read")
        values = _values(found)
        events = _resource(values) if "start_time" in values else _callback(values)
        sequence = values.get("SequenceNumber", "")
        identity = f"{values['CallSid']} {sequence}" if sequence else ""
        return RawEntry(line=number, raw=raw, at=events[0].at, events=events, identity=identity)
    except Unreadable as error:
        return RawEntry(line=number, raw=raw, at=None, rejected=str(error))


def _values(found: Mapping[str, object]) -> dict[str, str]:
    names = _RESOURCE_NAMES if "sid" in found else {name: name for name in found}
    return {
        names[name]: readable_text(str(value).encode("utf-8", errors="replace"))
        for name, value in found.items()
        if name in names and isinstance(value, str | int)
    }


def _base(values: Mapping[str, str], at: datetime) -> PhoneEvent:
    call_id, parent = values.get("CallSid", ""), values.get("ParentCallSid", "")
    for name, value in (("CallSid", call_id), ("ParentCallSid", parent or call_id)):
        if not value or len(value) > MAX_ID_LENGTH:
            raise Unreadable(f"{name}: {value[:40]!r} is no id")
    caller, called = values.get("From", ""), values.get("To", "")
    party = caller if values.get("Direction", "inbound") == "inbound" and not parent else called
    return PhoneEvent(
        kind=EventKind.CHANNEL_SEEN,
        source=Source.TWILIO,
        at=at,
        channel_id=call_id,
        linked_id=parent or call_id,
        channel=party,
        peer_id=parent,
        number=caller,
        name=values.get("CallerName", ""),
        extension=called,
    )


def _callback(values: Mapping[str, str]) -> tuple[PhoneEvent, ...]:
    status = values.get("CallStatus", "")
    base = _base(values, _instant(values, "Timestamp"))
    if status in {"queued", "initiated"}:
        return (replace(base, kind=EventKind.CHANNEL_CREATED),)
    if status == "ringing":
        return (replace(base, kind=EventKind.RINGING),)
    if status == "in-progress":
        return (replace(base, kind=EventKind.CHANNEL_UP),)
    if status not in _ENDS:
        raise Unreadable(f"CallStatus: {status[:40]!r} is not known")
    return _ended(base, status=status, talked_ms=_duration(values))


def _resource(values: Mapping[str, str]) -> tuple[PhoneEvent, ...]:
    """A fetched call: start_time is the answer or, for a call nobody answered, when it was made."""
    status = values.get("CallStatus", "")
    base = _base(values, _instant(values, "start_time"))
    made = replace(base, kind=EventKind.CHANNEL_CREATED)
    if status not in _ENDS:
        return (made,)
    ended = replace(base, at=_instant(values, "end_time"))
    return (made, *_ended(ended, status=status, talked_ms=_duration(values)))


def _ended(base: PhoneEvent, *, status: str, talked_ms: int | None) -> tuple[PhoneEvent, ...]:
    over = replace(base, kind=EventKind.HUNG_UP, reason=_ENDS[status], talk_ms=talked_ms)
    if status != "completed" or talked_ms is None:
        return (over,)
    # where the callback of the answer is lost or was not asked for, the duration tells it
    return (over, replace(base, kind=EventKind.ANSWER_CLAIMED, at=base.at - timedelta(milliseconds=talked_ms)))


def _instant(values: Mapping[str, str], name: str) -> datetime:
    text = values.get(name, "")
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        raise Unreadable(f"{name}: {text[:40]!r} is no RFC 2822 date") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _duration(values: Mapping[str, str]) -> int | None:
    text = values.get("CallDuration", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Unreadable(f"CallDuration: {text[:40]!r} is not a whole number of seconds")
    return int(text) * 1000
