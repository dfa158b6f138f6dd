"""A chat message from the visitor's socket to the operator's socket, through the real doors.

Visitors write at the same time, each waiting until the operator's console was told of the message. The message is
stored, made an entry of its ticket and committed on the way. The baseline is the least a durable relay can do in the
same run: one INSERT committed by plain SQL, published on Valkey, received by a subscriber.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import threading
import time
from typing import Any, Final
from uuid import uuid4

import psycopg
import redis
from websockets.asyncio.client import ClientConnection, connect

from bench.figures import summary
from bench.web import session_cookies, web_process

VISITORS: Final = 8
MESSAGES: Final = 8
"""Messages of one visitor, below the burst a visitor is allowed."""
ADDRESS: Final = "bench-chat"


def run(*, quick: bool) -> dict[str, object]:
    """Return p50 and p95 from visitor to operator, and of acknowledging, beside the baseline."""
    cookies = session_cookies(_set_up())
    rounds = 1 if quick else 5
    with web_process() as web:
        arrived, acknowledged, elapsed_s = asyncio.run(_measure(port=web.port, cookies=cookies, rounds=rounds))
    return {
        "visitors_at_once": VISITORS,
        "messages": len(arrived),
        "visitor_to_operator": summary(arrived, elapsed_s=elapsed_s),
        "visitor_to_acknowledgement": summary(acknowledged, elapsed_s=elapsed_s),
        "sql_and_valkey_alone": _baseline(count=len(arrived)),
    }


class Console:
    """The operator's socket: resolves who waits for an entry on a ticket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._entries: dict[int, asyncio.Queue[float]] = {}
        self.tickets: asyncio.Queue[int] = asyncio.Queue()

    async def listen(self) -> None:
        """Note the instant of every entry."""
        async for text in self._socket:
            now = time.perf_counter()
            frame = json.loads(text)
            if frame["type"] != "event" or frame["event"]["kind"] != "entry.added":
                continue
            ticket_id = frame["event"]["payload"]["ticket_id"]
            if ticket_id not in self._entries:
                self._entries[ticket_id] = asyncio.Queue()
                self.tickets.put_nowait(ticket_id)
            else:
                self._entries[ticket_id].put_nowait(now)

    async def entry(self, ticket_id: int) -> float:
        """Return the instant of the next entry of this ticket."""
        async with asyncio.timeout(30):
            return await self._entries[ticket_id].get()


async def _measure(*, port: int, cookies: dict[str, str], rounds: int) -> tuple[list[float], list[float], float]:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    origin = f"http://127.0.0.1:{port}"
    arrived: list[float] = []
    acknowledged: list[float] = []
    elapsed_s = 0.0
    async with connect(f"ws://127.0.0.1:{port}/ws/console/", additional_headers=headers, origin=origin) as socket:  # type: ignore[arg-type]
        await socket.recv()
        console = Console(socket)
        listening = asyncio.create_task(console.listen())
        for _ in range(rounds):
            async with contextlib.AsyncExitStack() as stack:
                visitors = []
                for number in range(VISITORS):
                    visitor = await stack.enter_async_context(
                        connect(f"ws://127.0.0.1:{port}/ws/chat/{ADDRESS}/", origin=origin)  # type: ignore[arg-type]
                    )
                    visitors.append((visitor, await _first_message(visitor, console, number)))
                began = time.perf_counter()
                results = await asyncio.gather(*(_chat(visitor, console, ticket) for visitor, ticket in visitors))
                elapsed_s += time.perf_counter() - began
            for times, acks in results:
                arrived += times
                acknowledged += acks
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    return arrived, acknowledged, elapsed_s


async def _first_message(visitor: ClientConnection, console: Console, number: int) -> int:
    """Say hello and open a ticket; return it."""
    await visitor.send(json.dumps({"type": "hello", "language": "en", "name": f"Visitor {number}"}))
    await _until(visitor, "welcome")
    await visitor.send(json.dumps({"type": "message", "uuid": str(uuid4()), "text": "Where is my order, please?"}))
    await _until(visitor, "ack")
    async with asyncio.timeout(30):
        return await console.tickets.get()


async def _chat(visitor: ClientConnection, console: Console, ticket_id: int) -> tuple[list[float], list[float]]:
    arrived, acknowledged = [], []
    for number in range(1, MESSAGES):
        await asyncio.sleep(random.uniform(0.05, 0.15))
        began = time.perf_counter()
        await visitor.send(
            json.dumps({"type": "message", "uuid": str(uuid4()), "text": f"It is number {number} of mine"})
        )
        entry = asyncio.create_task(console.entry(ticket_id))
        await _until(visitor, "ack")
        acknowledged.append(time.perf_counter() - began)
        arrived.append(await entry - began)
    return arrived, acknowledged


async def _until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == "error":
                raise RuntimeError(f"the chat refused: {frame}")
            if frame["type"] == kind:
                return frame


def _baseline(*, count: int) -> dict[str, float]:
    """One INSERT, committed, published, received: as many times, VISITORS at once."""
    durations: list[float] = []
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute("CREATE TABLE IF NOT EXISTS bench_chat (id bigserial PRIMARY KEY, at timestamptz, text text)")

    def work(number: int) -> None:
        valkey = redis.Redis.from_url(os.environ["REDIS_URL"])
        pubsub = valkey.pubsub()  # type: ignore[no-untyped-call]
        pubsub.subscribe(f"bench-chat-{number}")
        pubsub.get_message(timeout=5)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
            for _ in range(max(1, count // VISITORS)):
                began = time.perf_counter()
                link.execute("INSERT INTO bench_chat (at, text) VALUES (now(), 'It is a message')")
                valkey.publish(f"bench-chat-{number}", "It is a message")
                while pubsub.get_message(timeout=5) is None:
                    pass
                durations.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(VISITORS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return summary(durations, elapsed_s=time.perf_counter() - began)


def _set_up() -> int:
    """Make an account with a chat endpoint and an operator who serves it; return the operator's user."""
    from channels_app.models import Endpoint, EndpointKind
    from contactcenter.operators.models import Operator
    from contactcenter.tenancy.doors import open_account
    from contactcenter.tenancy.models import Account, Membership, Role, User

    account, created = Account.objects.get_or_create(slug="bench-chat", defaults={"name": "Bench chat"})
    if not created:
        return User.objects.get(email="bench-chat@example.org").pk
    with open_account(account.pk):
        Endpoint.objects.create(
            account=account, kind=EndpointKind.WEBCHAT, address=ADDRESS, name="Bench", language="en"
        )
    user = User.objects.create_user("bench-chat@example.org", None, full_name="Bench", role=Role.OPERATOR)
    Membership.objects.create(user=user, account=account)
    Operator.objects.create(user=user, display_name="Bench")
    return user.pk
