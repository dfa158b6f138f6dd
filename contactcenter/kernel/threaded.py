"""HTTP for synchronous views under an ASGI server: one hop to a thread and back for each request.

Django's own ASGI handler turns a chain of synchronous middleware into a hop between threads for each of them and makes
a new thread for each request, which also costs its database connection. Here a fixed pool of threads runs the whole
synchronous chain, and each thread keeps its connection.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import IO, Any, Final

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import FileResponse, HttpResponse
from django.urls import set_script_prefix

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SEND_TIMEOUT_S: Final = 60.0
"""A client that takes no part of a download for so long is given up."""


class ThreadedHandler(ASGIHandler):
    """An ASGI application that answers every HTTP request in one of `threads` threads, in order of arrival."""

    def __init__(self, *, threads: int, max_body_bytes: int) -> None:
        # not ASGIHandler's own, which would load the middleware for coroutines
        self.load_middleware(is_async=False)
        self._max_body_bytes = max_body_bytes
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that leaves before its body has arrived is forgotten."""
        loop = asyncio.get_running_loop()
        with tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE) as body:
            try:
                fits = await self._fill(body, receive)
            except RequestAborted:
                return
            if not fits:
                response: Any = HttpResponse("413 Payload too large", status=413, content_type="text/plain")
            else:
                # a context of its own: what a view leaves in context variables ends with the request
                run = copy_context().run
                download = _Download(loop=loop, receive=receive, send=send)
                response = await loop.run_in_executor(self._threads, run, self._respond, scope, body, download)
        if response is not None:
            await send(_head(response))
            await send({"type": "http.response.body", "body": response.content})

    async def _fill(self, body: IO[bytes], receive: Receive) -> bool:
        """Write the request's body into the file; False once it is larger than any address takes."""
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body_bytes:
                return False
            body.write(part)
            if not message.get("more_body", False):
                body.seek(0)
                return True

    def _respond(self, scope: Scope, body: IO[bytes], download: _Download) -> Any:
        """Return the finished answer; one in parts is sent from here, where its iterator belongs, and gives None."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__
        try:
            if not response.streaming:
                return response
            if isinstance(response, FileResponse):
                response.block_size = self.chunk_size
            download.send_all(response)
            return None
        finally:
            # this ends the request: the thread's database connection is checked for its age
            response.close()


class _Download:
    """The way from a thread to the client for an answer sent in parts."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self._loop = loop
        self._receive = receive
        self._send = send

    def send_all(self, response: Any) -> None:
        """Send the answer part by part; stop as soon as the client has left."""
        gone = asyncio.run_coroutine_threadsafe(self._until_gone(), self._loop)
        try:
            self._wait(_head(response))
            for part in response:
                if gone.done():
                    return
                self._wait({"type": "http.response.body", "body": part, "more_body": True})
            self._wait({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    def _wait(self, message: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(self._send(message), SEND_TIMEOUT_S), self._loop).result()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _head(response: Any) -> dict[str, Any]:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    headers += [(b"Set-Cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers}
