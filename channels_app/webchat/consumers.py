"""The visitor's socket: decodes a frame, makes one call, encodes the answer. protocol.py describes the frames."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from time import monotonic
from typing import Any, Final, TypeVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from channels_app.receipts import StoredReceipt
from channels_app.webchat import actions, protocol, queries
from channels_app.webchat.limits import Limiter
from channels_app.webchat.protocol import ChatText, Frame, FrameError, Hello, Rate, Seen
from channels_app.webchat.visitors import ChatState, Visit, WrongToken, begin_visit, history_of, standing_of
from contactcenter.kernel.errors import DomainError
from contactcenter.kernel.hub import Subscription, hub
from contactcenter.tenancy.doors import open_account

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_BROKEN: Final = 20
"""So many refused frames end the connection."""
TOUCH_EVERY_S: Final = 60.0
HELLO_WITHIN_S: Final = 15.0

_limiter = Limiter()
_taking_in: set[asyncio.Task[None]] = set()
"""Tasks that outlive their socket; the loop itself keeps only weak references."""


class VisitorConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One visitor's widget. A message is acknowledged after its receipt is committed, never before."""

    channel_layer_alias = None

    async def connect(self) -> None:
        """Take the connection, or close it with a code that says why (hence accepted first)."""
        self.visit: Visit | None = None
        self.standing: ChatState | None = None
        self.subscription: Subscription | None = None
        self.forwarding: asyncio.Task[None] | None = None
        self.stored: asyncio.Queue[int | None] = asyncio.Queue()
        self.taking_in: asyncio.Task[None] | None = None
        self.broken = 0
        self.touched_at_s = monotonic()
        await self.accept()
        self.hello_timer = asyncio.get_running_loop().call_later(
            HELLO_WITHIN_S, lambda: asyncio.ensure_future(self._hang_up_silent())
        )
        address = self.scope["url_route"]["kwargs"]["address"]
        endpoint = await self._database(queries.find_endpoint, address=address)
        headers = dict(self.scope["headers"])
        self.endpoint = endpoint
        self.account_id = endpoint.account_id if endpoint else 0
        if endpoint is None:
            logger.info("chat refused: no endpoint %r", address)
            await self.close(code=protocol.CLOSE_UNKNOWN)
        elif not queries.origin_allowed(
            origin=headers.get(b"origin", b"").decode("latin-1"),
            host=headers.get(b"host", b"").decode("latin-1"),
            origins=endpoint.origins,
        ):
            logger.info("chat refused: %r may not embed %r", headers.get(b"origin"), address)
            self.endpoint = None
            await self.close(code=protocol.CLOSE_ORIGIN)

    async def disconnect(self, code: int) -> None:
        """Let go of the live events. The chat stays open: the visitor may only be reloading the page."""
        self.hello_timer.cancel()
        self.stored.put_nowait(None)
        if self.forwarding is not None:
            self.forwarding.cancel()
            with suppress(asyncio.CancelledError):
                await self.forwarding
        if self.subscription is not None:
            await hub().unsubscribe(self.subscription)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame; whatever it holds, the process and the other sockets go on."""
        endpoint = self.endpoint
        if endpoint is None:
            return
        if len(text_data or bytes_data or b"") > protocol.CLOSE_FRAME_BYTES:
            await self._refuse("frame_too_big", f"A frame holds at most {protocol.MAX_FRAME_BYTES} bytes.")
            await self.close(code=protocol.CLOSE_TOO_BIG)
            return
        frame: Frame | None = None
        try:
            if text_data is None:
                raise FrameError("bad_frame", "Frames are text, not binary.")
            frame = protocol.decode_frame(text_data)
            await self._answer(endpoint, frame)
        except FrameError as error:
            self.broken += 1
            await self._refuse(error.code, error.message, uuid=error.uuid)
            if self.broken >= MAX_BROKEN:
                await self.close(code=protocol.CLOSE_BROKEN)
        except WrongToken as error:
            await self._refuse(error.code, error.message)
            await self.close(code=protocol.CLOSE_WRONG_TOKEN)
        except DomainError as error:
            named = {"uuid": str(frame.uuid)} if isinstance(frame, ChatText | Rate) else {}
            await self._refuse(error.code, error.message, **named)
        except Exception:
            # a door: the frame was not acknowledged, so the widget sends it again on its next connection
            logger.exception("a chat frame could not be handled")
            await self.close(code=1011)

    async def _answer(self, endpoint: queries.ChatEndpoint, frame: Frame) -> None:
        if isinstance(frame, Hello):
            await self._begin(endpoint, frame)
            return
        visit = self.visit
        if visit is None:
            raise FrameError("hello_first", "type: the first frame is hello.")
        if isinstance(frame, ChatText):
            await self._keep(visit, frame)
        elif isinstance(frame, Rate):
            await self._rate(visit, frame)
        elif isinstance(frame, Seen):
            await self._in_account(actions.mark_seen, visit=visit, message_id=frame.message_id)
        elif frame.kind == "ping":
            await self._alive(visit)
        elif _limiter.take(session=visit.session, at_s=monotonic()) == 0:
            if frame.kind == "typing":
                await self._in_account(actions.tell_typing, visit=visit)
            else:
                await self._in_account(actions.leave_chat, session=visit.session, at=timezone.now())

    async def _begin(self, endpoint: queries.ChatEndpoint, hello: Hello) -> None:
        if self.visit is not None:
            raise FrameError("bad_frame", "type: hello is said once.")
        visit, refused = await self._in_account(begin_visit, endpoint=endpoint, hello=hello, at=timezone.now())
        if refused:
            logger.info("chat %r: %s", endpoint.id, refused)
            await self._refuse("identity_refused", refused)
        # subscribed before the history is read: what arrives between is in one of the two
        self.subscription = await hub().subscribe(audiences=[f"chat:{visit.session}"])
        history = await self._in_account(history_of, visit=visit)
        standing: ChatState = await self._in_account(standing_of, visit=visit, at=timezone.now())
        self.visit, self.standing = visit, standing
        self.hello_timer.cancel()
        await self._send(
            type="welcome", session=str(visit.session), token=visit.token, history=history, **asdict(standing)
        )
        self.forwarding = asyncio.create_task(self._forward(self.subscription))

    async def _rate(self, visit: Visit, rate: Rate) -> None:
        wait_ms = _limiter.take(session=visit.session, at_s=monotonic())
        if wait_ms:
            await self._refuse("rate_limited", "Too many messages at once.", uuid=str(rate.uuid), retry_ms=wait_ms)
            return
        at = timezone.now()
        await self._in_account(actions.rate_chat, visit=visit, rate=rate, at=at)
        await self._send(type="ack", uuid=str(rate.uuid), at=protocol.instant(at))

    async def _keep(self, visit: Visit, text: ChatText) -> None:
        wait_ms = _limiter.take(session=visit.session, at_s=monotonic())
        if wait_ms:
            await self._refuse("rate_limited", "Too many messages at once.", uuid=str(text.uuid), retry_ms=wait_ms)
            return
        at = timezone.now()
        stored: StoredReceipt = await self._in_account(actions.store_message, visit=visit, text=text, at=at)
        await self._send(type="ack", uuid=str(text.uuid), at=protocol.instant(stored.received_at))
        if stored.created:
            self.stored.put_nowait(stored.receipt_id)
            if self.taking_in is None:
                self.taking_in = asyncio.create_task(self._take_in(visit))
                _taking_in.add(self.taking_in)
                self.taking_in.add_done_callback(_taking_in.discard)

    async def _take_in(self, visit: Visit) -> None:
        """Make entries of what was stored, in order, beside the socket: an acknowledgement never waits for it.

        Goes on after the visitor has left until nothing is stored any more. What a killed process leaves the sweeper
        finds.
        """
        while (receipt_id := await self.stored.get()) is not None:
            try:
                await self._in_account(actions.take_in_message, visit=visit, receipt_id=receipt_id)
            except Exception:
                # acknowledged and stored: the sweeper tries again, the socket goes on
                logger.exception("receipt %s was stored but not taken in", receipt_id)

    async def _alive(self, visit: Visit) -> None:
        await self._send(type="pong")
        if monotonic() - self.touched_at_s >= TOUCH_EVERY_S:
            self.touched_at_s = monotonic()
            await self._in_account(actions.touch_session, session=visit.session, at=timezone.now())
            await self._tell_standing(visit)

    async def _tell_standing(self, visit: Visit) -> None:
        """Tell the widget how the chat stands, if that has changed: operators come and go."""
        standing = await self._in_account(standing_of, visit=visit, at=timezone.now())
        if standing != self.standing:
            self.standing = standing
            await self._send(type="state", **asdict(standing))

    async def _forward(self, subscription: Subscription) -> None:
        async for delivery in subscription:
            kind, payload = delivery.event["kind"], delivery.event["payload"]
            if kind == "entry.added":
                await self._send(type="entry", entry=payload["entry"])
            elif kind == "chat.typing":
                await self._send(type="typing", name=payload["name"])
            elif kind == "chat.read":
                await self._send(type="read", at=payload["at"])
            elif self.visit is not None:
                # closed, opened again or rated: the database says how it stands
                await self._tell_standing(self.visit)
        # too far behind: the widget comes back and reads the history
        await self.close(code=1013)

    async def _hang_up_silent(self) -> None:
        if self.visit is None:
            await self._refuse("hello_first", "type: no hello came.")
            await self.close(code=protocol.CLOSE_BROKEN)

    async def _refuse(self, code: str, message: str, **more: Any) -> None:
        await self._send(type="error", code=code, message=message, **more)

    async def _send(self, **frame: Any) -> None:
        await self.send(text_data=json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def _database(self, function: Callable[..., T], /, **arguments: Any) -> T:
        # not thread-sensitive: one slow visitor must not hold the others in a single thread
        result: T = await database_sync_to_async(function, thread_sensitive=False)(**arguments)
        return result

    async def _in_account(self, function: Callable[..., T], /, **arguments: Any) -> T:
        def within() -> T:
            with open_account(self.account_id):
                return function(**arguments)

        return await self._database(within)
