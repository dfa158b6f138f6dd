"""The live bridge to one Asterisk: every frame is stored and reduced as it comes, wishes and pauses go the other way.

A lost connection is made again with back-off and jitter; after each login a snapshot of queues and channels is asked
for. What the system did meanwhile, no snapshot tells: CDR or queue_log, imported, complete it (one reducer).
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from channels_app.phone import bridge_actions as actions
from channels_app.phone.ami_client import AmiClient, AmiError, AmiLogin, AmiRefused, Frame
from channels_app.phone.member_pauses import MemberPauses, PauseWish

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
PING_S = 30.0
SNAPSHOT = ("QueueStatus", "CoreShowChannels")


class Presences(Protocol):
    """What the console knows of operators at work, and how a pause at the telephone is told to it."""

    def wishes(self) -> list[PauseWish]:
        """Return who of those at work is paused, by what they said in the console."""
        ...

    def follow(self, *, operator_id: int, paused: bool, reason: str, at: datetime) -> None:
        """An operator paused or unpaused at the telephone."""
        ...


@dataclass(slots=True, kw_only=True)
class Bridge:
    """One endpoint's bridge; `run` returns when `stopping` is set.

    `orders` gives live events for this bridge: (kind, payload) of call.requested and presence.changed.
    """

    endpoint_id: int
    login: AmiLogin
    presences: Presences
    orders: Callable[[], AsyncIterator[tuple[str, dict[str, Any]]]]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    now: Callable[[], datetime] = timezone.now
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    open_client: Callable[..., Awaitable[AmiClient]] = AmiClient.open
    pauses: MemberPauses = field(default_factory=MemberPauses)
    frames_stored: int = 0
    is_greeted: bool = False

    async def run(self) -> None:
        """Stay connected until told to stop; a wrong login is tried again too, somebody may mend it."""
        failures = 0
        while not self.stopping.is_set():
            try:
                client = await self.open_client(login=self.login, now=self.now)
            except AmiError as error:
                failures += 1
                await self._note(str(error))
                await self._pause(failures, refused=isinstance(error, AmiRefused))
                continue
            failures = 0
            await self._note("")
            try:
                await self._serve(client)
            except AmiError as error:
                if not self.stopping.is_set():
                    failures = 1
                    await self._note(str(error))
            finally:
                await client.close()
            if failures:
                await self._pause(failures, refused=False)

    async def _pause(self, failures: int, *, refused: bool) -> None:
        longest = LONGEST_WAIT_S if refused else min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 10))
        # half of it at random: many bridges must not come back in the same instant
        seconds = longest * (0.5 + self.jitter() / 2)
        logger.info("the telephone system of endpoint %s is tried again in %.1f s", self.endpoint_id, seconds)
        stopped = asyncio.ensure_future(self.stopping.wait())
        waited = asyncio.ensure_future(self.wait(seconds))
        _, left = await asyncio.wait({stopped, waited}, return_when=asyncio.FIRST_COMPLETED)
        for each in left:
            each.cancel()

    async def _serve(self, client: AmiClient) -> None:
        """Work on an open connection until it is lost or the bridge is to stop; what arrived is stored first."""
        self.pauses.forget()
        self.is_greeted = False
        others = [
            asyncio.create_task(self._or_close(work, client))
            for work in (self._greet(client), self._obey(client), self._ping(client), self._stop(client))
        ]
        try:
            # goes on until everything that arrived is stored, whoever closed the connection
            await self._store(client)
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _or_close(self, work: Coroutine[Any, Any, None], client: AmiClient) -> None:
        """Do a part of the work; if it fails, the connection is made anew, and the part with it."""
        try:
            await work
        except AmiError:
            await client.close()
        except Exception:
            # a door: one part must not fail without the others
            logger.exception("a part of the bridge to endpoint %s failed, it connects anew", self.endpoint_id)
            await client.close()

    async def _stop(self, client: AmiClient) -> None:
        await self.stopping.wait()
        await client.close()

    async def _store(self, client: AmiClient) -> None:
        while True:
            frames = await client.next_frames()
            await self._stored(frames)
            for told in self.pauses.take(frames, at=self.now()):
                operator_id = await _in_database(actions.operator_called, names=told.names)
                if operator_id is not None:
                    await _in_database(
                        self.presences.follow,
                        operator_id=operator_id,
                        paused=told.paused,
                        reason=told.reason,
                        at=self.now(),
                    )

    async def _stored(self, frames: list[Frame]) -> None:
        """Frames stay in memory until the database has them: its loss costs latency only."""
        attempt = 0
        while True:
            try:
                await _in_database(actions.take_frames, endpoint_id=self.endpoint_id, frames=frames, at=self.now())
            except (DatabaseError, InterfaceError) as error:
                attempt += 1
                logger.warning("the database does not take %s frames, they are kept: %s", len(frames), error)
                await self.wait(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt, 10)))
                continue
            self.frames_stored += len(frames)
            return

    async def _greet(self, client: AmiClient) -> None:
        for action in SNAPSHOT:
            await client.act(action)
        for wish in await _in_database(self.presences.wishes):
            await self._tell(client, wish)
        self.is_greeted = True

    async def _obey(self, client: AmiClient) -> None:
        for request_id in await _in_database(actions.waiting_requests, endpoint_id=self.endpoint_id):
            await self._call(client, request_id)
        async for kind, payload in self.orders():
            if kind == "call.requested":
                await self._call(client, int(payload["request_id"]))
            elif kind == "presence.changed" and payload["state"] in {"available", "break"}:
                paused = payload["state"] == "break"
                await self._tell(
                    client, PauseWish(operator_id=payload["operator_id"], paused=paused, reason=payload["reason"])
                )

    async def _call(self, client: AmiClient, request_id: int) -> None:
        action = await _in_database(actions.originate_action, request_id=request_id, at=self.now())
        if action is None:
            return
        answer = await client.act("Originate", **action)
        if answer.get("Response") != "Success":
            await _in_database(
                actions.refuse_request, request_id=request_id, at=self.now(), reason=answer.get("Message", "")
            )

    async def _tell(self, client: AmiClient, wish: PauseWish) -> None:
        interfaces = await _in_database(actions.interfaces_of, operator_id=wish.operator_id)
        for interface in self.pauses.to_tell(wish, interfaces=interfaces, at=self.now()):
            await client.act(
                "QueuePause", Interface=interface, Paused="true" if wish.paused else "false", Reason=wish.reason
            )

    async def _ping(self, client: AmiClient) -> None:
        """A connection that is dead without saying so is found, and calls that go on silently are seen."""
        rounds = 0
        while True:
            await self.wait(PING_S)
            rounds += 1
            await client.act("CoreShowChannels" if rounds % 60 == 0 else "Ping")

    async def _note(self, problem: str) -> None:
        if problem:
            logger.warning("endpoint %s: %s", self.endpoint_id, problem)
        try:
            await _in_database(actions.note_connection, endpoint_id=self.endpoint_id, problem=problem, at=self.now())
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the state of endpoint %s was not noted: %s", self.endpoint_id, error)


async def _in_database(work: Callable[..., T], **arguments: Any) -> T:
    def run() -> T:
        try:
            return work(**arguments)
        except (DatabaseError, InterfaceError):
            # a connection that broke must not be used again
            close_old_connections()
            raise

    result: T = await sync_to_async(run, thread_sensitive=True)()
    return result
