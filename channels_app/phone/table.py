"""A table of calls (CSV), one call a row, by a mapping of its columns, to phone events.

What is stored of a row is its meaning in our words as JSON, with the row itself: it can be read again without the
mapping. The same row again (by its content) is the same call.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from channels_app.phone.events import (
    MAX_ID_LENGTH,
    CompleteReason,
    EventKind,
    LeaveReason,
    PhoneEvent,
    RawEntry,
    Source,
    instant_of_epoch,
    readable_text,
)
from channels_app.phone.table_mapping import DIRECTIONS, OUTCOMES, TableMapping

MAX_ROW_BYTES = 65536

_DIAL_STATUS = {"busy": "BUSY", "unanswered": "NOANSWER", "canceled": "CANCEL", "abandoned": "CANCEL"}


class Unreadable(ValueError):
    """A row that is no call; the message names the column and the cause."""


class NoHeading(ValueError):
    """The table lacks a column that the mapping names."""


def read_table(data: bytes, *, mapping: TableMapping, time_zone: tzinfo | None = None) -> Iterator[RawEntry]:
    """Return one entry per non-empty row; a row that cannot be understood carries the reason in `rejected`.

    Raises NoHeading if a column of the mapping is not in the table at all.
    """
    text = data.decode("utf-8-sig", errors="replace").replace("\0", "\ufffd")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter)
    places: dict[str, int] | None = None
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield RawEntry(line=line, raw=b"", at=None, rejected=f"not CSV: {error}")
            continue
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if places is None:
            places = _places(row if mapping.has_heading else None, mapping)
            if mapping.has_heading:
                continue
        yield _entry(line, row, places, mapping=mapping, time_zone=mapping.time_zone or time_zone)


def reread_row(raw: bytes) -> RawEntry:
    """Return the entry of a stored row."""
    stored = json.loads(raw)
    at = datetime.fromisoformat(stored["started"])
    return RawEntry(line=1, raw=raw, at=at, events=_events(stored))


def _places(heading: list[str] | None, mapping: TableMapping) -> dict[str, int]:
    if heading is None:
        return {name: int(column) - 1 for name, column in mapping.columns.items()}
    known = {cell.strip(): position for position, cell in enumerate(heading)}
    for name, column in mapping.columns.items():
        if column not in known:
            raise NoHeading(f"columns.{name}: the table has no column {column!r}; it has {', '.join(known)[:200]}")
    return {name: known[str(column)] for name, column in mapping.columns.items()}


def _entry(
    line: int, row: list[str], places: Mapping[str, int], *, mapping: TableMapping, time_zone: tzinfo | None
) -> RawEntry:
    plain = io.StringIO()
    csv.writer(plain, delimiter=mapping.delimiter, lineterminator="").writerow(row)
    raw = plain.getvalue().encode()
    try:
        if len(raw) > MAX_ROW_BYTES:
            raise Unreadable(f"row of {len(raw)} bytes, at most {MAX_ROW_BYTES} are read")
        missing = [name for name, place in places.items() if place >= len(row)]
        if missing:
            raise Unreadable(f"{missing[0]}: the row has only {len(row)} columns")
        cells = {name: readable_text(row[place].strip().encode()) for name, place in places.items()}
        meaning = _meaning(cells, mapping=mapping, time_zone=time_zone)
        digest = hashlib.sha256(raw).hexdigest()
        meaning["id"] = cells.get("id") or digest[:32]
        if len(str(meaning["id"])) > MAX_ID_LENGTH - 10:
            raise Unreadable(f"id: {len(str(meaning['id']))} characters, at most {MAX_ID_LENGTH - 10}")
        meaning["row"] = raw.decode()
        stored = json.dumps(meaning, ensure_ascii=False, sort_keys=True).encode()
        at = datetime.fromisoformat(str(meaning["started"]))
        return RawEntry(line=line, raw=stored, at=at, events=_events(meaning), identity=digest)
    except Unreadable as error:
        return RawEntry(line=line, raw=raw, at=None, rejected=str(error))


def _meaning(cells: Mapping[str, str], *, mapping: TableMapping, time_zone: tzinfo | None) -> dict[str, str | None]:
    def instant(name: str) -> datetime | None:
        text = cells.get(name, "")
        return _instant(text, name, mapping=mapping, time_zone=time_zone) if text else None

    def span(name: str) -> timedelta | None:
        text = cells.get(name, "")
        return _span(text, name, unit=mapping.unit) if text else None

    started = instant("started")
    if started is None:
        raise Unreadable("started: empty")
    answered, ended = instant("answered"), instant("ended")
    duration, talk, wait = span("duration"), span("talk"), span("wait")
    if ended is None and duration is not None:
        ended = started + duration
    outcome = _word(cells, "outcome", mapping=mapping, allowed=OUTCOMES) or ""
    if answered is None and outcome in {"", "answered"}:
        if wait is not None and (talk or outcome == "answered"):
            answered = started + wait
        elif talk and ended is not None:
            answered = ended - talk
    if ended is None and answered is not None and talk is not None:
        ended = answered + talk
    for name, at in (("answered", answered), ("ended", ended)):
        if at is not None and at < started:
            raise Unreadable(f"{name}: lies before started")
    if answered is not None and ended is not None and ended < answered:
        raise Unreadable("ended: lies before answered")
    names = ("from", "from_name", "to", "operator", "queue", "account")
    return {
        "started": started.isoformat(),
        "answered": answered.isoformat() if answered else None,
        "ended": ended.isoformat() if ended else None,
        "talk_ms": str(round(talk / timedelta(milliseconds=1))) if talk is not None else None,
        "direction": _word(cells, "direction", mapping=mapping, allowed=DIRECTIONS) or "inbound",
        "outcome": outcome,
        **{name: cells.get(name, "") for name in names},
    }


def _instant(text: str, name: str, *, mapping: TableMapping, time_zone: tzinfo | None) -> datetime:
    try:
        if mapping.time_format:
            at = datetime.strptime(text, mapping.time_format)  # noqa: DTZ007  the zone follows
        else:
            try:
                return instant_of_epoch(text)
            except ValueError:
                at = datetime.fromisoformat(text)
    except ValueError:
        expected = mapping.time_format or "ISO 8601 or epoch seconds"
        raise Unreadable(f"{name}: {text[:40]!r} is no time ({expected})") from None
    if at.tzinfo is None:
        if time_zone is None:
            raise Unreadable(f"{name}: {text[:40]!r} is a local time; time_zone is needed")
        at = at.replace(tzinfo=time_zone)
    return at.astimezone(UTC)


def _span(text: str, name: str, *, unit: str) -> timedelta:
    parts = text.split(":") if unit == "hms" else [text]
    try:
        numbers = [float(part) if unit != "hms" else int(part) for part in parts]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) > 3 or any(not 0 <= number < 10**9 for number in numbers):
        raise Unreadable(f"{name}: {text[:40]!r} is no duration in {unit}")
    total = 0.0
    for number in numbers:
        total = total * 60 + number
    return timedelta(milliseconds=total) if unit == "ms" else timedelta(seconds=total)


def _word(cells: Mapping[str, str], name: str, *, mapping: TableMapping, allowed: frozenset[str]) -> str:
    text = cells.get(name, "")
    word = mapping.values.get(name, {}).get(text, text.lower())
    if word and word not in allowed:
        raise Unreadable(f"{name}: {text[:40]!r} is none of {', '.join(sorted(allowed))}; map it under values.{name}")
    return word


def _events(meaning: Mapping[str, str | None]) -> tuple[PhoneEvent, ...]:
    """Two legs: the caller's and, where somebody was called or answered, theirs."""
    call_id = str(meaning["id"])
    outbound = meaning["direction"] == "outbound"
    operator = meaning["operator"] or ""
    outside = str(meaning["to"] if outbound else meaning["from"])
    root = PhoneEvent(
        kind=EventKind.CHANNEL_CREATED,
        source=Source.CSV,
        at=datetime.fromisoformat(str(meaning["started"])),
        channel_id=call_id,
        linked_id=call_id,
        channel=f"table:{operator}" if outbound else outside,
        number=str(meaning["from"]),
        name=str(meaning["from_name"]),
        extension=str(meaning["to"]),
        account=str(meaning["account"]),
        operator_name=operator if outbound else "",
    )
    bare = replace(root, number="", name="", extension="", account="", operator_name="")
    events = [root]
    answered, ended = meaning["answered"], meaning["ended"]
    if outbound or operator or answered:
        other = replace(
            bare,
            channel_id=f"{call_id} answer",
            channel=outside if outbound else f"table:{operator}",
            peer_id=call_id,
            number=str(meaning["from"]),
            extension=str(meaning["to"]),
            operator_name="" if outbound else operator,
        )
        events.append(other)
        bare_other = replace(other, number="", extension="")
        if answered:
            events.append(replace(bare_other, kind=EventKind.CHANNEL_UP, at=datetime.fromisoformat(answered)))
        if ended:
            status = _DIAL_STATUS.get(str(meaning["outcome"]), "NOANSWER")
            over = replace(bare_other, kind=EventKind.HUNG_UP, at=datetime.fromisoformat(ended), reason=status)
            talk = meaning.get("talk_ms")
            events.append(replace(over, talk_ms=int(talk) if talk and answered else None))
    if meaning["queue"] and not outbound:
        events.extend(_queued(replace(bare, queue=str(meaning["queue"]), operator_name=operator), meaning))
    if ended:
        events.append(replace(bare, kind=EventKind.HUNG_UP, at=datetime.fromisoformat(ended)))
    return tuple(events)


def _queued(bare: PhoneEvent, meaning: Mapping[str, str | None]) -> list[PhoneEvent]:
    entered = replace(bare, kind=EventKind.QUEUE_ENTERED, operator_name="")
    answered, ended = meaning["answered"], meaning["ended"]
    if answered:
        connected = replace(
            bare,
            kind=EventKind.OPERATOR_CONNECTED,
            at=datetime.fromisoformat(answered),
            peer_id=f"{bare.channel_id} answer",
        )
        done = replace(connected, kind=EventKind.OPERATOR_COMPLETED, reason=CompleteReason.UNSTATED)
        return [entered, connected, *([replace(done, at=datetime.fromisoformat(ended))] if ended else [])]
    if not ended:
        return [entered]
    reason = LeaveReason.ABANDONED if meaning["outcome"] in {"", "abandoned", "canceled"} else LeaveReason.UNSTATED
    return [entered, replace(entered, kind=EventKind.QUEUE_LEFT, at=datetime.fromisoformat(ended), reason=reason)]
