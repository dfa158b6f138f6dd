"""One connection to an Asterisk Manager Interface: log in, send actions, hand on every frame as it came.

Frames are handed on raw, with the instant their last byte arrived, so that they can be stored before anybody uses them.
After AMI 11 (Asterisk 22).
"""

import asyncio
import hashlib
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from channels_app.phone.asterisk_ami import MAX_FRAME_BYTES, ami_headers
from channels_app.phone.asterisk_ami_events import Unreadable
from channels_app.phone.frames import READ_BYTES, ConnectionLost, Frame, FrameQueue, LoginRefused, said

END_OF_FRAME = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiLogin:
    """Where and as whom to log in. `challenge` keeps the secret off the wire (MD5)."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: bool = False
    challenge: bool = True


class AmiClient:
    """An open connection. Use `open`, then `next_frames` and `act` at once from one event loop, then `close`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        now: Callable[[], datetime],
        action_id: Callable[[], str],
        timeout_s: float,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._now, self._action_id, self._timeout_s = now, action_id, timeout_s
        self._frames = FrameQueue()
        self._answers: dict[str, asyncio.Future[Mapping[str, str]]] = {}
        self._ending = "closed"
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls,
        *,
        login: AmiLogin,
        now: Callable[[], datetime],
        action_id: Callable[[], str] = lambda: str(uuid4()),
        timeout_s: float = 10.0,
    ) -> "AmiClient":
        """Connect and log in. Raises LoginRefused for a wrong login, ConnectionLost for everything else."""
        context = ssl.create_default_context() if login.tls else None
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(login.host, login.port, ssl=context, limit=READ_BYTES)
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(f"{login.host}:{login.port} cannot be reached: {said(error)}") from error
        client = cls(reader, writer, now=now, action_id=action_id, timeout_s=timeout_s)
        try:
            await client._log_in(login)
        except BaseException:
            await client.close()
            raise
        return client

    async def _log_in(self, login: AmiLogin) -> None:
        proof = {"Secret": login.secret}
        if login.challenge:
            answer = await self.act("Challenge", AuthType="MD5")
            text = answer.get("Challenge", "")
            digest = hashlib.md5(f"{text}{login.secret}".encode(), usedforsecurity=False).hexdigest()
            proof = {"AuthType": "MD5", "Key": digest}
        answer = await self.act("Login", Username=login.username, Events="on", **proof)
        if answer.get("Response") != "Success":
            raise LoginRefused(f"The telephone system refuses the login: {answer.get('Message', 'no reason given')}.")

    async def act(self, name: str, **headers: str) -> Mapping[str, str]:
        """Send an action and return its answer. Raises ConnectionLost if the connection is lost or nothing comes."""
        action_id = headers.pop("ActionID", "") or self._action_id()
        lines = [f"Action: {name}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in headers.items())]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError(f"{name}: a line break in a value")
        answer: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
        self._answers[action_id] = answer
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write("\r\n".join(lines).encode() + END_OF_FRAME)
                await self._writer.drain()
                return await answer
        except TimeoutError as error:
            raise ConnectionLost(f"{name} was not answered within {self._timeout_s:g} s") from error
        except OSError as error:
            raise ConnectionLost(f"The connection was lost: {said(error)}") from error
        finally:
            self._answers.pop(action_id, None)

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

    async def _read(self) -> None:
        pending = b""
        try:
            while True:
                found = await self._reader.read(READ_BYTES)
                if not found:
                    self._ending = "The telephone system closed the connection."
                    break
                *complete, pending = (pending + found).split(END_OF_FRAME)
                for raw in complete:
                    await self._take(raw)
                if len(pending) > MAX_FRAME_BYTES:
                    self._ending = f"A frame of more than {MAX_FRAME_BYTES} bytes: this is no manager interface."
                    break
        except OSError as error:
            self._ending = f"The connection was lost: {said(error)}"
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionLost(self._ending))
            self._frames.end(self._ending)

    async def _take(self, raw: bytes) -> None:
        if not raw.strip():
            return
        await self._frames.put(Frame(raw.lstrip(b"\r\n"), self._now()))
        if b"Response: " not in raw:
            return
        try:
            headers = ami_headers(raw)
        except Unreadable:
            # it is kept as it came; an action it may have answered runs out of time
            return
        answer = self._answers.get(headers.get("ActionID", ""))
        if answer is not None and "Response" in headers and "Event" not in headers and not answer.done():
            answer.set_result(headers)
