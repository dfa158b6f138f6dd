"""The baseline of bench.fan_out: an ASGI application that sends the body of a request to all its sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_sockets: set[Send] = set()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Accept a socket and say hello, or answer a POST after its body has gone to every socket."""
    if scope["type"] == "http":
        frame = (await receive())["body"].decode()
        for each in list(_sockets):
            await each({"type": "websocket.send", "text": frame})
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": '{"type": "hello"}'})
    _sockets.add(send)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        _sockets.discard(send)
