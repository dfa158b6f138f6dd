"""An event socket on loopback that replays connections, cut into pieces anywhere, and answers what it is asked."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from channels_app.phone.esl_client import EslLogin


def event(name: str, second: float, **headers: str) -> dict[str, str]:
    """An event `second` seconds after 2026-11-23 15:00 UTC."""
    stamp = 1_795_446_000_000_000 + round(second * 1_000_000)
    return {"Event-Name": name, "Event-Date-Timestamp": str(stamp), **headers}


def message(found: dict[str, str], *, form: str) -> bytes:
    """The event as FreeSWITCH sends it."""
    if form == "json":
        body = json.dumps(found).encode()
    else:
        body = "".join(f"{name}: {quote(value)}\n" for name, value in found.items()).encode() + b"\n"
    return f"Content-Length: {len(body)}\nContent-Type: text/event-{form}\n\n".encode() + body


async def _at_once(number: int) -> None:
    return


@dataclass
class EventSocket:
    """Serves `connections` in turn: the events of each, then the loss of the connection; then it calls on_exhausted.

    `channels` are what `show channels` lists, one list a connection. A connection is lost only when `before_loss` of
    its number is done, so that what the client does with the answers does not race with the loss. Nothing sleeps.
    """

    connections: Sequence[Sequence[dict[str, str]]] = ()
    channels: Sequence[Sequence[dict[str, str]]] = ()
    form: str = "json"
    cuts: random.Random = field(default_factory=lambda: random.Random(20261126))
    password: str = "ClueCon"
    rude: bool = False
    on_exhausted: Callable[[], None] = lambda: None
    before_loss: Callable[[int], Awaitable[None]] = _at_once
    asked: list[str] = field(default_factory=list)
    stays: bool = False
    _served: int = 0
    _server: Any = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __aenter__(self) -> "EventSocket":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        for writer in self._writers:
            writer.close()
        self._server.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1])

    def login(self, *, password: str = "ClueCon") -> EslLogin:  # noqa: S107  a stand-in's
        """How to log in to it."""
        return EslLogin(host="127.0.0.1", port=self.port, password=password, form=self.form)

    async def send(self, *events: dict[str, str]) -> None:
        """Send events on the newest connection."""
        for each in events:
            self._writers[-1].write(message(each, form=self.form))
        await self._writers[-1].drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self.rude:
            writer.write(b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
            writer.close()
            return
        number, self._served = self._served, self._served + 1
        if self.connections and number >= len(self.connections):
            writer.close()
            self.on_exhausted()
            return
        writer.write(b"Content-Type: auth/request\n\n")
        try:
            while True:
                line = (await reader.readuntil(b"\n\n")).decode().strip()
                self.asked.append(line)
                await self._write(writer, self._answer(line, number))
                if line.startswith("api show"):
                    for each in self.connections[number] if self.connections else ():
                        await self._write(writer, message(each, form=self.form))
                    if not self.stays:
                        await self.before_loss(number)
                        break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # the client has gone, or the test is over
            return
        writer.write(b"Content-Type: text/disconnect-notice\nContent-Length: 13\n\nDisconnected\n")
        writer.close()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        while data:
            size = self.cuts.choice([1, 2, 3, 7, 60, 400, 3000])
            writer.write(data[:size])
            await writer.drain()
            await asyncio.sleep(0)
            data = data[size:]

    def _answer(self, line: str, number: int) -> bytes:
        if line.startswith("auth "):
            said = "+OK accepted" if line == f"auth {self.password}" else "-ERR invalid"
            return f"Content-Type: command/reply\nReply-Text: {said}\n\n".encode()
        if line.startswith("event "):
            said = f"+OK event listener enabled {self.form}"
            return f"Content-Type: command/reply\nReply-Text: {said}\n\n".encode()
        rows = list(self.channels[number]) if number < len(self.channels) else []
        body = json.dumps({"row_count": len(rows), **({"rows": rows} if rows else {})}).encode()
        return f"Content-Type: api/response\nContent-Length: {len(body)}\n\n".encode() + body
