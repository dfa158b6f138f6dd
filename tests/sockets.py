"""A websocket client that talks to an ASGI application in the same loop (channels.testing needs Daphne)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class Socket(ApplicationCommunicator):
    """One websocket as the application sees it."""

    def __init__(
        self, application: Any, path: str, *, headers: list[tuple[bytes, bytes]], user: Any, query: bytes = b""
    ) -> None:
        super().__init__(
            application, {"type": "websocket", "path": path, "query_string": query, "headers": headers, "user": user}
        )

    async def connect(self) -> bool:
        """Open the socket; False when the application refuses."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(5)
        return bool(answer["type"] == "websocket.accept")

    async def send_text(self, text: str) -> None:
        """Send one text frame."""
        await self.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send one binary frame."""
        await self.send_input({"type": "websocket.receive", "bytes": data})

    async def send_json(self, frame: Any) -> None:
        """Send one frame as JSON."""
        await self.send_text(json.dumps(frame))

    async def receive_json(self, seconds: float = 5) -> Any:
        """Return the next frame."""
        answer = await self.receive_output(seconds)
        assert answer["type"] == "websocket.send", answer
        return json.loads(answer["text"])

    async def disconnect(self) -> None:
        """Close from the client's side and wait until the application has ended."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)
