"""Asterisk Manager Interface: the bytes of one connection become frames, frames become phone events.

After Asterisk 22 (AMI 11). Frames without `Timestamp` (timestampevents off, list events, answers) take the instant at
which their bytes arrived, where an arrival clock is given. What tells nothing of calls (most VarSet) is passed over.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from channels_app.phone.asterisk_ami_events import TIMELESS, TRANSLATORS, Unreadable, phones_named
from channels_app.phone.events import MAX_ID_LENGTH, PhoneEvent, RawEntry, instant_of_epoch, readable_text

MAX_FRAME_BYTES = 65536

_END_OF_FRAME = re.compile(rb"\r?\n\r?\n")


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
        headers = ami_headers(raw)
        if not complete and headers:
            raise Unreadable("frame cut off: the file ends before the empty line that closes it")
        if "Timestamp" in headers:
            try:
                at = instant_of_epoch(headers["Timestamp"])
            except ValueError as error:
                raise Unreadable(f"header Timestamp: {error}") from None
        translate = TRANSLATORS.get(headers.get("Event", ""))
        events: tuple[PhoneEvent, ...] = ()
        if translate is not None and at is not None:
            events = translate(headers, at)
        elif translate is not None and headers["Event"] not in TIMELESS:
            raise Unreadable(f"{headers['Event']} without Timestamp and without an arrival clock")
        return RawEntry(line=line, raw=raw, at=at, events=events, phones=phones_named(headers=headers))
    except Unreadable as error:
        return RawEntry(line=line, raw=raw, at=None, rejected=str(error))


def ami_headers(raw: bytes) -> dict[str, str]:
    """Return the headers of a frame by name, the first of each. Raises Unreadable."""
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
