"""Live events inside one process: one subscription, one serialisation, fan-out in memory.

A stock Channels group costs 0.3 to 0.7 ms a socket and event, because every socket holds its own subscription. Here a
process listens once on Valkey and hands each event to its sockets' queues.

Valkey's publish is at most once, so the database stays the truth: the hub also reads the event table by cursor, every
second while Valkey is lost, every few seconds otherwise. What both bring is delivered once.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from contactcenter.kernel import push
from contactcenter.kernel.push import Cursor

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOST_POLL_S: Final = 1.0
SPARE_POLL_S: Final = 5.0
CANCEL_AGAIN_S: Final = 0.5
QUEUE_FRAMES: Final = 1_000
"""A socket so many frames behind is dropped; its client comes back and catches up by cursor."""
REMEMBERED: Final = 20_000
"""Events remembered as delivered, so that the spare read does not repeat them."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to sockets. `event` is what push.as_json gave; `message` sends the ready console frame.

    All sockets share the message: nobody may change it.
    """

    audience: str
    event: dict[str, Any]
    message: dict[str, str]


@dataclass(eq=False, slots=True)
class Subscription:
    """One socket's share of the stream. Iterate over it; it ends when the socket fell too far behind."""

    audiences: frozenset[str]
    every_account: bool
    overflowed: bool = False
    _queue: asyncio.Queue[Delivery | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_FRAMES + 1))

    def offer(self, delivery: Delivery) -> None:
        """Queue a delivery; a full queue ends the subscription instead of growing."""
        if self.overflowed:
            return
        if self._queue.qsize() >= QUEUE_FRAMES:
            self.overflowed = True
            self._queue.put_nowait(None)
            return
        self._queue.put_nowait(delivery)

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Delivery:
        delivery = await self._queue.get()
        if delivery is None:
            raise StopAsyncIteration
        return delivery


class Hub:
    """The process's live events. Starts with its first subscription, stops with the last."""

    def __init__(
        self,
        *,
        redis_url: str,
        read_horizon: Callable[[], Cursor],
        read_after: Callable[[Cursor], Sequence[tuple[str, dict[str, Any]]]],
        lost_poll_s: float = LOST_POLL_S,
        spare_poll_s: float = SPARE_POLL_S,
    ) -> None:
        self._redis_url = redis_url
        self._read_horizon = read_horizon
        self._read_after = read_after
        self._lost_poll_s = lost_poll_s
        self._spare_poll_s = spare_poll_s
        self._by_audience: dict[str, set[Subscription]] = defaultdict(set)
        self._every_account: set[Subscription] = set()
        self._count = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._delivered: OrderedDict[str, None] = OrderedDict()
        self._safe = Cursor(0, 0)
        self._database: ThreadPoolExecutor | None = None
        self.listening = False
        """Whether the Valkey subscription stands."""

    async def subscribe(self, *, audiences: Iterable[str], every_account: bool = False) -> Subscription:
        """Return a running subscription to these audiences; `every_account` adds all of "account:*"."""
        async with self._lock:
            if not self._tasks:
                await self._start()
            subscription = Subscription(frozenset(audiences), every_account)
            self._add(subscription)
            self._count += 1
            return subscription

    def change(
        self,
        subscription: Subscription,
        *,
        audiences: Iterable[str],
        every_account: bool,
    ) -> None:
        """Give a running subscription other audiences (memberships change while a socket stays open)."""
        self._discard(subscription)
        subscription.audiences = frozenset(audiences)
        subscription.every_account = every_account
        self._add(subscription)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; the last one stops the hub."""
        async with self._lock:
            self._discard(subscription)
            self._count -= 1
            if self._count <= 0:
                await self._stop()

    def deliver(self, *, audience: str, event: dict[str, Any]) -> int:
        """Hand one event to everyone it is for, once; return how many sockets that is."""
        identity = event["cursor"]
        # what only passes by has no cursor, and comes once
        if identity:
            if identity in self._delivered:
                return 0
            self._delivered[identity] = None
            if len(self._delivered) > REMEMBERED:
                self._delivered.popitem(last=False)
        targets = self._by_audience.get(audience, set())
        if self._every_account and audience.startswith("account:"):
            targets = targets | self._every_account
        if not targets:
            return 0
        frame = json.dumps(
            {"type": "event", "cursor": str(self._safe), "event": event},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        delivery = Delivery(audience, event, {"type": "websocket.send", "text": frame})
        for subscription in targets:
            subscription.offer(delivery)
        return len(targets)

    def _add(self, subscription: Subscription) -> None:
        for audience in subscription.audiences:
            self._by_audience[audience].add(subscription)
        if subscription.every_account:
            self._every_account.add(subscription)

    def _discard(self, subscription: Subscription) -> None:
        for audience in subscription.audiences:
            sockets = self._by_audience[audience]
            sockets.discard(subscription)
            if not sockets:
                del self._by_audience[audience]
        self._every_account.discard(subscription)

    async def _start(self) -> None:
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub")
        self._safe = await self._read(self._read_horizon)
        self._tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._poll()),
        ]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        running = set(tasks)
        while running:
            # the Valkey client may swallow a cancellation that meets it between two reads: ask again
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)
        self.listening = False
        if self._database is not None:
            await asyncio.get_running_loop().run_in_executor(self._database, lambda: connection.close())
            self._database.shutdown(wait=False)
            self._database = None

    async def _read(self, reader: Callable[..., T], *arguments: Any) -> T:
        def run() -> T:
            close_old_connections()
            try:
                return reader(*arguments)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._database, run)

    async def _listen(self) -> None:
        """Keep one Valkey subscription; while it is lost the poll runs every second."""
        while True:
            client = redis.asyncio.Redis.from_url(self._redis_url, socket_connect_timeout=2)
            try:
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(settings.LIVE_CHANNEL)
                    self.listening = True
                    # what was published while nobody listened is read from the table at once
                    self._wake.set()
                    while True:
                        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=30.0)
                        if message is None:
                            await pubsub.ping()
                        elif message["type"] == "message":
                            self._take(message["data"])
            except (RedisError, OSError) as error:
                if self.listening:
                    logger.warning(
                        "Valkey is lost, live events are read from the database every second: %s",
                        error,
                    )
                self.listening = False
                self._wake.set()
            finally:
                with suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(self._lost_poll_s)

    def _take(self, data: bytes | str) -> None:
        try:
            message = json.loads(data)
            self.deliver(audience=message["audience"], event=message["event"])
        except (ValueError, KeyError, TypeError):
            logger.exception("a frame on the live channel was not an event: %.200r", data)

    async def _poll(self) -> None:
        """Read the table by cursor for ever: catches what Valkey dropped, and moves the safe cursor on."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    self._wake.wait(),
                    timeout=self._spare_poll_s if self.listening else self._lost_poll_s,
                )
            self._wake.clear()
            try:
                await self.catch_up()
            except Exception:
                # a door: the database may be restarting; the next turn reads from the same cursor
                logger.exception("live events could not be read from the database")

    async def catch_up(self) -> None:
        """Deliver every event that is complete in the table and was not delivered yet."""
        while True:
            horizon = await self._read(self._read_horizon)
            events = await self._read(self._read_after, self._safe)
            for audience, event in events:
                self.deliver(audience=audience, event=event)
                self._safe = Cursor.parse(event["cursor"])
            if not events:
                # nothing was between the old cursor and a horizon taken before the read
                self._safe = max(self._safe, horizon)
                return


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop (one per process in production)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(
            redis_url=settings.REDIS_URL,
            read_horizon=push.current_cursor,
            read_after=push.published_after,
        )
    return _hubs[loop]
