"""The visitor's socket against the real database, hub and intake."""

import asyncio
import json
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from channels_app.contract import ContactRef, OutboundMessage
from channels_app.endpoints import endpoint_info
from channels_app.models import ChatSession, Endpoint, Receipt
from channels_app.webchat import actions
from channels_app.webchat.adapter import WebchatAdapter
from contactcenter.operators.models import Operator
from contactcenter.routing.models import OperatorState
from contactcenter.tenancy.models import Account, Membership, Role, User
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, MessageStatus, Ticket
from tests.app.webchat.visitor import Visitor, in_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

ONE = "22222222-2222-4222-8222-222222222222"
RUSSIAN = "Здравствуйте, подскажите, пожалуйста, где мой заказ? Он должен был прийти вчера."


async def test_a_new_visitor_is_welcomed_and_leaves_no_trace_before_writing(visitor: Visitor) -> None:
    welcome = await visitor.greets()
    assert UUID(welcome["session"])
    assert len(welcome["token"]) >= 24
    assert (welcome["history"], welcome["state"]) == ([], "away")
    assert await in_database(ChatSession.objects.count) == 0


async def test_a_message_is_acknowledged_once_it_is_committed_and_becomes_an_entry(visitor: Visitor) -> None:
    welcome = await visitor.greets(name="Ирина")
    await visitor.says(type="message", uuid=ONE, text=RUSSIAN)
    assert (await visitor.hears("ack"))["uuid"] == ONE

    def stored() -> tuple[int, bytes]:
        receipt = Receipt.objects.get()
        return receipt.pk, bytes(receipt.raw)

    _, raw = await in_database(stored)
    assert json.loads(raw)["text"] == RUSSIAN
    await visitor.is_taken_in()

    def entry() -> tuple[str, str, str, str, str]:
        message = Message.objects.select_related("ticket__contact").get()
        return (
            message.text,
            message.language,
            message.external_id,
            message.ticket.channel,
            message.ticket.contact.name,
        )

    expected = (RUSSIAN, "ru", f"{welcome['session']}:{ONE}", "chat", "Ирина")
    assert await in_database(entry) == expected
    assert await in_database(lambda: ChatSession.objects.get().contact_id) is not None


