"""One open connection to a telephone system, whatever its protocol: reading on, asking with a bound, and the end."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from channels_app.phone.frames import READ_BYTES, ConnectionLost, Frame, FrameQueue, said

T = TypeVar("T")


class OtherProtocol(Exception):
    """What arrives is not what was expected; the message says how it shows."""


async def open_stream(
    *, host: str, port: int, timeout_s: float, tls: bool = False
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect. Raises ConnectionLost."""
    context = ssl.create_default_context() if tls else None
    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.open_connection(host, port, ssl=context, limit=READ_BYTES)
    except (OSError, TimeoutError) as error:
        raise ConnectionLost(f"{host}:{port} cannot be reached: {said(error)}") from error


class Connection(ABC):
    """Reads until it ends. Use `next_frames` and the subclass's questions at once from one event loop, then `close`.

    A subclass says how bytes become frames and who waits for an answer.
    """

    peer: ClassVar[str]
    """Who is at the other end, as the beginning of a sentence."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        now: Callable[[], datetime],
        timeout_s: float,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._now, self._timeout_s = now, timeout_s
        self._frames = FrameQueue()
        self._ending = "closed"
        self._task = asyncio.create_task(self._read())

    @abstractmethod
    async def _take_complete(self, pending: bytes) -> bytes:
        """Take everything that has arrived in full; returns the beginning of the next. Raises OtherProtocol."""

    @abstractmethod
    def _waiting(self) -> Iterable[asyncio.Future[Any]]:
        """Return what is still to be answered."""

    async def next_frames(self, *, most: int = 500) -> list[Frame]:
        """Return what has arrived, at least one frame. Raises ConnectionLost once all before the loss was returned."""
        return await self._frames.next(most=most)

    async def close(self) -> None:
        """End the connection; what has arrived can still be read."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _keep(self, raw: bytes) -> None:
        """Hand on a frame with the instant of its arrival."""
        await self._frames.put(Frame(raw, self._now()))

    async def _ask(self, name: str, data: bytes, answer: asyncio.Future[T]) -> T:
        """Send and wait for the answer. Raises ConnectionLost if the connection is lost or nothing comes."""
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(data)
                await self._writer.drain()
                return await answer
        except TimeoutError as error:
            raise ConnectionLost(f"{name} was not answered within {self._timeout_s:g} s") from error
        except OSError as error:
            raise ConnectionLost(f"The connection was lost: {said(error)}") from error

    async def _read(self) -> None:
        pending = b""
        try:
            while True:
                found = await self._reader.read(READ_BYTES)
                if not found:
                    self._ending = f"{self.peer} closed the connection."
                    break
                pending = await self._take_complete(pending + found)
        except OtherProtocol as error:
            self._ending = str(error)
        except OSError as error:
            self._ending = f"The connection was lost: {said(error)}"
        finally:
            for answer in self._waiting():
                if not answer.done():
                    answer.set_exception(ConnectionLost(self._ending))
                    # whoever asked may have gone
                    answer.exception()
            self._frames.end(self._ending)
