"""/ws/console/: live events to the console, and its heartbeat, focus and typing back."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone

from contactcenter.kernel.errors import DomainError
from contactcenter.kernel.hub import Subscription, hub
from contactcenter.kernel.intervals import as_text
from contactcenter.realtime import frames
from contactcenter.realtime.access import Audience, audience_of, same_site
from contactcenter.realtime.actions import tell_typing
from contactcenter.realtime.viewers import Looking, look_at, look_away, renew, show_writing
from contactcenter.routing.actions import focus_ticket, see_operator
from contactcenter.tenancy.doors import open_scope
from contactcenter.tenancy.scope import Scope

logger = logging.getLogger(__name__)

T = TypeVar("T")

NOT_SIGNED_IN: Final = 4401
FELL_BEHIND: Final = 4408
TYPING_STEP: Final = timedelta(seconds=2)
ACCESS_STEP: Final = timedelta(seconds=60)
"""So often the person's accounts are read again while the socket stays open."""
FRAMES_PER_SECOND: Final = 20


async def _in_database(work: Callable[..., T], **arguments: Any) -> T:
    """Run in one of several threads: one slow statement must not hold up every socket of the process."""
    result: T = await database_sync_to_async(work, thread_sensitive=False)(**arguments)
    return result


class ConsoleConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One console's socket. Team only; a bad frame is answered with an error frame and does no harm."""

    # live events come through the hub, not through a channel layer
    channel_layer_alias = None

    subscription: Subscription | None = None
    writer: asyncio.Task[None] | None = None
    looking: Looking | None = None
    audience: Audience
    user_id: int

    async def connect(self) -> None:
        """Accept people of the team from our own pages, once they are subscribed.

        A client reads the log as soon as it is accepted, and what is published after that must reach its socket.
        """
        headers = {name.lower(): value.decode("latin-1") for name, value in self.scope["headers"]}
        if not same_site(
            origin=headers.get(b"origin"), host=headers.get(b"host"), trusted=settings.CSRF_TRUSTED_ORIGINS
        ):
            logger.warning("socket refused, origin %.200r is not this site", headers.get(b"origin"))
            await self.close()
            return
        user = self.scope.get("user")
        audience = await _in_database(audience_of, user_id=user.pk) if user and user.is_authenticated else None
        if audience is None:
            # only who is accepted is told a code
            await self.accept()
            await self.close(code=NOT_SIGNED_IN)
            return
        self.user_id, self.audience = user.pk, audience
        # a wallboard listens, too; a screen on the wall must not keep somebody at work who has gone
        self.is_watching = b"watch=1" in self.scope["query_string"].split(b"&")
        self.checked_at = timezone.now()
        self.typed: tuple[int, datetime] | None = None
        self.looking = None
        self.window, self.in_window = self.checked_at, 0
        await self._sign_of_life(self.checked_at)
        self.subscription = await hub().subscribe(audiences=audience.names, every_account=audience.every_account)
        try:
            await self.accept()
            await self._say({"type": "hello", "server_time": as_text(self.checked_at)})
        except BaseException:
            # nobody calls disconnect for whoever is gone already
            await hub().unsubscribe(self.subscription)
            raise
        self.writer = asyncio.create_task(self._write(self.subscription))

    async def disconnect(self, code: int) -> None:
        """Stop listening. The operator is lost only when no sign of life follows (a reload comes back at once)."""
        if self.writer is not None:
            self.writer.cancel()
            with suppress(asyncio.CancelledError):
                await self.writer
        if self.looking is not None:
            await _in_database(look_away, looking=self.looking, at=timezone.now())
            self.looking = None
        if self.subscription is not None:
            await hub().unsubscribe(self.subscription)
            self.subscription = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one frame of the client."""
        if self.subscription is None:
            return
        at = timezone.now()
        if at - self.window >= timedelta(seconds=1):
            self.window, self.in_window = at, 0
        self.in_window += 1
        if self.in_window > FRAMES_PER_SECOND:
            await self._refuse("too_many_frames", "Too many frames in a second.")
            return
        if text_data is None:
            await self._refuse("bad_frame", "Frames are text.")
            return
        try:
            frame = frames.decode(text_data)
        except frames.BadFrame as error:
            await self._refuse("bad_frame", str(error))
            return
        try:
            await self._take(frame, at=at)
        except DomainError as error:
            await self._refuse(error.code, error.message)
        except Exception:
            # a door: the client keeps its socket, the log has the cause
            logger.exception("a console frame failed")
            await self._refuse("failed", "This could not be done now.")

    async def _take(self, frame: frames.Frame, *, at: datetime) -> None:
        match frame:
            case frames.Ping():
                await self._sign_of_life(at)
                if self.looking is not None:
                    await _in_database(renew, looking=self.looking, at=at)
                if at - self.checked_at >= ACCESS_STEP and not await self._check_access(at):
                    return
                await self._say({"type": "pong", "server_time": as_text(at)})
            case frames.Focus(ticket_id=ticket_id, active=active, idle_ms=idle_ms):
                await self._focus(ticket_id=ticket_id, active=active, at=at - timedelta(milliseconds=idle_ms))
            case frames.Typing(ticket_id=ticket_id):
                if self.typed and self.typed[0] == ticket_id and at - self.typed[1] < TYPING_STEP:
                    return
                self.typed = (ticket_id, at)
                await self._in_scope(tell_typing, ticket_id=ticket_id, user_id=self.user_id)
                if self.looking is not None and self.looking.ticket_id == ticket_id:
                    await _in_database(show_writing, looking=self.looking, at=at)
            case frames.View(ticket_id=shown):
                await self._look(shown, at=at)

    async def _focus(self, *, ticket_id: int, active: bool, at: datetime) -> None:
        if self.audience.operator_id is None:
            return
        await self._in_scope(
            focus_ticket, ticket_id=ticket_id, operator_id=self.audience.operator_id, active=active, at=at
        )

    async def _look(self, ticket_id: int | None, *, at: datetime) -> None:
        """Tell the others which ticket is on screen here, and that the one before is no longer."""
        before = self.looking
        if before is not None and before.ticket_id != ticket_id:
            self.looking = None
            await _in_database(look_away, looking=before, at=at)
        if ticket_id is not None:
            self.looking = await self._in_scope(look_at, ticket_id=ticket_id, user_id=self.user_id, at=at)

    async def _in_scope(self, action: Callable[..., T], **arguments: Any) -> T:
        def run() -> T:
            with open_scope(Scope(self.audience.account_ids)):
                return action(**arguments)

        return await _in_database(run)

    async def _sign_of_life(self, at: datetime) -> None:
        if self.audience.operator_id is not None and not self.is_watching:
            await _in_database(see_operator, operator_id=self.audience.operator_id, at=at)

    async def _check_access(self, at: datetime) -> bool:
        """Read session, role and accounts again; a person who logged out or left the team loses the socket."""
        session = self.scope.get("session")
        signed_in = session is None or await _in_database(session.exists, session_key=session.session_key)
        audience = await _in_database(audience_of, user_id=self.user_id) if signed_in else None
        if audience is None:
            await self.close(code=NOT_SIGNED_IN)
            return False
        if audience != self.audience and self.subscription is not None:
            hub().change(self.subscription, audiences=audience.names, every_account=audience.every_account)
        self.audience, self.checked_at = audience, at
        return True

    async def _write(self, subscription: Subscription) -> None:
        async for delivery in subscription:
            await self.base_send(delivery.message)
        await self.close(code=FELL_BEHIND)

    async def _refuse(self, code: str, message: str) -> None:
        await self._say({"type": "error", "error": {"code": code, "message": message}})

    async def _say(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame, ensure_ascii=False))
