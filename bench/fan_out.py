"""One queue event to 1,000 consoles of one web process, beside raw uvicorn that sends the same bytes to as many.

Product and baseline take turns in the same run. Measured is the time from the event's publication (the baseline: from
the request that starts its loop of sends) until the last socket has its frame. The sockets' side reads and counts, no
more; it takes its share of the same cores.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from typing import Any, Final
from uuid import uuid4

import redis
from django.conf import settings

from bench.figures import percentile
from bench.web import session_cookies, web_process

SOCKETS: Final = 1_000
AT_ONCE: Final = 20
PATIENCE_S: Final = 120
EVENT: Final = {
    "kind": "ticket.waiting",
    "at": "2026-06-15T09:00:00.000000Z",
    "account_id": 1,
    "payload": {"ticket_id": 4711, "language": "en", "priority": 2, "waiting_since": "2026-06-15T09:00:00.000000Z"},
}


def run(*, quick: bool) -> dict[str, object]:
    """Return p50 and p95 of both in ms, and how many times as long the product takes (the goal: at most 3)."""
    sockets, rounds = (100, 3) if quick else (SOCKETS, 20)
    cookies = session_cookies(_set_up())
    with web_process(processes=1) as product, web_process("bench.raw_sockets:application", processes=1) as raw:
        ours, theirs = asyncio.run(_measure(product.port, raw.port, cookies, sockets=sockets, rounds=rounds))
    figures = {
        name: {"p50_ms": percentile(taken, 0.5), "p95_ms": percentile(taken, 0.95)}
        for name, taken in (("product", ours), ("raw_uvicorn", theirs))
    }
    ratio = figures["product"]["p50_ms"] / figures["raw_uvicorn"]["p50_ms"]
    return {"sockets": sockets, "rounds": rounds, **figures, "times_raw_uvicorn": round(ratio, 2)}


class Crowd:
    """All sockets of one server: how many are open, and how many frames of an event have come."""

    def __init__(self) -> None:
        self.awaited = b""
        self.frame = b""
        self.last_at = 0.0
        self._missing = 0
        self._done = asyncio.Event()

    def expect(self, kind: bytes, count: int) -> None:
        """From now on count frames that hold `kind`."""
        self.awaited, self._missing = kind, count
        self._done.clear()

    def take(self, frame: bytes) -> None:
        """A socket has received a frame."""
        if self.awaited in frame:
            self.frame = frame
            self._missing -= 1
            if self._missing == 0:
                self.last_at = time.perf_counter()
                self._done.set()

    async def complete(self) -> None:
        """Wait for the last frame."""
        await asyncio.wait_for(self._done.wait(), PATIENCE_S)


class Listener(asyncio.Protocol):
    """A websocket that only reads; a server's frames are not masked (RFC 6455, 5.2)."""

    def __init__(self, crowd: Crowd, request: bytes) -> None:
        self._crowd = crowd
        self._request = request
        self._data = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = transport  # else it would be collected
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take whole frames."""
        self._data += data
        if not self._is_open:
            head, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.splitlines()[0]:
                raise RuntimeError(f"the socket was refused: {head[:200]!r}")
            self._is_open, self._data = True, rest
        while len(self._data) >= 4:
            size, start = self._data[1] & 127, 2
            if size == 126:
                size, start = int.from_bytes(self._data[2:4], "big"), 4
            if len(self._data) < start + size:
                return
            self._crowd.take(self._data[start : start + size])
            self._data = self._data[start + size :]


async def _measure(
    product: int, raw: int, cookies: dict[str, str], *, sockets: int, rounds: int
) -> tuple[list[float], list[float]]:
    consoles = await _crowd(product, "/ws/console/", cookies, sockets)
    others = await _crowd(raw, "/", {}, sockets)
    publisher = redis.Redis.from_url(settings.REDIS_URL)
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        event = json.dumps({"audience": "staff", "event": {**EVENT, "cursor": f"1-{number}"}})
        consoles.expect(b'"ticket.waiting"', sockets)
        began = time.perf_counter()
        publisher.publish(settings.LIVE_CHANNEL, event)
        await consoles.complete()
        ours.append(consoles.last_at - began)
        others.expect(b'"ticket.waiting"', sockets)
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", raw)
        size = len(consoles.frame)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (size, consoles.frame))
        await others.complete()
        theirs.append(others.last_at - began)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
    return ours, theirs


async def _crowd(port: int, path: str, cookies: dict[str, str], sockets: int) -> Crowd:
    """Open the sockets; every one has said hello when this returns."""
    crowd = Crowd()
    crowd.expect(b'"hello"', sockets)
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(AT_ONCE)

    async def connect() -> None:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"Cookie: {'; '.join(f'{name}={value}' for name, value in cookies.items())}\r\n\r\n"
        )
        async with gate:
            await loop.create_connection(lambda: Listener(crowd, request.encode()), "127.0.0.1", port)

    await asyncio.gather(*(connect() for _ in range(sockets)))
    await crowd.complete()
    return crowd


def _set_up() -> int:
    """Return the user of an operator who serves a new account."""
    from contactcenter.operators.models import Operator
    from contactcenter.tenancy.models import Account, Membership, Role, User

    name = uuid4().hex[:8]
    account = Account.objects.create(name="Bench fan-out", slug=f"bench-{name}")
    user: Any = User.objects.create_user(f"{name}@example.org", None, full_name="Bench", role=Role.OPERATOR)
    Membership.objects.create(user=user, account=account)
    Operator.objects.create(user=user, display_name="Bench")
    return int(user.pk)
