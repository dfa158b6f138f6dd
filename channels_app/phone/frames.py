"""What clients of telephone systems hand on: frames as they came, and how a connection fails."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime

READ_BYTES = 65536
MOST_WAITING = 20_000
"""Frames held while the database is out of reach; then the telephone system is kept waiting (TCP)."""


class ConnectionLost(Exception):
    """The connection failed or was lost; the message says how. It can be tried again."""


class LoginRefused(ConnectionLost):
    """The telephone system does not accept the login: somebody has to mend the settings."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame without what closes it, and when it had arrived."""

    raw: bytes
    arrived: datetime


class FrameQueue:
    """Frames between the socket and the database: bounded, and read to the end after the connection is over."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._arrived, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._ending = ""

    async def put(self, frame: Frame) -> None:
        """Add a frame; waits while too many wait."""
        while len(self._frames) >= MOST_WAITING:
            self._room.clear()
            await self._room.wait()
        self._frames.append(frame)
        self._arrived.set()

    def end(self, why: str) -> None:
        """No frame comes any more."""
        self._ending = why
        self._arrived.set()

    async def next(self, *, most: int) -> list[Frame]:
        """Return what has arrived, at least one frame; raises ConnectionLost once everything was returned."""
        while not self._frames:
            if self._ending:
                raise ConnectionLost(self._ending)
            self._arrived.clear()
            await self._arrived.wait()
        frames = [self._frames.popleft() for _ in range(min(most, len(self._frames)))]
        self._room.set()
        return frames


def said(error: BaseException) -> str:
    """Return a network error in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
