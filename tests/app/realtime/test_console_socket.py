"""/ws/console/ with a real hub, Valkey and database."""

import asyncio
import json
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from contactcenter.kernel.hub import hub
from contactcenter.kernel.models import LiveEvent
from contactcenter.kernel.push import push_on_commit
from contactcenter.realtime.consumers import NOT_SIGNED_IN, ConsoleConsumer
from contactcenter.routing.models import OperatorState
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.models import OperatorEvent
from tests.app.factories import AT, make_account, make_operator, make_ticket, make_user
from tests.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)

OURS = [(b"host", b"desk.example.org"), (b"origin", b"https://desk.example.org")]


def socket(user, headers=OURS) -> Socket:
    return Socket(ConsoleConsumer.as_asgi(), "/ws/console/", headers=headers, user=user)


async def opened(user) -> Socket:
    communicator = socket(user)
    assert await communicator.connect()
    hello = await communicator.receive_json()
    assert hello["type"] == "hello"
    return communicator


@sync_to_async
def setup():
    account, other = make_account(), make_account()
    operator = make_operator(account)
    return account, other, operator


@sync_to_async
def push(audience: str, **payload: object) -> None:
    with transaction.atomic():
        push_on_commit(audience, kind="ticket.changed", payload=payload)


async def test_stranger_is_closed_with_4401_and_a_client_too():
    viewer = await sync_to_async(make_user)("client_viewer")
    for user in (AnonymousUser(), viewer):
        communicator = socket(user)
        await communicator.connect()
        closed = await communicator.receive_output(5)
        assert (closed["type"], closed["code"]) == ("websocket.close", NOT_SIGNED_IN)


@pytest.mark.parametrize("origin", [b"https://evil.example", None])
async def test_page_of_another_site_is_refused(origin):
    _, _, operator = await setup()
    headers = [OURS[0], *([(b"origin", origin)] if origin else [])]
    assert not await socket(operator.user, headers).connect()


async def test_wallboard_listens_without_being_a_sign_of_life():
    _, _, operator = await setup()
    long_ago = AT - timedelta(days=1)
    await sync_to_async(OperatorState.objects.create)(
        operator=operator, presence="available", since=long_ago, last_seen_at=long_ago
    )
    board = Socket(ConsoleConsumer.as_asgi(), "/ws/console/", headers=OURS, user=operator.user, query=b"watch=1")
    assert await board.connect()
    assert (await board.receive_json())["type"] == "hello"
    await board.send_json({"type": "ping"})
    assert (await board.receive_json())["type"] == "pong"
    state = await sync_to_async(OperatorState.objects.get)(operator=operator)
    assert state.last_seen_at == long_ago

    console = await opened(operator.user)

    state = await sync_to_async(OperatorState.objects.get)(operator=operator)
    assert state.last_seen_at > long_ago
    for communicator in (board, console):
        await communicator.disconnect()


async def test_event_published_as_soon_as_the_socket_is_open_arrives():
    _, _, operator = await setup()
    console = socket(operator.user)
    assert await console.connect()
    # the client reads the log from here on; what comes now is in no log it reads
    event = {"cursor": "7-1", "kind": "offer.made", "at": "", "account_id": None, "payload": {"n": 1}}
    assert hub().deliver(audience=f"operator:{operator.pk}", event=event) == 1
    assert (await console.receive_json())["type"] == "hello"
    assert (await console.receive_json())["event"] == event
    await console.disconnect()


async def test_socket_that_is_gone_before_it_is_accepted_leaves_no_subscription():
    _, _, operator = await setup()
    other = await opened(operator.user)
    scope = socket(operator.user).scope

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        raise ConnectionResetError(message["type"])

    with pytest.raises(ConnectionResetError, match=r"websocket\.accept"):
        await ConsoleConsumer.as_asgi()(scope, receive, send)
    event = {"cursor": "7-2", "kind": "offer.made", "at": "", "account_id": None, "payload": {}}
    assert hub().deliver(audience=f"operator:{operator.pk}", event=event) == 1
    await other.disconnect()


async def test_events_of_ones_own_audiences_arrive_and_no_others():
    account, other, operator = await setup()
    console = await opened(operator.user)

    await push(f"account:{other.pk}", n=1)
    await push("operator:999999", n=2)
    await push("chat:0000", n=3)
    await push(f"account:{account.pk}", n=4)
    await push(f"operator:{operator.pk}", n=5)
    await push("staff", n=6)

    received = [await console.receive_json() for _ in range(3)]
    assert [frame["event"]["payload"]["n"] for frame in received] == [4, 5, 6]
    assert set(received[0]) == {"type", "cursor", "event"}
    assert await console.receive_nothing(0.2)
    await console.disconnect()


async def test_supervisor_hears_every_account():
    account, _, _ = await setup()
    console = await opened(await sync_to_async(make_user)("supervisor"))
    await push(f"account:{account.pk}", n=1)
    assert (await console.receive_json())["event"]["payload"] == {"n": 1}
    await console.disconnect()


