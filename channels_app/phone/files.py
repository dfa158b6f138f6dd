"""Recorded call logs on disk: which reader a format has, and the clock that may lie beside a recording."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path

from channels_app.phone.asterisk_ami import ArrivalClock, read_ami
from channels_app.phone.asterisk_cel import read_cel
from channels_app.phone.asterisk_queue_log import read_queue_log
from channels_app.phone.events import RawEntry


class LogFormat(StrEnum):
    """Formats of call logs that can be imported."""

    QUEUE_LOG = "asterisk-queue-log"
    AMI = "asterisk-ami"
    CEL = "asterisk-cel"


class LogUnreadable(Exception):
    """A file cannot be imported at all; the message names the file and the cause."""


def read_log(
    *, log_format: LogFormat, path: Path, arrival: Path | None = None, time_zone: tzinfo | None = None
) -> list[RawEntry]:
    """Return the entries of one file, good and rejected, in file order.

    For AMI recordings `arrival` is a CSV byte_offset,received_epoch; without it `<stem>-received.csv` beside the
    recording is taken where it exists. `time_zone` is the telephone system's, for logs with local times. Raises
    LogUnreadable if a file cannot be read or the clock makes no sense.
    """
    data = _content(path)
    readers: dict[LogFormat, Callable[[], list[RawEntry]]] = {
        LogFormat.QUEUE_LOG: lambda: list(read_queue_log(data)),
        LogFormat.CEL: lambda: list(read_cel(data, time_zone=time_zone)),
        LogFormat.AMI: lambda: list(read_ami(data, arrival=_clock(path=path, arrival=arrival))),
    }
    return readers[log_format]()


def reread(*, source: str, raw: bytes, at: datetime | None) -> RawEntry:
    """Return the entry that stored raw bytes make; `at` is the instant they had when they were first read."""
    if source == LogFormat.AMI:
        clock = ArrivalClock(offsets=(0,), instants=(at,)) if at is not None else None
        entries = list(read_ami(raw + b"\r\n\r\n", arrival=clock))
    elif source == LogFormat.CEL:
        entries = list(read_cel(raw, known_at=at))
    else:
        entries = list(read_queue_log(raw))
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
