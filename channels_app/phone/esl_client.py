"""One connection to FreeSWITCH's event socket (inbound mode of mod_event_socket): log in, subscribe, hand on events.

A message is a block of headers and an empty line, then as many bytes as its Content-Length says. The bodies of events
(plain or JSON) are handed on raw, so that they can be stored before anybody uses them. Answers come in the order of
the commands. After FreeSWITCH 1.10.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels_app.phone.connection import Connection, OtherProtocol, open_stream
from channels_app.phone.frames import ConnectionLost, LoginRefused

END_OF_HEADERS = b"\n\n"
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024
EVENTS = frozenset({"text/event-plain", "text/event-json"})
ANSWERS = frozenset({"command/reply", "api/response"})
# what channels do, the queues of mod_callcenter, and the life of the system itself
SUBSCRIBED = (
    "CHANNEL_CREATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_HANGUP_COMPLETE",
    "STARTUP",
    "SHUTDOWN",
    "CUSTOM callcenter::info",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EslLogin:
    """Where and with what to log in; `form` is json or plain, how events are to come."""

    host: str
    port: int
    password: str = field(repr=False)
    form: str = "json"


@dataclass(frozen=True, slots=True)
class EslAnswer:
    """What a command was answered: the words, and the body of an api command."""

    text: str
    body: bytes

    @property
    def is_ok(self) -> bool:
        """Whether it was done."""
        return self.text.startswith("+OK") or (not self.text and not self.body.startswith(b"-"))


class EslClient(Connection):
    """An open event socket: `open`, then `next_frames` and `command` at once from one event loop, then `close`."""

    peer = "FreeSWITCH"

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        now: Callable[[], datetime],
        timeout_s: float,
    ) -> None:
        self._asked: deque[asyncio.Future[EslAnswer]] = deque()
        self._greeted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        super().__init__(reader, writer, now=now, timeout_s=timeout_s)

    @classmethod
    async def open(cls, *, login: EslLogin, now: Callable[[], datetime], timeout_s: float = 10.0) -> "EslClient":
        """Connect, log in and subscribe. Raises LoginRefused for a wrong password or address, else ConnectionLost."""
        reader, writer = await open_stream(host=login.host, port=login.port, timeout_s=timeout_s)
        client = cls(reader, writer, now=now, timeout_s=timeout_s)
        try:
            await client._log_in(login)
        except BaseException:
            await client.close()
            raise
        return client

    async def _log_in(self, login: EslLogin) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                greeting = await self._greeted
        except TimeoutError:
            raise ConnectionLost(f"{login.host}:{login.port} is no event socket: it does not ask to log in.") from None
        if greeting == "text/rude-rejection":
            raise LoginRefused("FreeSWITCH does not let this address in: see apply-inbound-acl of the event socket.")
        answer = await self.command(f"auth {login.password}")
        if not answer.is_ok:
            raise LoginRefused(f"FreeSWITCH refuses the password: {answer.text or 'no reason given'}.")
        answer = await self.command(f"event {login.form} {' '.join(SUBSCRIBED)}")
        if not answer.is_ok:
            raise LoginRefused(f"FreeSWITCH does not let us listen to events: {answer.text}.")

    async def command(self, line: str) -> EslAnswer:
        """Send a command and return its answer. Raises ConnectionLost if the connection is lost or nothing comes."""
        if "\r" in line or "\n" in line:
            raise ValueError("a line break in a command")
        answer: asyncio.Future[EslAnswer] = asyncio.get_running_loop().create_future()
        # the order of answers is that of commands: both are put in one step
        self._asked.append(answer)
        return await self._ask(line.partition(" ")[0], line.encode() + END_OF_HEADERS, answer)

    def _waiting(self) -> Iterable[asyncio.Future[Any]]:
        return [*self._asked, self._greeted]

    async def _take_complete(self, pending: bytes) -> bytes:
        while True:
            pending = pending.lstrip(b"\r\n")
            head, end, rest = pending.partition(END_OF_HEADERS)
            if not end:
                if len(pending) > MAX_HEADER_BYTES:
                    raise OtherProtocol("Headers without an end: this is no event socket.")
                return pending
            headers = _headers(head)
            length = _length(headers)
            if len(rest) < length:
                return pending
            await self._take(headers, rest[:length])
            pending = rest[length:]

    async def _take(self, headers: Mapping[str, str], body: bytes) -> None:
        kind = headers.get("content-type", "")
        if kind in EVENTS:
            await self._keep(body.strip(b"\r\n"))
        elif kind in ANSWERS:
            if self._asked:
                answer = self._asked.popleft()
                if not answer.done():
                    answer.set_result(EslAnswer(headers.get("reply-text", ""), body))
        elif kind in {"auth/request", "text/rude-rejection"} and not self._greeted.done():
            self._greeted.set_result(kind)


def _headers(head: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, _, value = line.rstrip("\r").partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MAX_MESSAGE_BYTES:
        raise OtherProtocol(f"Content-Length: {text[:20]!r}: at most {MAX_MESSAGE_BYTES} bytes are read.")
    return int(text)


def channel_rows(body: bytes) -> Sequence[Mapping[str, str]]:
    """Return the rows of `api show channels as json`. Raises ValueError where it is something else."""
    found = json.loads(body)
    rows = found.get("rows", []) if isinstance(found, dict) else None
    if not isinstance(rows, list) or not isinstance(found.get("row_count"), int):
        raise ValueError("no list of channels")
    return [{str(name): str(value) for name, value in row.items()} for row in rows if isinstance(row, dict)]
