"""One connection to an Asterisk Manager Interface: log in, send actions, hand on every frame as it came.

Frames are handed on raw, with the instant their last byte arrived, so that they can be stored before anybody uses them.
After AMI 11 (Asterisk 22).
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from channels_app.phone.asterisk_ami import MAX_FRAME_BYTES, ami_headers
from channels_app.phone.asterisk_ami_events import Unreadable
from channels_app.phone.connection import Connection, OtherProtocol, open_stream
from channels_app.phone.frames import LoginRefused

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


class AmiClient(Connection):
    """An open manager connection: `open`, then `next_frames` and `act` at once from one event loop, then `close`."""

    peer = "The telephone system"

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        now: Callable[[], datetime],
        action_id: Callable[[], str],
        timeout_s: float,
    ) -> None:
        self._action_id = action_id
        self._answers: dict[str, asyncio.Future[Mapping[str, str]]] = {}
        super().__init__(reader, writer, now=now, timeout_s=timeout_s)

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
        reader, writer = await open_stream(host=login.host, port=login.port, timeout_s=timeout_s, tls=login.tls)
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
            return await self._ask(name, "\r\n".join(lines).encode() + END_OF_FRAME, answer)
        finally:
            self._answers.pop(action_id, None)

    def _waiting(self) -> Iterable[asyncio.Future[Any]]:
        return self._answers.values()

    async def _take_complete(self, pending: bytes) -> bytes:
        *complete, rest = pending.split(END_OF_FRAME)
        for raw in complete:
            await self._take(raw)
        if len(rest) > MAX_FRAME_BYTES:
            raise OtherProtocol(f"A frame of more than {MAX_FRAME_BYTES} bytes: this is no manager interface.")
        return rest

    async def _take(self, raw: bytes) -> None:
        if not raw.strip():
            return
        await self._keep(raw.lstrip(b"\r\n"))
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
