"""Receipts of requests that arrive together, written by one statement and one commit.

A commit waits for the disk. While one does, the requests that arrive gather, and the next commit takes them all. Each
is told only after the commit that holds it, so that what was told is stored, whatever is killed when.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from django.db import InterfaceError, OperationalError, close_old_connections

from channels_app.contract import EndpointInfo
from channels_app.receipts import process_after_commit, store_together
from channels_app.webhook import RawEvent
from contactcenter.tenancy.doors import open_every_account

logger = logging.getLogger(__name__)

MAX_TOGETHER: Final = 200
MAX_WAITING_BYTES: Final = 64_000_000
_ROLLED_BACK: Final = "40"
"""PostgreSQL's class of errors that are nobody's fault: a deadlock with another process."""


class Written(Enum):
    """What became of a request's events."""

    STORED = auto()
    """They are committed."""
    AWAY = auto()
    """The database does not answer, or not fast enough: nothing is stored."""
    ALONE = auto()
    """Something in the batch was refused and nothing of it stored: each request is to be tried by itself."""


@dataclass(frozen=True, slots=True)
class _Request:
    endpoint: EndpointInfo
    events: Sequence[RawEvent]
    at: datetime
    size: int
    told: asyncio.Future[Written]


class GroupCommit:
    """The one writer of a process; belongs to one event loop and has one thread with a database connection."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="receipts")
        self._waiting: list[_Request] = []
        self._waiting_bytes = 0
        self._is_writing = False

    async def store(self, *, endpoint: EndpointInfo, events: Sequence[RawEvent], at: datetime) -> Written:
        """Keep the events of one request of an endpoint without a rate; returns once its fate is sealed."""
        size = sum(len(event.raw) for event in events)
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            return Written.AWAY
        loop = asyncio.get_running_loop()
        request = _Request(endpoint, events, at, size, loop.create_future())
        self._waiting.append(request)
        self._waiting_bytes += size
        if not self._is_writing:
            self._write_next(loop)
        return await request.told

    def _write_next(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting[:MAX_TOGETHER], self._waiting[MAX_TOGETHER:]
        self._is_writing = bool(batch)
        if batch:
            self._waiting_bytes -= sum(request.size for request in batch)
            loop.run_in_executor(self._thread, self._write, batch, loop)

    def _write(self, batch: Sequence[_Request], loop: asyncio.AbstractEventLoop) -> None:
        written, created = _commit(batch)
        loop.call_soon_threadsafe(self._tell, batch, written, loop)
        process_after_commit(created)

    def _tell(self, batch: Sequence[_Request], written: Written, loop: asyncio.AbstractEventLoop) -> None:
        for request in batch:
            if not request.told.done():
                request.told.set_result(written)
        self._write_next(loop)


def _commit(batch: Sequence[_Request]) -> tuple[Written, list[int]]:
    """Return what became of the batch, and the ids of the new receipts."""
    try:
        # a connection that was lost or is old is replaced between two batches, as between two requests
        close_old_connections()
        with open_every_account(reason="requests that arrive together are of any account"):
            return Written.STORED, store_together([(request.endpoint, request.events, request.at) for request in batch])
    except (OperationalError, InterfaceError) as error:
        logger.warning("%s webhooks could not be stored together: %s", len(batch), error)
        state = str(getattr(error.__cause__, "sqlstate", None) or "")
        return (Written.ALONE if state.startswith(_ROLLED_BACK) else Written.AWAY), []
    except Exception:
        # the door behind the doors: whatever one request brought, the others of its batch go on
        logger.exception("%s webhooks could not be stored together", len(batch))
        return Written.ALONE, []
