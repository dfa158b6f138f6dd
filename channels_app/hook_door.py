"""The webhook's fast way in, in front of Django: what providers send by the thousand, verified and stored on the spot.

It takes only what is plain: a POST to an endpoint whose provider has proven itself to Django's view (`hooks`) in the
last seconds, that proves itself again and is understood. Everything else goes on to that view unread, so there is one
place that refuses, notes errors, paces and shakes hands, and a secret that was just changed is looked up there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from channels_app.contract import EndpointInfo
from channels_app.endpoints import hooked_endpoint_of_late
from channels_app.group_commit import GroupCommit, Written
from channels_app.hooks import TRY_AGAIN, read_webhook
from channels_app.models import EndpointKind
from channels_app.registry import PROVIDERS
from channels_app.webhook import BadSignature, MalformedWebhook, WebhookAnswer, WebhookDoor, WebhookRequest

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BYTES: Final = 64_000
"""What is longer is not parsed between two other requests, but in a thread."""
_ADDRESS = re.compile(r"/hooks/([^/]+)/")
_KINDS = frozenset({EndpointKind.SMS, EndpointKind.SOCIAL})


class HookDoor:
    """An ASGI application that answers plain webhooks and leaves all other HTTP to the next one."""

    def __init__(self, *, next_application: Application, writer: GroupCommit) -> None:
        self._next = next_application
        self._writer = writer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = _ADDRESS.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        endpoint = None if found is None else hooked_endpoint_of_late(public_token=found[1])
        if endpoint is None or endpoint.kind not in _KINDS or endpoint.settings.get("per_minute"):
            return await self._next(scope, receive, send)
        read = _Reader(receive)
        body = await read.body(limit=min(MAX_BYTES, settings.MAX_WEBHOOK_BYTES))
        answer = None if body is None else await self._answer(scope, endpoint, body)
        if answer is None:
            return await self._next(scope, read.again, send)
        await _send(answer, send)
        return None

    async def _answer(self, scope: Scope, endpoint: EndpointInfo, body: bytes) -> WebhookAnswer | None:
        """Return the answer to what is stored or cannot be stored now, None for what is no plain webhook."""
        request = _request(scope, body)
        provider = PROVIDERS.get(endpoint.kind, {}).get(endpoint.provider)
        if provider is None or not _is_addressed_to_us(scope, request):
            return None
        door: WebhookDoor = provider.door
        try:
            events = read_webhook(door=door, endpoint=endpoint, request=request)
        except (BadSignature, MalformedWebhook):
            return None
        if isinstance(events, WebhookAnswer):
            return None
        if events:
            written = await self._writer.store(endpoint=endpoint, events=events, at=timezone.now())
            if written is not Written.STORED:
                return TRY_AGAIN if written is Written.AWAY else None
        return door.answer(request=request, endpoint=endpoint)


class _Reader:
    """Reads a request's body and can give it once more, with what was not read yet."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._had: list[Mapping[str, Any]] = []

    async def body(self, *, limit: int) -> bytes | None:
        """Return the whole body; None if it is longer than `limit` or its client has left."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            self._had.append(message)
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)

    async def again(self) -> Mapping[str, Any]:
        return self._had.pop(0) if self._had else await self._receive()


def _request(scope: Scope, body: bytes) -> WebhookRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin1").lower(), raw_value.decode("latin1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    query = scope["query_string"].decode("latin1")
    return WebhookRequest(
        method=scope["method"],
        url=f"{settings.PUBLIC_URL}{scope['path']}{'?' if query else ''}{query}",
        headers=headers,
        query=query,
        body=body,
    )


def _is_addressed_to_us(scope: Scope, request: WebhookRequest) -> bool:
    """Tell whether Django would neither refuse the host nor send the client to https."""
    is_secure = scope["scheme"] == "https" or request.header("x-forwarded-proto") == "https"
    return (is_secure or not settings.SECURE_SSL_REDIRECT) and validate_host(
        split_domain_port(request.header("host"))[0], settings.ALLOWED_HOSTS
    )


async def _send(answer: WebhookAnswer, send: Send) -> None:
    headers = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "X-Content-Type-Options": "nosniff",
        **answer.headers,
    }
    encoded = [(name.encode("ascii"), value.encode("latin1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
