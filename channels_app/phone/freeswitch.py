"""FreeSWITCH: what mod_json_cdr posts for a leg, and events of the event socket, to phone events.

json_cdr tells a leg's whole life in `variables`; so does CHANNEL_HANGUP_COMPLETE in `variable_*`. Instants are
microseconds since 1970. A-leg and B-leg share call_uuid, the uuid of the A-leg. After FreeSWITCH 1.10.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from channels_app.phone.events import PhoneEvent, RawEntry, readable_text
from channels_app.phone.freeswitch_legs import Unreadable, leg_record
from channels_app.phone.freeswitch_live import LIVE, live_event
from channels_app.phone.json_objects import NotJson, json_objects

MAX_OBJECT_BYTES = 1024 * 1024

# values and bodies may hold empty lines; a new block begins with one of these
_BLOCK = re.compile(rb"(?<=\n)\r?\n(?=Event-Name: |Content-Length: |Content-Type: )")
_HEADER = re.compile(rb"^[A-Za-z][A-Za-z0-9_-]*: ?")


def read_freeswitch(data: bytes) -> Iterator[RawEntry]:
    """Return one entry per JSON object (json_cdr or an event) or per plain event block; nothing raises.

    An object that cannot be understood carries the reason in `rejected`; events that tell nothing of calls are empty.
    """
    if not data.lstrip().startswith((b"{", b"[", b"\xef\xbb\xbf")):
        yield from _plain(data)
        return
    try:
        for number, found in json_objects(data):
            yield _entry(number, json.dumps(found, ensure_ascii=False, sort_keys=True).encode(), found)
    except NotJson as error:
        yield RawEntry(line=error.line, raw=error.raw, at=None, rejected=str(error))


def _plain(data: bytes) -> Iterator[RawEntry]:
    line = 1
    for block in _BLOCK.split(data):
        if block.strip():
            headers: dict[str, object] = {}
            name = ""
            for each in block.strip(b"\r\n").split(b"\n"):
                text = readable_text(each.rstrip(b"\r"))
                if _HEADER.match(each):
                    name, _, value = text.partition(":")
                    headers.setdefault(name, unquote(value.strip()))
                elif name:
                    headers[name] = f"{headers[name]}\n{text}"
            yield _entry(line, block.strip(b"\r\n"), headers)
        line += block.count(b"\n") + 1


def _entry(line: int, raw: bytes, found: Mapping[str, object]) -> RawEntry:
    try:
        if len(raw) > MAX_OBJECT_BYTES:
            raise Unreadable(f"object of {len(raw)} bytes, at most {MAX_OBJECT_BYTES} are read")
        variables = found.get("variables")
        if isinstance(variables, dict):
            events = leg_record(_texts(variables), profile=_profile(found))
        elif "Event-Name" in found:
            events = _event(_texts(found))
        elif "Content-Type" in found:
            events = ()
        else:
            raise Unreadable("neither a call record (variables) nor an event (Event-Name)")
        return RawEntry(line=line, raw=raw, at=events[0].at if events else None, events=events)
    except Unreadable as error:
        return RawEntry(line=line, raw=raw, at=None, rejected=str(error))


def _event(headers: Mapping[str, str]) -> tuple[PhoneEvent, ...]:
    name = headers["Event-Name"]
    if name == "CHANNEL_HANGUP_COMPLETE" and any(key.startswith("variable_") for key in headers):
        variables = {
            key.removeprefix("variable_"): value for key, value in headers.items() if key.startswith("variable_")
        }
        variables.setdefault("uuid", headers.get("Unique-ID", ""))
        variables.setdefault("call_uuid", headers.get("Channel-Call-UUID", ""))
        variables.setdefault("end_uepoch", headers.get("Caller-Channel-Hangup-Time", ""))
        return leg_record(variables, profile=_caller(headers))
    if name not in LIVE:
        return ()
    stamp = headers.get("Event-Date-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 17:
        raise Unreadable(f"Event-Date-Timestamp: {stamp[:40]!r} is no instant in microseconds")
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(stamp))
    return live_event(headers, at=at)


def _caller(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        "caller_id_number": headers.get("Caller-Caller-ID-Number", ""),
        "caller_id_name": headers.get("Caller-Caller-ID-Name", ""),
        "destination_number": headers.get("Caller-Destination-Number", ""),
        "other_created": headers.get("Other-Leg-Channel-Created-Time", ""),
        "other_channel": headers.get("Other-Leg-Channel-Name", ""),
        "other_uuid": headers.get("Other-Leg-Unique-ID", ""),
    }


def _profile(found: Mapping[str, object]) -> dict[str, str]:
    """The first caller profile is the call as it came in; later ones are what transfers made of it."""
    flows = found.get("callflow")
    flow = flows[-1] if isinstance(flows, list) and flows else {}
    profile = flow.get("caller_profile") if isinstance(flow, dict) else None
    return _texts(profile) if isinstance(profile, dict) else {}


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {
        name: readable_text(str(value).encode("utf-8", errors="replace"))
        for name, value in values.items()
        if isinstance(value, str | int)
    }
