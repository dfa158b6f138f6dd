"""A model of the widget against the real socket, whatever the network does: each message once and in order, both ends.

The model does what frontend/widget/chat.ts does: an outbox that survives everything, one frame in flight, the same uuid
again after a lost connection or a refusal for haste, entries merged by uuid and id. The network may lose
acknowledgements, cut, and repeat; the server tells every third frame to come again.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels_app import delivery
from channels_app.models import ChatSession, Endpoint, EndpointKind
from channels_app.webchat import consumers
from channels_app.webchat.limits import Limiter
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.factories import make_account
from tests.app.webchat.visitor import Visitor, in_database

pytestmark = pytest.mark.django_db(transaction=True)

# what the visitor, the operator and the network do next
STEPS = st.lists(
    st.sampled_from(["write", "write", "reply", "lose the answer", "cut", "reload", "repeat", "take in"]), max_size=14
)


class EveryThird(Limiter):
    """Refuses every third frame, whatever the clock says."""

    frames = 0

    def take(self, *, session: UUID, at_s: float) -> int:
        self.frames += 1
        return 1 if self.frames % 3 == 0 else 0


@dataclass
class ModelWidget:
    """The visitor's side without a browser; `shown` is what stands in the log, `outbox` what waits in local storage."""

    session: str = field(default_factory=lambda: str(uuid4()))
    token: str = field(default_factory=lambda: str(uuid4()))
    outbox: list[dict[str, str]] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    socket: Visitor | None = None

    async def connect(self) -> None:
        """Say hello as a returning visitor and take over the history."""
        self.socket = Visitor("exact-chat")
        welcome = await self.socket.greets(session=self.session, token=self.token)
        assert welcome["type"] == "welcome", welcome
        self.shown = welcome["history"]
        known = {entry.get("uuid") for entry in self.shown}
        self.outbox = [frame for frame in self.outbox if frame["uuid"] not in known]

    async def cut(self) -> None:
        """The connection is gone, with everything that was on its way to the visitor."""
        if self.socket is not None:
            await self.socket.disconnect()
            self.socket = None

    async def flush(self, *, lose_answer: bool = False) -> None:
        """Send the outbox in order, each after the answer to the one before; a lost answer ends the connection."""
        while self.outbox:
            if self.socket is None:
                await self.connect()
                continue
            frame = self.outbox[0]
            answer = await self._send(frame)
            if lose_answer:
                await self.cut()
                return
            self._arrive({"uuid": frame["uuid"], "text": frame["text"], "from": "visitor", "at": answer["at"]})
            self.outbox = self.outbox[1:]

    async def repeat(self) -> None:
        """Send what has been acknowledged once more: a second tab with an old outbox."""
        mine = [entry for entry in self.shown if entry["from"] == "visitor"]
        if not mine:
            return
        if self.socket is None:
            await self.connect()
        assert self.socket is not None
        await self._send({"uuid": mine[-1]["uuid"], "text": mine[-1]["text"]})

    async def _send(self, message: dict[str, str]) -> dict[str, Any]:
        """Send until it is acknowledged, and return the acknowledgement."""
        assert self.socket is not None
        await self.socket.says(type="message", **message)
        while True:
            frame = await self.socket.hears("ack", "entry", "error")
            if frame["type"] == "error":
                assert (frame["code"], frame["uuid"]) == ("rate_limited", message["uuid"])
                await self.socket.says(type="message", **message)
            if frame["type"] == "ack" and frame["uuid"] == message["uuid"]:
                return frame
            if frame["type"] == "entry":
                self._arrive(frame["entry"])

    def _arrive(self, entry: dict[str, Any]) -> None:
        key = "uuid" if entry.get("uuid") else "id"
        same = next((old for old in self.shown if old.get(key) == entry[key]), None)
        if same is None:
            self.shown.append(dict(entry))
        else:
            same.update(entry)
        self.shown.sort(key=lambda item: item["at"])


def _reply(text: str) -> None:
    ticket = Ticket.objects.order_by("-pk").first()
    if ticket is None:
        return
    with hand_jobs_to(lambda name, ids: None):
        message = send_reply(
            ticket=ticket, operator_id=None, channel="chat", text=text, at=timezone.now(), client_uuid=uuid4()
        )
        delivery.deliver_message(message_id=message.pk, at=timezone.now())


async def _play(steps: list[str]) -> None:
    widget = ModelWidget()
    written: list[str] = []
    replied: list[str] = []
    for number, step in enumerate([*steps, "write"]):
        if step in {"write", "lose the answer"}:
            written.append(f"message {number}")
            widget.outbox.append({"uuid": str(uuid4()), "text": written[-1]})
            await widget.flush(lose_answer=step == "lose the answer")
        elif step == "reply":
            if await in_database(
                lambda: ChatSession.objects.filter(uuid=widget.session, contact__isnull=False).exists()
            ):
                replied.append(f"reply {number}")
                await in_database(_reply, text=replied[-1])
        elif step == "repeat":
            await widget.repeat()
        elif step in {"cut", "reload"}:
            await widget.cut()
            if step == "reload":
                widget.shown = []
        else:
            await Visitor().is_taken_in()
    await widget.flush()
    await Visitor().is_taken_in()
    await widget.cut()
    await widget.connect()
    await widget.cut()

    def stored() -> list[tuple[str, str]]:
        rows = Message.objects.filter(ticket__threads__key=widget.session).order_by("at", "pk")
        return list(rows.values_list("direction", "text"))

    both = await in_database(stored)
    assert [text for direction, text in both if direction == "in"] == written
    assert [text for direction, text in both if direction == "out"] == replied
    assert [entry["text"] for entry in widget.shown] == [text for _, text in both]
    assert widget.outbox == []


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
@example(steps=["write"] * 14)
def test_each_message_is_there_once_and_in_order_at_both_ends(steps: list[str]) -> None:
    with open_every_account(reason="test"):
        if not Endpoint.objects.filter(address="exact-chat").exists():
            Endpoint.objects.create(
                account=make_account(language="en"), kind=EndpointKind.WEBCHAT, address="exact-chat", name="Chat"
            )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(consumers, "_limiter", EveryThird())
        asyncio.run(_play(steps))
