"""Asterisk CEL (cel_custom, Master.csv): one event of one channel a row, twenty quoted columns.

After Asterisk 22; the columns are eventtype, eventtime, cid name, cid num, ANI, RDNIS, DNID, exten, context, channel,
app, appdata, amaflags, accountcode, uniqueid, linkedid, bridge peer, userfield, user-defined type, extra (JSON).
Times are epoch seconds, or with a dateformat local times that need the telephone system's time zone. What the rows
imply of queues, rings and holds is derived by cel_implied.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from channels_app.phone.events import (
    MAX_ID_LENGTH,
    EventKind,
    PhoneEvent,
    RawEntry,
    Source,
    instant_of_epoch,
    readable_text,
)

MAX_LINE_BYTES = 16384
COLUMNS = 20

_NOT_ABOUT_CALLS = frozenset({"CHAN_END", "LINKEDID_END", "DTMF", "APP_END", "PICKUP"})
# show_user_defined writes the dialplan's own event names in the place of the type
_OF_THE_DIALPLAN = re.compile(r"USER_DEFINED|[A-Z0-9]+_[A-Z0-9_]+")
_BRIDGED = {
    "BRIDGE_ENTER": EventKind.BRIDGE_ENTERED,
    "BRIDGE_EXIT": EventKind.BRIDGE_LEFT,
    "BRIDGE_START": EventKind.BRIDGE_ENTERED,
    "BRIDGE_END": EventKind.BRIDGE_LEFT,
}
_IGNORED = frozenset({"PARK_START", "PARK_END", "FORWARD", "LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN"})


class Unreadable(ValueError):
    """A row that is no CEL event; the message says why."""


def read_cel(data: bytes, *, time_zone: tzinfo | None = None, known_at: datetime | None = None) -> Iterator[RawEntry]:
    """Return one entry per non-empty row, in file order; nothing is dropped and nothing raises.

    A row that cannot be understood carries the reason in `rejected`. `known_at` is the instant of a stored row.
    """
    for number, raw in enumerate(data.split(b"\n"), start=1):
        line = raw.rstrip(b"\r")
        if line.strip():
            yield _entry(number=number, raw=line, time_zone=time_zone, known_at=known_at)


def _entry(*, number: int, raw: bytes, time_zone: tzinfo | None, known_at: datetime | None) -> RawEntry:
    try:
        if len(raw) > MAX_LINE_BYTES:
            raise Unreadable(f"row of {len(raw)} bytes, at most {MAX_LINE_BYTES} are read")
        try:
            (fields,) = list(csv.reader([readable_text(raw)], strict=True))
        except (csv.Error, ValueError) as error:
            raise Unreadable(f"not CSV: {error}") from None
        if len(fields) != COLUMNS:
            raise Unreadable(f"{len(fields)} columns, a CEL row has {COLUMNS}")
        at = known_at or _instant(fields[1], time_zone)
        return RawEntry(line=number, raw=raw, at=at, events=_events(fields, at))
    except Unreadable as error:
        return RawEntry(line=number, raw=raw, at=None, rejected=str(error))


def _instant(text: str, time_zone: tzinfo | None) -> datetime:
    try:
        return instant_of_epoch(text)
    except ValueError:
        pass
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"column 2 (eventtime): {text[:40]!r} is neither epoch seconds nor a date and time") from None
    if local.tzinfo is None:
        if time_zone is None:
            raise Unreadable(
                f"column 2 (eventtime): {text!r} is a local time; set time_zone in the settings of the endpoint"
            )
        local = local.replace(tzinfo=time_zone)
    return local.astimezone(UTC)


def _events(fields: list[str], at: datetime) -> tuple[PhoneEvent, ...]:
    kind, application, data = fields[0], fields[10], fields[11]
    if kind in _NOT_ABOUT_CALLS or kind in _IGNORED:
        return ()
    for column, name in ((14, "uniqueid"), (15, "linkedid")):
        if not fields[column] or len(fields[column]) > MAX_ID_LENGTH:
            raise Unreadable(f"column {column + 1} ({name}): {fields[column][:40]!r} is no id")
    base = PhoneEvent(
        kind=EventKind.CHANNEL_SEEN,
        source=Source.CEL,
        at=at,
        channel_id=fields[14],
        linked_id=fields[15],
        channel=fields[9],
        number=fields[3],
        name=fields[2],
        extension=fields[7],
        account=fields[13],
        application=application,
        queue=data.split(",")[0] if application == "Queue" else "",
        target=data.split(",")[0] if application == "Dial" else "",
    )
    if kind == "CHAN_START":
        return (replace(base, kind=EventKind.CHANNEL_CREATED),)
    if kind == "ANSWER":
        return (replace(base, kind=EventKind.CHANNEL_UP),)
    if kind in {"STREAM_BEGIN", "STREAM_END"}:
        music = fields[18].startswith("MOH_")
        started = kind == "STREAM_BEGIN"
        played = EventKind.MUSIC_STARTED if started else EventKind.MUSIC_ENDED
        return (replace(base, kind=played) if music else base,)
    if kind == "APP_START":
        return (base,)
    if kind in _BRIDGED:
        # before Asterisk 12 bridges had no ids: the call is the bridge
        named = str(_extra(fields[19]).get("bridge_id", ""))[:MAX_ID_LENGTH]
        return (replace(base, kind=_BRIDGED[kind], bridge=named or f"of {fields[15]}"),)
    if kind == "HANGUP":
        extra = _hangup_extra(fields[19])
        cause, source, status = (str(extra.get(name, "")) for name in ("hangupcause", "hangupsource", "dialstatus"))
        ended = replace(base, kind=EventKind.HUNG_UP, reason=cause, target=source)
        return (ended, replace(base, kind=EventKind.DIAL_STATUS, reason=status)) if status else (ended,)
    if kind in {"BLINDTRANSFER", "ATTENDEDTRANSFER"}:
        return (_transfer(base, _extra(fields[19]), attended=kind == "ATTENDEDTRANSFER"),)
    if _OF_THE_DIALPLAN.fullmatch(kind):
        return (base,)
    raise Unreadable(f"column 1 (eventtype): {kind[:40]!r} is not known")


def _transfer(base: PhoneEvent, extra: Mapping[str, object], *, attended: bool) -> PhoneEvent:
    names = ("channel2_uniqueid",) if attended else ()
    return replace(
        base,
        kind=EventKind.ATTENDED_TRANSFERRED if attended else EventKind.BLIND_TRANSFERRED,
        channel_id=_text(extra, "transferee_channel_uniqueid"),
        channel=str(extra.get("transferee_channel_name", "")),
        number="",
        name="",
        extension="",
        account="",
        application="",
        queue="",
        peer_id=base.channel_id,
        peer_channel=base.channel,
        others=tuple(_text(extra, name) for name in names if extra.get(name)),
        target="" if attended else str(extra.get("extension", "")),
    )


def _hangup_extra(text: str) -> Mapping[str, object]:
    """Before Asterisk 12 it was cause,source,dialstatus."""
    if text and not text.startswith("{") and text.count(",") == 2:
        return dict(zip(("hangupcause", "hangupsource", "dialstatus"), text.split(","), strict=True))
    return _extra(text)


def _extra(text: str) -> Mapping[str, object]:
    if not text:
        return {}
    try:
        extra = json.loads(text)
    except ValueError as error:
        raise Unreadable(f"column 20 (extra): not JSON: {error}") from None
    if not isinstance(extra, dict):
        raise Unreadable("column 20 (extra): not a JSON object")
    return extra


def _text(extra: Mapping[str, object], name: str) -> str:
    value = extra.get(name)
    if not isinstance(value, str) or not value or len(value) > MAX_ID_LENGTH:
        raise Unreadable(f"column 20 (extra): no {name}")
    return value
