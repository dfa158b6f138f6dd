"""The live bridge to one Asterisk: every frame is stored and reduced as it comes, wishes and pauses go the other way.

A lost connection is made again with back-off and jitter; after each login a snapshot of queues and channels is asked
for. What the system did meanwhile, no snapshot tells: CDR or queue_log, imported, complete it (one reducer).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from channels_app.phone import bridge_actions as actions
from channels_app.phone.ami_client import AmiClient, AmiLogin
from channels_app.phone.frames import Frame
from channels_app.phone.member_pauses import MemberPauses, PauseWish
from channels_app.phone.staying import StayingBridge, in_database

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
class Bridge(StayingBridge[AmiClient]):
    """One endpoint's bridge.

    `orders` gives live events for this bridge: (kind, payload) of call.requested, call.ordered and presence.changed.
    """

    login: AmiLogin
    presences: Presences
    orders: Callable[[], AsyncIterator[tuple[str, dict[str, Any]]]]
    open_client: Callable[..., Awaitable[AmiClient]] = AmiClient.open
    pauses: MemberPauses = field(default_factory=MemberPauses)
    is_greeted: bool = False

    async def connect(self) -> AmiClient:
        """Open a connection and log in."""
        client = await self.open_client(login=self.login, now=self.now)
        self.pauses.forget()
        self.is_greeted = False
        return client

    def parts(self, client: AmiClient) -> tuple[Coroutine[Any, Any, None], ...]:
        """Ask for a snapshot, do what is wished, ask whether it is there."""
        return self._greet(client), self._obey(client), self._ping(client)

    async def take(self, frames: list[Frame]) -> None:
        """Store frames and record what they tell."""
        await in_database(actions.take_frames, endpoint_id=self.endpoint_id, frames=frames, at=self.now())

    async def heard(self, frames: list[Frame]) -> None:
        """Tell the console of pauses at the telephone."""
        for told in self.pauses.take(frames, at=self.now()):
            operator_id = await in_database(actions.operator_called, names=told.names)
            if operator_id is not None:
                await in_database(
                    self.presences.follow,
                    operator_id=operator_id,
                    paused=told.paused,
                    reason=told.reason,
                    at=self.now(),
                )

    async def _greet(self, client: AmiClient) -> None:
        for action in SNAPSHOT:
            await client.act(action)
        for wish in await in_database(self.presences.wishes):
            await self._tell(client, wish)
        self.is_greeted = True

    async def _obey(self, client: AmiClient) -> None:
        for request_id in await in_database(actions.waiting_requests, endpoint_id=self.endpoint_id):
            await self._call(client, request_id)
        for order_id in await in_database(actions.waiting_orders, endpoint_id=self.endpoint_id):
            await self._carry_out(client, order_id)
        async for kind, payload in self.orders():
            if kind == "call.requested":
                await self._call(client, int(payload["request_id"]))
            elif kind == "call.ordered":
                await self._carry_out(client, int(payload["order_id"]))
            elif kind == "presence.changed" and payload["state"] in {"available", "break"}:
                paused = payload["state"] == "break"
                await self._tell(
                    client, PauseWish(operator_id=payload["operator_id"], paused=paused, reason=payload["reason"])
                )

    async def _call(self, client: AmiClient, request_id: int) -> None:
        action = await in_database(actions.originate_action, request_id=request_id, at=self.now())
        if action is None:
            return
        answer = await client.act("Originate", **action)
        if answer.get("Response") != "Success":
            await in_database(
                actions.refuse_request, request_id=request_id, at=self.now(), reason=answer.get("Message", "")
            )

    async def _carry_out(self, client: AmiClient, order_id: int) -> None:
        action = await in_database(actions.order_action, order_id=order_id, at=self.now())
        if action is None:
            return
        name, headers = action
        answer = await client.act(name, **headers)
        await in_database(actions.note_order, order_id=order_id, answer=answer, at=self.now())

    async def _tell(self, client: AmiClient, wish: PauseWish) -> None:
        interfaces = await in_database(actions.interfaces_of, operator_id=wish.operator_id)
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
