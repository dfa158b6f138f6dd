"""A widget as the server sees it, for tests of the visitor's socket."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from channels_app.models import Receipt
from channels_app.webchat.routing import websocket_urlpatterns
from contactcenter.tenancy.doors import open_every_account

APPLICATION = URLRouter(websocket_urlpatterns)


def in_database(function: Any, /, **arguments: Any) -> Any:
    def run() -> Any:
        with open_every_account(reason="test"):
            return function(**arguments)

    return sync_to_async(run)()


class Visitor(ApplicationCommunicator):
    """A widget as the server sees it."""

    def __init__(self, address: str = "medtech-chat", origin: str = "") -> None:
        headers = [(b"host", b"help.example")] + ([(b"origin", origin.encode())] if origin else [])
        path = f"/ws/chat/{address}/"
        super().__init__(APPLICATION, {"type": "websocket", "path": path, "headers": headers, "subprotocols": []})

    async def connect(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert await self.receive_output(timeout=30) == {"type": "websocket.accept", "subprotocol": None}

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=30)

    async def sends(self, text: str | None = None, data: bytes | None = None) -> None:
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def says(self, **frame: Any) -> None:
        await self.sends(json.dumps(frame))

    async def hears(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame of one of these kinds, passing over others."""
        while True:
            frame: dict[str, Any] = json.loads((await self.receive_output(timeout=30))["text"])
            if frame["type"] in kinds:
                return frame

    async def is_taken_in(self) -> None:
        """Return once everything acknowledged so far is an entry."""
        for _ in range(1500):
            if not await in_database(lambda: Receipt.objects.filter(state="pending").exists()):
                return
            await asyncio.sleep(0.02)
        pytest.fail("the messages were stored but not taken in")

    async def is_closed(self) -> int:
        """Return the code the server closes with, passing over frames."""
        while (output := await self.receive_output(timeout=30))["type"] != "websocket.close":
            pass
        return int(output["code"])

    async def greets(self, **more: Any) -> dict[str, Any]:
        await self.connect()
        await self.says(type="hello", language="ru", **more)
        return await self.hears("welcome", "error")
