"""Asterisk CDR (cdr-csv/Master.csv): one leg's record a row, times local and without a zone.

Sixteen fixed columns (accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer,
end, duration, billsec, disposition, amaflags), then by configuration uniqueid, userfield and, with newcdrcolumns,
peeraccount, linkedid, sequence. What the rows imply is derived by cdr_implied.
"""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from channels_app.phone.events import (
    MAX_ID_LENGTH,
    EventKind,
    PhoneEvent,
    RawEntry,
    Source,
    instant_of_epoch,
    readable_text,
    unescaped,
)

MAX_LINE_BYTES = 16384
COLUMNS = frozenset({17, 18, 21})

_EPOCH_IN_ID = re.compile(r"(?:^|-)(\d{9,11}\.\d+)$")
_NAME_IN_CLID = re.compile(r'^"(.*)" <[^>]*>$', re.DOTALL)
# one clock's tick between the id and the start of the row
_TICK = timedelta(seconds=2)


class Unreadable(ValueError):
    """A row that is no CDR; the message says why."""


def read_cdr(data: bytes, *, time_zone: tzinfo | None = None, known_at: datetime | None = None) -> Iterator[RawEntry]:
    """Return one entry per non-empty row, in file order; nothing is dropped and nothing raises.

    A row that cannot be understood carries the reason in `rejected`. `known_at` is the start of a stored row.
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
        if len(fields) not in COLUMNS:
            raise Unreadable(f"{len(fields)} columns, a CDR row with uniqueid has 17, 18 or 21")
        event = _event(fields, time_zone=time_zone, known_at=known_at)
        return RawEntry(line=number, raw=raw, at=event.at, events=(event,))
    except Unreadable as error:
        return RawEntry(line=number, raw=raw, at=None, rejected=str(error))


def _event(fields: list[str], *, time_zone: tzinfo | None, known_at: datetime | None) -> PhoneEvent:
    fields = [*fields, *[""] * (21 - len(fields))]
    account, source, destination, _, clid, channel, peer, application, data = fields[:9]
    unique_id, user_field, linked_id = fields[16], fields[17], fields[19]
    for name, value in (("column 17 (uniqueid)", unique_id), ("column 20 (linkedid)", linked_id or unique_id)):
        if not value or len(value) > MAX_ID_LENGTH:
            raise Unreadable(f"{name}: {value[:40]!r} is no id")
    start = _local(fields[9], "column 10 (start)")
    answer = _local(fields[10], "column 11 (answer)") if fields[10] else None
    end = _local(fields[11], "column 12 (end)")
    duration, talked = _seconds(fields[12], "column 13 (duration)"), _seconds(fields[13], "column 14 (billsec)")
    at = known_at or _instant(start, unique_id=unique_id, time_zone=time_zone)
    ended_at = at + _elapsed(start, end, stated=duration)
    answered_at = None if answer is None else ended_at - _elapsed(answer, end, stated=talked)
    named = _NAME_IN_CLID.match(clid)
    # the dialled number stands in dst unless a transfer has overwritten it; dialplans keep it beside
    dialled = user_field.removeprefix("did:") if user_field.startswith("did:") else ""
    return PhoneEvent(
        kind=EventKind.ROW_WRITTEN,
        source=Source.CDR,
        at=at,
        channel_id=unique_id,
        linked_id=linked_id or unique_id,
        channel=channel,
        peer_channel=peer,
        number=source,
        name=unescaped(named[1]) if named else "",
        extension=dialled or destination,
        account=account,
        queue=data.split(",")[0] if application == "Queue" else "",
        target=data.split(",")[0] if application == "Dial" else "",
        application=application,
        reason=fields[14],
        talk_ms=talked * 1000,
        answered_at=answered_at,
        ended_at=ended_at,
    )


def _local(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{name}: {text[:40]!r} is no date and time") from None


def _seconds(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Unreadable(f"{name}: {text[:40]!r} is not a whole number")
    return int(text)


def _elapsed(first: datetime, second: datetime, *, stated: int) -> timedelta:
    """The difference of the local times, unless the clocks were changed between them (then what the row counted)."""
    local = second.replace(tzinfo=None) - first.replace(tzinfo=None)
    counted = timedelta(seconds=stated)
    changed = abs(local - counted)
    return counted if timedelta(minutes=14) < changed <= timedelta(hours=3) else local


def _instant(start: datetime, *, unique_id: str, time_zone: tzinfo | None) -> datetime:
    """The row's start in UTC. Of the two instants of a repeated hour it is the one after the channel was made."""
    if start.tzinfo is not None:
        return start.astimezone(UTC)
    if time_zone is None:
        raise Unreadable(f"column 10 (start): {start} is a local time; set time_zone in the settings of the endpoint")
    first, second = (start.replace(tzinfo=time_zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    made = made_at(unique_id)
    return second if made is not None and first < made - _TICK <= second else first


def made_at(unique_id: str) -> datetime | None:
    """Return when a channel was made, which Asterisk writes into its id (pbx1-1795447269.3)."""
    found = _EPOCH_IN_ID.search(unique_id)
    return instant_of_epoch(found[1].partition(".")[0]) if found else None
