"""Recorded call logs on disk: which reader a format has, and the clock that may lie beside a recording."""

from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path

from channels_app.phone.asterisk_ami import ArrivalClock, read_ami
from channels_app.phone.asterisk_cdr import read_cdr
from channels_app.phone.asterisk_cel import read_cel
from channels_app.phone.asterisk_queue_log import read_queue_log
from channels_app.phone.closing import closing_entry
from channels_app.phone.events import RawEntry, Source
from channels_app.phone.freeswitch import read_freeswitch
from channels_app.phone.table import NoHeading, read_table, reread_row
from channels_app.phone.table_mapping import TableMapping
from channels_app.phone.twilio_voice import read_twilio


class LogFormat(StrEnum):
    """Formats of call logs that can be imported."""

    QUEUE_LOG = "asterisk-queue-log"
    AMI = "asterisk-ami"
    CEL = "asterisk-cel"
    CDR = "asterisk-cdr"
    FREESWITCH = "freeswitch-json"
    TWILIO = "twilio-json"
    CSV = "csv"


class LogUnreadable(Exception):
    """A file cannot be imported at all; the message names the file and the cause."""


def read_log(
    *,
    log_format: LogFormat,
    path: Path,
    arrival: Path | None = None,
    time_zone: tzinfo | None = None,
    mapping: TableMapping | None = None,
) -> list[RawEntry]:
    """Return the entries of one file, good and rejected, in file order.

    For AMI recordings `arrival` is a CSV byte_offset,received_epoch; without it `<stem>-received.csv` beside the
    recording is taken where it exists. `time_zone` is the telephone system's, for logs with local times; `mapping` is
    for tables. Raises LogUnreadable if a file cannot be read or the clock or a column makes no sense.
    """
    clock = _clock(path=path, arrival=arrival) if log_format is LogFormat.AMI else None
    try:
        return read_bytes(log_format=log_format, data=_content(path), clock=clock, time_zone=time_zone, mapping=mapping)
    except NoHeading as error:
        raise LogUnreadable(f"{path}: {error}") from None


def read_bytes(
    *,
    log_format: LogFormat,
    data: bytes,
    clock: ArrivalClock | None = None,
    time_zone: tzinfo | None = None,
    mapping: TableMapping | None = None,
) -> list[RawEntry]:
    """Return the entries of a log's bytes, good and rejected, in order. Raises NoHeading for tables."""
    match log_format:
        case LogFormat.QUEUE_LOG:
            return list(read_queue_log(data))
        case LogFormat.CEL:
            return list(read_cel(data, time_zone=time_zone))
        case LogFormat.CDR:
            return list(read_cdr(data, time_zone=time_zone))
        case LogFormat.AMI:
            return list(read_ami(data, arrival=clock))
        case LogFormat.FREESWITCH:
            return list(read_freeswitch(data))
        case LogFormat.TWILIO:
            return list(read_twilio(data))
        case LogFormat.CSV:
            if mapping is None:
                raise NoHeading("a table needs a mapping of its columns")
            return list(read_table(data, mapping=mapping, time_zone=time_zone))


def reread(*, source: str, raw: bytes, at: datetime | None) -> RawEntry:
    """Return the entry that stored raw bytes make; `at` is the instant they had when they were first read."""
    if source == Source.CLOSING_RULE:
        return closing_entry(raw)
    match LogFormat(source):
        case LogFormat.AMI:
            clock = ArrivalClock(offsets=(0,), instants=(at,)) if at is not None else None
            entries = list(read_ami(raw + b"\r\n\r\n", arrival=clock))
        case LogFormat.CEL:
            entries = list(read_cel(raw, known_at=at))
        case LogFormat.CDR:
            entries = list(read_cdr(raw, known_at=at))
        case LogFormat.CSV:
            entries = [reread_row(raw)]
        case known:
            entries = read_bytes(log_format=known, data=raw)
    if len(entries) != 1:
        raise ValueError(f"{len(entries)} entries in stored bytes that were one")
    return entries[0]


def _clock(*, path: Path, arrival: Path | None) -> ArrivalClock | None:
    beside = path.with_name(f"{path.stem}-received.csv")
    chosen = arrival or (beside if beside.is_file() else None)
    if chosen is None:
        return None
    try:
        return ArrivalClock.from_csv(_content(chosen))
    except ValueError as error:
        raise LogUnreadable(f"{chosen}: {error}") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LogUnreadable(f"{path}: {error.strerror or error}") from None
