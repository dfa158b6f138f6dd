"""Consoles of operators for the benches: websockets of a process of their own, as browsers are. Needs no Django."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any, Final

from websockets.asyncio.client import connect

PATIENCE_S: Final = 60


class Consoles:
    """The consoles of these operators, in a process of their own, as browsers are."""

    def __init__(self, *, port: int, cookies: dict[int, dict[str, str]]) -> None:
        self._arrived, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
        self._process = multiprocessing.get_context("spawn").Process(
            target=_listen_to_all, args=(port, cookies, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        self._next("ready")

    def next_offer(self, operator_id: int) -> tuple[float, dict[str, Any]]:
        """Wait for the next offer, which must be this operator's; return when it arrived, and the offer."""
        at, told, offer = self._next("offer")
        if told != operator_id:
            raise RuntimeError(f"operator {told} was made an offer without having a place")
        return at, offer

    def close(self) -> None:
        """Close all sockets; an offer that nobody waited for is an error."""
        unexpected = self._arrived.poll()
        self._process.terminate()
        self._process.join()
        if unexpected:
            raise RuntimeError("offers were made to operators who had no place")

    def _next(self, what: str) -> Any:
        if not self._arrived.poll(PATIENCE_S):
            raise TimeoutError(f"waited {PATIENCE_S} s for {what}")
        return self._arrived.recv()


def _listen_to_all(port: int, cookies: dict[int, dict[str, str]], arrived: Connection) -> None:
    asyncio.run(_listen(port, cookies, arrived))


async def _listen(port: int, cookies: dict[int, dict[str, str]], arrived: Connection) -> None:
    """Tell each offer that arrives: when, whose, and the offer."""
    origin: Any = f"http://127.0.0.1:{port}"

    async def listen(pk: int, socket: Any) -> None:
        async for text in socket:
            now = time.time()
            frame = json.loads(text)
            if frame["type"] == "event" and frame["event"]["kind"] == "offer.made":
                arrived.send((now, pk, frame["event"]["payload"]["offer"]))

    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as listening:
        for pk, jar in cookies.items():
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
            address = f"ws://127.0.0.1:{port}/ws/console/"
            socket = await stack.enter_async_context(connect(address, additional_headers=headers, origin=origin))
            # the greeting comes once the socket listens
            await asyncio.wait_for(socket.recv(), PATIENCE_S)
            listening.create_task(listen(pk, socket))
        arrived.send(None)