async def test_nothing_is_acknowledged_that_was_not_committed(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visitor.greets()

    def breaks(**_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(actions, "store_receipt", breaks)
    await visitor.says(type="message", uuid=ONE, text="hello")
    assert await visitor.is_closed() == 1011
    assert await in_database(Receipt.objects.count) == 0


async def test_the_acknowledgement_finds_the_receipt_committed_for_another_connection(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visitor.greets()
    monkeypatch.setattr(actions, "take_in_message", lambda **_: None)
    await visitor.says(type="message", uuid=ONE, text="hello")
    await visitor.hears("ack")

    def seen_by_others() -> int:
        connection.close()
        return Receipt.objects.filter(state="pending").count()

    assert await in_database(seen_by_others) == 1


async def test_a_slow_intake_keeps_no_acknowledgement_waiting(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visitor.greets()
    may_go_on = threading.Event()
    taken_in: list[int] = []

    def slow(*, receipt_id: int, **_: Any) -> None:
        may_go_on.wait(10)
        taken_in.append(receipt_id)

    monkeypatch.setattr(actions, "take_in_message", slow)
    uuids = [str(uuid4()) for _ in range(3)]
    for uuid in uuids:
        await visitor.says(type="message", uuid=uuid, text="hello there")
        assert (await visitor.hears("ack"))["uuid"] == uuid
    assert taken_in == []
    may_go_on.set()
    for _ in range(100):
        if len(taken_in) == 3:
            break
        await asyncio.sleep(0.02)
    assert taken_in == sorted(taken_in)
    assert len(taken_in) == 3


async def test_the_same_uuid_twice_is_acknowledged_twice_and_is_one_entry(visitor: Visitor) -> None:
    await visitor.greets()
    first = []
    for _ in range(2):
        await visitor.says(type="message", uuid=ONE, text="hello there")
        first.append(await visitor.hears("ack"))
    assert first[0] == first[1]
    await visitor.is_taken_in()
    assert await in_database(Receipt.objects.count) == 1
    assert await in_database(Message.objects.count) == 1


async def test_a_returning_visitor_finds_the_history_and_the_same_ticket(visitor: Visitor) -> None:
    welcome = await visitor.greets()
    await visitor.says(type="message", uuid=ONE, text=RUSSIAN)
    await visitor.hears("ack")
    await visitor.disconnect()
    await visitor.is_taken_in()
    again = Visitor()
    back = await again.greets(session=welcome["session"], token=welcome["token"])
    assert [(entry["from"], entry["text"], entry["uuid"]) for entry in back["history"]] == [("visitor", RUSSIAN, ONE)]
    await again.says(type="message", uuid=str(uuid4()), text="И ещё вопрос про возврат денег, пожалуйста.")
    await again.hears("ack")
    await again.is_taken_in()
    assert await in_database(Ticket.objects.count) == 1
    await again.disconnect()


async def test_a_message_that_is_stored_but_not_yet_taken_in_is_in_the_history(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    welcome = await visitor.greets()
    monkeypatch.setattr(actions, "take_in_message", lambda **_: None)
    await visitor.says(type="message", uuid=ONE, text="waiting")
    await visitor.hears("ack")
    again = Visitor()
    back = await again.greets(session=welcome["session"], token=welcome["token"])
    assert [(entry["uuid"], entry["text"]) for entry in back["history"]] == [(ONE, "waiting")]
    await again.disconnect()


async def test_a_wrong_token_is_refused_and_reads_nothing(visitor: Visitor) -> None:
    welcome = await visitor.greets()
    await visitor.says(type="message", uuid=ONE, text="private")
    await visitor.hears("ack")
    thief = Visitor()
    answer = await thief.greets(session=welcome["session"], token="guess")
    assert answer["code"] == "wrong_token"
    assert "history" not in answer
    assert await thief.is_closed() == 4401


async def test_an_unknown_session_begins_a_new_one(visitor: Visitor) -> None:
    unknown = str(uuid4())
    welcome = await visitor.greets(session=unknown, token="x")
    assert welcome["session"] != unknown


async def test_an_unknown_endpoint_closes_with_4404(endpoint: Endpoint) -> None:
    socket = Visitor("nobody")
    await socket.connect()
    assert await socket.is_closed() == 4404


@pytest.mark.parametrize(("origin", "welcome"), [("https://shop.example", True), ("https://evil.example", False)])
async def test_only_listed_origins_may_embed_the_widget(endpoint: Endpoint, origin: str, welcome: bool) -> None:
    endpoint.settings = {"origins": ["https://shop.example"]}
    await in_database(endpoint.save)
    socket = Visitor(origin=origin)
    await socket.connect()
    if welcome:
        await socket.says(type="hello")
        assert (await socket.hears("welcome"))["session"]
        await socket.disconnect()
    else:
        assert await socket.is_closed() == 4403


def _operator(account: Account) -> Operator:
    user = User.objects.create_user("anna@example.org", "x", full_name="Anna", role=Role.OPERATOR)
    Membership.objects.create(user=user, account=account)
    return Operator.objects.create(user=user, display_name="Anna")


async def test_an_operator_reply_reaches_the_visitor_and_being_seen_marks_it_read(
    visitor: Visitor, endpoint: Endpoint
) -> None:
    welcome = await visitor.greets()
    await visitor.says(type="message", uuid=ONE, text=RUSSIAN)
    await visitor.hears("ack")
    await visitor.is_taken_in()

    def reply() -> int:
        operator = _operator(endpoint.account)
        ticket = Ticket.objects.get()
        at = timezone.now()
        message = send_reply(
            ticket=ticket, operator_id=operator.pk, channel="chat", text="Добрый день!", at=at, client_uuid=uuid4()
        )
        WebchatAdapter().deliver(
            endpoint=endpoint_info(Endpoint.objects.select_related("account").get(pk=endpoint.pk)),
            message=OutboundMessage(
                message_id=message.pk,
                account_id=message.account_id,
                ticket_id=ticket.pk,
                ticket_number="MT-1001",
                channel="chat",
                recipient=ContactRef(kind="chat", value=welcome["session"]),
                subject="",
                text=message.text,
                html="",
                at=at,
                external_id="",
                author_name="Anna",
                thread_key=welcome["session"],
            ),
        )
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.SENT)
        return message.pk

    message_id = await in_database(reply)
    while (frame := await visitor.hears("entry"))["entry"]["from"] != "operator":
        pass
    assert frame["entry"] | {"at": ""} == {
        "id": str(message_id),
        "from": "operator",
        "text": "Добрый день!",
        "name": "Anna",
        "at": "",
    }
    await visitor.says(type="seen", id=str(message_id))
    await visitor.says(type="ping")
    await visitor.hears("pong")
    assert await in_database(lambda: Message.objects.get(pk=message_id).status) == MessageStatus.READ


async def test_nobody_else_hears_the_reply(visitor: Visitor, endpoint: Endpoint) -> None:
    await visitor.greets()
    other = Visitor()
    await other.greets()
    await visitor.says(type="message", uuid=ONE, text="mine alone")
    # the entry may be pushed before the acknowledgement is written
    frames = [await visitor.hears("ack", "entry") for _ in range(2)]
    assert [frame["entry"]["text"] for frame in frames if frame["type"] == "entry"] == ["mine alone"]
    assert await other.receive_nothing(timeout=0.3)
    await other.disconnect()


def _available(account: Account) -> None:
    OperatorState.objects.create(operator=_operator(account), presence="available", since=timezone.now())


@pytest.mark.parametrize(("presence", "state"), [("available", "online"), ("break", "away"), ("offline", "away")])
async def test_the_chat_is_online_while_an_entitled_operator_is_available(
    visitor: Visitor, endpoint: Endpoint, presence: str, state: str
) -> None:
    def be_present() -> None:
        _available(endpoint.account)
        OperatorState.objects.update(presence=presence)

    await in_database(be_present)
    assert (await visitor.greets())["state"] == state


async def test_a_finished_chat_tells_the_visitor_and_writing_reopens_it(visitor: Visitor, endpoint: Endpoint) -> None:
    await in_database(_available, account=endpoint.account)
    await visitor.greets()
    await visitor.says(type="message", uuid=ONE, text="hello there")
    await visitor.hears("ack")
    await visitor.is_taken_in()

    def finish() -> int:
        return actions.close_chat(ticket_id=Ticket.objects.get().pk, at=timezone.now())

    assert await in_database(finish) == 1
    assert (await visitor.hears("state"))["state"] == "closed"
    assert await in_database(finish) == 0
    await visitor.says(type="message", uuid=str(uuid4()), text="one more thing")
    await visitor.hears("ack")
    assert (await visitor.hears("state"))["state"] == "online"
    assert await in_database(lambda: ChatSession.objects.get().ended_at) is None


async def test_typing_of_the_operator_is_shown(visitor: Visitor) -> None:
    await visitor.greets()
    await visitor.says(type="message", uuid=ONE, text="hello there")
    await visitor.hears("ack")
    await visitor.is_taken_in()
    await in_database(lambda: actions.show_typing(ticket_id=Ticket.objects.get().pk, name="Anna"))
    assert (await visitor.hears("typing"))["name"] == "Anna"