async def test_ping_is_answered_with_the_servers_time():
    _, _, operator = await setup()
    console = await opened(operator.user)
    await console.send_json({"type": "ping"})
    pong = await console.receive_json()
    assert pong["type"] == "pong"
    assert pong["server_time"].endswith("Z")
    await console.disconnect()


@pytest.mark.parametrize("text", ["nonsense", "[]", json.dumps({"type": "ping", "padding": "x" * 50_000})])
async def test_bad_frame_gets_an_error_frame_and_the_socket_lives_on(text):
    _, _, operator = await setup()
    console = await opened(operator.user)
    await console.send_text(text)
    error = await console.receive_json()
    assert (error["type"], error["error"]["code"]) == ("error", "bad_frame")
    await console.send_bytes(b"\x00")
    assert (await console.receive_json())["type"] == "error"
    await console.send_json({"type": "ping"})
    assert (await console.receive_json())["type"] == "pong"
    await console.disconnect()


async def test_flood_of_frames_is_refused():
    _, _, operator = await setup()
    console = await opened(operator.user)
    with time_machine.travel(AT, tick=False):
        for _ in range(22):
            await console.send_json({"type": "nonsense"})
        codes = [(await console.receive_json())["error"]["code"] for _ in range(22)]
    assert codes == ["bad_frame"] * 20 + ["too_many_frames"] * 2
    await console.disconnect()


async def test_focus_frame_is_recorded_once_in_a_while_and_only_within_the_scope():
    account, other, operator = await setup()

    @sync_to_async
    def tickets():
        from django.utils import timezone

        from contactcenter.routing.actions import set_presence

        with open_every_account(reason="a test sets up"):
            set_presence(operator_id=operator.pk, state="available", at=timezone.now())
            return make_ticket(account), make_ticket(other)

    mine, foreign = await tickets()
    console = await opened(operator.user)
    for _ in range(3):
        await console.send_json({"type": "focus", "ticket_id": mine.pk, "active": True})
    await console.send_json({"type": "focus", "ticket_id": foreign.pk, "active": True})
    while (frame := await console.receive_json())["type"] == "event":
        pass
    assert frame["error"]["code"] == "not_found"
    focused = OperatorEvent.objects.filter(kind="focus.started")
    assert await sync_to_async(lambda: [event.ticket_id for event in focused])() == [mine.pk]
    await console.disconnect()


async def test_typing_is_told_to_the_account():
    account, _, operator = await setup()

    @sync_to_async
    def make():
        with open_every_account(reason="a test sets up"):
            return make_ticket(account)

    ticket = await make()
    console = await opened(operator.user)
    await console.send_json({"type": "typing", "ticket_id": ticket.pk})
    frame = await console.receive_json()
    assert frame["event"]["kind"] == "chat.typing"
    assert frame["event"]["payload"] == {
        "ticket_id": ticket.pk,
        "from": "operator",
        "name": operator.display_name,
    }
    await console.disconnect()


async def test_person_who_left_the_team_loses_the_socket(monkeypatch):
    from datetime import timedelta

    from contactcenter.realtime import consumers

    monkeypatch.setattr(consumers, "ACCESS_STEP", timedelta(0))
    _, _, operator = await setup()
    console = await opened(operator.user)
    operator.user.is_active = False
    await sync_to_async(operator.user.save)()
    await console.send_json({"type": "ping"})
    closed = await console.receive_output(5)
    assert (closed["type"], closed["code"]) == ("websocket.close", NOT_SIGNED_IN)


async def test_logging_out_elsewhere_ends_the_socket(monkeypatch):
    from datetime import timedelta

    from contactcenter.realtime import consumers
    from contactcenter.tenancy.sessions import SessionStore

    monkeypatch.setattr(consumers, "ACCESS_STEP", timedelta(0))
    _, _, operator = await setup()
    session = SessionStore()
    await sync_to_async(session.save)()
    console = socket(operator.user)
    console.scope["session"] = session
    assert await console.connect()
    await console.receive_json()
    await console.send_json({"type": "ping"})
    assert (await console.receive_json())["type"] == "pong"
    await sync_to_async(session.delete)()
    await console.send_json({"type": "ping"})
    closed = await console.receive_output(5)
    assert (closed["type"], closed["code"]) == ("websocket.close", NOT_SIGNED_IN)


async def test_events_written_while_valkey_is_away_arrive_from_the_database(monkeypatch):
    from contactcenter.kernel import push as push_module

    monkeypatch.setattr(push_module, "_publish", lambda event: None)
    account, _, operator = await setup()
    console = await opened(operator.user)
    await push(f"account:{account.pk}", n=1)
    # the hub reads the table every few seconds although nothing was published
    assert (await console.receive_json(8))["event"]["payload"] == {"n": 1}
    assert await sync_to_async(LiveEvent.objects.count)() == 1
    await console.disconnect()
    await asyncio.sleep(0)
