"""A connection to a telephone system that is made again whenever it is lost, with back-off and jitter."""

import asyncio
import logging
import random
import signal
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from channels_app.phone.bridge_actions import note_connection
from channels_app.phone.frames import ConnectionLost, Frame, LoginRefused

logger = logging.getLogger(__name__)

T = TypeVar("T")
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0


class Client(Protocol):
    """What every client can: hand on what arrives, and end."""

    async def next_frames(self) -> list[Frame]: ...

    async def close(self) -> None: ...


C = TypeVar("C", bound=Client)


@dataclass(slots=True, kw_only=True)
class StayingBridge(ABC, Generic[C]):
    """One endpoint's bridge; `run` returns when `stopping` is set."""

    endpoint_id: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    now: Callable[[], datetime] = timezone.now
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    frames_stored: int = 0

    @abstractmethod
    async def connect(self) -> C:
        """Open a connection and log in. Raises ConnectionLost, LoginRefused."""

    @abstractmethod
    def parts(self, client: C) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return the work to do beside storing while the connection stands."""

    @abstractmethod
    async def take(self, frames: list[Frame]) -> None:
        """Store frames and record what they tell; may be called again with the same."""

    async def heard(self, frames: list[Frame]) -> None:
        """Do what else follows from frames that are stored."""
        return

    async def run(self) -> None:
        """Stay connected until told to stop; a wrong login is tried again too, somebody may mend it."""
        failures = 0
        while not self.stopping.is_set():
            try:
                client = await self.connect()
            except ConnectionLost as error:
                failures += 1
                await self._note(str(error))
                await self._pause(failures, refused=isinstance(error, LoginRefused))
                continue
            failures = 0
            await self._note("")
            try:
                await self._serve(client)
            except ConnectionLost as error:
                if not self.stopping.is_set():
                    failures = 1
                    await self._note(str(error))
            finally:
                await client.close()
            if failures:
                await self._pause(failures, refused=False)

    async def _pause(self, failures: int, *, refused: bool) -> None:
        longest = LONGEST_WAIT_S if refused else min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 10))
        # half of it at random: many bridges must not come back in the same instant
        seconds = longest * (0.5 + self.jitter() / 2)
        logger.info("the telephone system of endpoint %s is tried again in %.1f s", self.endpoint_id, seconds)
        stopped = asyncio.ensure_future(self.stopping.wait())
        waited = asyncio.ensure_future(self.wait(seconds))
        _, left = await asyncio.wait({stopped, waited}, return_when=asyncio.FIRST_COMPLETED)
        for each in left:
            each.cancel()

    async def _serve(self, client: C) -> None:
        """Work on an open connection until it is lost or the bridge is to stop; what arrived is stored first."""
        others = [
            asyncio.create_task(self._or_close(work, client)) for work in (*self.parts(client), self._stop(client))
        ]
        try:
            # goes on until everything that arrived is stored, whoever closed the connection
            while True:
                frames = await client.next_frames()
                await self._stored(frames)
                await self.heard(frames)
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _or_close(self, work: Coroutine[Any, Any, None], client: C) -> None:
        """Do a part of the work; if it fails, the connection is made anew, and the part with it."""
        try:
            await work
        except ConnectionLost:
            await client.close()
        except Exception:
            # a door: one part must not fail without the others
            logger.exception("a part of the bridge to endpoint %s failed, it connects anew", self.endpoint_id)
            await client.close()

    async def _stop(self, client: C) -> None:
        await self.stopping.wait()
        await client.close()

    async def _stored(self, frames: list[Frame]) -> None:
        """Frames stay in memory until the database has them: its loss costs latency only."""
        attempt = 0
        while True:
            try:
                await self.take(frames)
            except (DatabaseError, InterfaceError) as error:
                attempt += 1
                logger.warning("the database does not take %s frames, they are kept: %s", len(frames), error)
                await self.wait(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt, 10)))
                continue
            self.frames_stored += len(frames)
            return

    async def _note(self, problem: str) -> None:
        if problem:
            logger.warning("endpoint %s: %s", self.endpoint_id, problem)
        try:
            await in_database(note_connection, endpoint_id=self.endpoint_id, problem=problem, at=self.now())
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the state of endpoint %s was not noted: %s", self.endpoint_id, error)


async def run_until_told(bridges: Sequence[StayingBridge[Any]]) -> None:
    """Run bridges until SIGTERM or SIGINT; what has arrived by then is stored."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for bridge in bridges:
            bridge.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(*(bridge.run() for bridge in bridges))


async def in_database(work: Callable[..., T], **arguments: Any) -> T:
    """Run a synchronous action in the thread of the database and return what it returns."""

    def run() -> T:
        try:
            return work(**arguments)
        except (DatabaseError, InterfaceError):
            # a connection that broke must not be used again
            close_old_connections()
            raise

    result: T = await sync_to_async(run, thread_sensitive=True)()
    return result
