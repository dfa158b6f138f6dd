"""A manager interface on loopback that replays recorded connections, cut anywhere, and answers what it is asked."""

import asyncio
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from channels_app.phone.ami_client import AmiClient, AmiLogin
from channels_app.phone.asterisk_ami import ArrivalClock


@dataclass(slots=True)
class Recording:
    """The bytes of one connection and when they arrived."""

    data: bytes
    clock: ArrivalClock


@dataclass(slots=True)
class ReplayServer:
    """Serves the recordings, one a connection, each until its end; then it refuses to be found.

    The recorded answers belong to ActionIDs rec-1 to rec-3: the client must ask under these names. `at` is the
    recorded instant of what was sent last. Everything is driven by the reading of the client, nothing sleeps.
    """

    recordings: Sequence[Recording]
    cuts: random.Random
    on_exhausted: Callable[[], None]
    asked: list[dict[str, str]] = field(default_factory=list)
    at: datetime | None = None
    _server: Any = None
    _served: int = 0
    _taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> "ReplayServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    @property
    def login(self) -> AmiLogin:
        """How to log in to it."""
        port = self._server.sockets[0].getsockname()[1]
        return AmiLogin(host="127.0.0.1", port=port, username="bridge", secret="s3cret", challenge=False)

    def now(self) -> datetime:
        """The recorded instant."""
        return self.at or datetime(2026, 11, 23, tzinfo=UTC)

    async def open(self, *, login: AmiLogin, now: Callable[[], datetime]) -> AmiClient:
        """Open a client whose actions are named as the recorded ones were."""
        names = iter(f"rec-{number}" for number in range(1, 10_000))
        return await AmiClient.open(login=login, now=now, action_id=lambda: next(names))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._served >= len(self.recordings):
            writer.close()
            self.on_exhausted()
            return
        recording = self.recordings[self._served]
        self._served += 1
        listening = asyncio.create_task(self._listen(reader))
        position = 0
        asked_before = len(self.asked)
        answers = [recording.data.find(f"ActionID: rec-{number}\r\n".encode()) for number in (1, 2, 3)]
        while position < len(recording.data):
            size = self.cuts.choice([1, 2, 3, 7, 60, 400, 3000])
            held = [answer for number, answer in enumerate(answers) if len(self.asked) - asked_before <= number]
            end = min([position + size, *(answer for answer in held if answer >= position)])
            if end == position:
                # nothing is answered before it was asked
                await asyncio.sleep(0)
                continue
            chunk = recording.data[position:end]
            self.at = recording.clock.at(position) or self.at
            writer.write(chunk)
            await writer.drain()
            position += len(chunk)
            for _ in range(3):
                await asyncio.sleep(0)
        writer.close()
        listening.cancel()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while not reader.at_eof():
            try:
                frame = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            lines = frame.decode().strip().split("\r\n")
            self.asked.append(dict(line.split(": ", 1) for line in lines))


class AnsweringServer:
    """A manager interface that takes any action but those it `refuses` (with what message); tests say what it sends."""

    def __init__(self, *, secret: str = "s3cret") -> None:  # noqa: S107  a stand-in's
        self.secret = secret
        self.refuses: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.connected = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: Any = None
        self._waiting: list[tuple[str, asyncio.Future[dict[str, str]]]] = []

    async def __aenter__(self) -> "AnsweringServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        for writer in self._writers:
            writer.close()
        self._server.close()

    def login(self, *, secret: str | None = None, challenge: bool = True) -> AmiLogin:
        """How to log in to it."""
        port = self._server.sockets[0].getsockname()[1]
        return AmiLogin(
            host="127.0.0.1", port=port, username="bridge", secret=secret or self.secret, challenge=challenge
        )

    async def send(self, *frames: str) -> None:
        """Send frames (lines) on the newest connection."""
        for frame in frames:
            self._writers[-1].write("\r\n".join(frame.strip().split("\n")).encode() + b"\r\n\r\n")
        await self._writers[-1].drain()

    def drop(self) -> None:
        """Lose the newest connection."""
        self._writers[-1].close()

    async def action(self, name: str) -> dict[str, str]:
        """Return the next action of this name, waiting for it."""
        for asked in self.asked:
            if asked["Action"] == name and "seen" not in asked:
                asked["seen"] = "yes"
                return asked
        future: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((name, future))
        return await asyncio.wait_for(future, 20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                frame = await reader.readuntil(b"\r\n\r\n")
                lines = [line.partition(":") for line in frame.decode().strip().split("\r\n")]
                action = {name: value.strip() for name, _, value in lines}
                await self._answer(action, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # the client has gone, or the test is over
            return

    async def _answer(self, action: dict[str, str], writer: asyncio.StreamWriter) -> None:
        said = "Response: Success"
        if action["Action"] == "Challenge":
            said += "\r\nChallenge: 145769581"
        elif action["Action"] == "Login":
            key = hashlib.md5(f"145769581{self.secret}".encode(), usedforsecurity=False).hexdigest()
            right = action.get("Secret") == self.secret or action.get("Key") == key
            said = said if right else "Response: Error\r\nMessage: Authentication failed"
        elif action["Action"] in self.refuses:
            said = f"Response: Error\r\nMessage: {self.refuses[action['Action']]}"
        writer.write(f"{said}\r\nActionID: {action['ActionID']}\r\n\r\n".encode())
        self.asked.append(action)
        for waiting in list(self._waiting):
            if waiting[0] == action["Action"]:
                self._waiting.remove(waiting)
                action["seen"] = "yes"
                waiting[1].set_result(action)
                break
        if action["Action"] == "CoreShowChannels":
            self.connected.set()
