"""Importing a log as it grows."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from types import FrameType

from django.utils import timezone

from channels_app.models import Endpoint
from channels_app.phone.files import LogFormat, read_bytes
from channels_app.phone.follow import follow_lines
from channels_app.phone.ingest import ImportReport, import_entries
from contactcenter.tenancy.doors import open_accounts

POLL_SECONDS = 0.5

_BY_LINE = frozenset({LogFormat.QUEUE_LOG, LogFormat.CDR, LogFormat.CEL, LogFormat.FREESWITCH, LogFormat.TWILIO})


def refuse_reason(*, log_format: LogFormat, files: list[Path], dry_run: bool) -> str:
    """Return why such a log cannot be followed, '' if it can."""
    if log_format not in _BY_LINE:
        return f"--follow: {log_format} is not written line by line"
    if len(files) != 1:
        return "--follow: exactly one file"
    return "--follow: not with --dry-run" if dry_run else ""


def follow_log(
    *,
    endpoint: Endpoint,
    log_format: LogFormat,
    path: Path,
    time_zone: tzinfo | None,
    reached: set[int],
    wait: Callable[[], bool],
) -> Iterator[tuple[ImportReport, Path]]:
    """Import the file from its beginning and go on as it grows; returns a report for each portion.

    Starting again imports nothing twice: entries are known by their content.
    """
    for portion in follow_lines(path, wait=wait):
        entries = read_bytes(log_format=log_format, data=portion, time_zone=time_zone)
        with open_accounts(reached):
            report = import_entries(endpoint=endpoint, source=log_format, entries=entries, at=timezone.now())
        yield report, path


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Return a wait of POLL_SECONDS that says whether to go on: until SIGTERM or Ctrl-C."""
    asked = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: not asked.wait(POLL_SECONDS)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
