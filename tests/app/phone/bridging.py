"""A bridge that runs against a manager interface on loopback, and what the console tells it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from asgiref.sync import sync_to_async

from channels_app.phone.bridge import Bridge
from contactcenter.realtime.phone_presence import ConsolePresences

AT = datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)


class Orders:
    """What the console tells the bridge, fed by the test."""

    def __init__(self):
        self.queue = asyncio.Queue()

    async def __call__(self):
        while True:
            yield await self.queue.get()


async def _never(seconds):
    await asyncio.Event().wait()


@asynccontextmanager
async def connected(pbx, server, **options):
    """Give (bridge, the queue of its orders) while the bridge is logged in."""
    orders = Orders()
    bridge = Bridge(
        endpoint_id=pbx.pk,
        login=server.login(),
        presences=ConsolePresences(),
        orders=orders,
        **{"now": lambda: AT, "wait": _never, **options},
    )
    running = asyncio.create_task(bridge.run())
    await asyncio.wait_for(server.connected.wait(), 20)
    while not bridge.is_greeted:
        await asyncio.sleep(0.005)
    try:
        yield bridge, orders.queue
    finally:
        bridge.stopping.set()
        await asyncio.wait_for(running, 20)


async def until(condition):
    """Give way until it holds: everything here is driven by events on loopback."""
    async with asyncio.timeout(20):
        while not await sync_to_async(condition)():
            await asyncio.sleep(0.005)
