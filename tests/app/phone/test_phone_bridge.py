"""The live bridge: logging in, who rings, click to call, pauses both ways, a lost database."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError

from channels_app.models import CallRequest, Endpoint, PhoneLogEntry
from channels_app.phone import bridge_actions
from channels_app.phone.ami_client import AmiClient
from channels_app.phone.bridge_actions import take_frames
from channels_app.phone.call_requests import (
    NoTelephone,
    NoTelephoneSystem,
    fail_forgotten_requests,
    request_call,
)
from channels_app.phone.frames import ConnectionLost, Frame, LoginRefused
from channels_app.phone.member_pauses import PauseWish as bridge_wish
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.kernel import valkey
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.realtime.phone_presence import UNNAMED_REASON, ConsolePresences
from contactcenter.routing.actions import set_presence, wrap_call
from contactcenter.routing.models import Assignment, OperatorState
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Membership
from contactcenter.tickets.models import Call, Interaction
from contactcenter.worktime.models import OperatorEvent
from tests.app.factories import make_account, make_operator, make_ticket
from tests.app.phone.ami_server import AnsweringServer
from tests.app.phone.bridging import connected, until

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 15, 0, 0, tzinfo=UTC)
NUMBER = "+442079460009"


@pytest.fixture(autouse=True)
def _scope():
    with open_every_account(reason="the test looks at everything"):
        yield


@pytest.fixture
def shop():
    return make_account("Shop")


@pytest.fixture
def anna(shop) -> Operator:
    operator = make_operator(shop)
    OperatorAlias.objects.create(operator=operator, name="Anna Kovacs")
    OperatorAlias.objects.create(operator=operator, name="PJSIP/101")
    return operator


@pytest.fixture
def pbx(shop) -> Endpoint:
    return Endpoint.objects.create(
        account=shop,
        kind="voice",
        address="pbx-1",
        name="Main telephone system",
        language="en",
        settings={
            "ami_host": "127.0.0.1", "ami_username": "bridge", "call_prefix": "9",
            "accounts": {f"code:{shop.slug}": shop.slug},
        },
    )  # fmt: skip


def _events(kind):
    return [event.payload for event in LiveEvent.objects.filter(kind=kind).order_by("pk")]


def _frame(event: str, second: float, **headers: str) -> Frame:
    lines = [f"Event: {event}", f"Timestamp: {AT.timestamp() + second:.6f}"]
    raw = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
    return Frame(raw.encode(), AT)


CALLER = {"Channel": "PJSIP/trunk-1", "Uniqueid": "1.1", "Linkedid": "1.1", "CallerIDNum": NUMBER, "Exten": "100"}
PHONE = {"DestChannel": "PJSIP/101-2", "DestUniqueid": "1.2", "DestLinkedid": "1.1"}
MEMBER = {**CALLER, **PHONE, "Queue": "sales", "MemberName": "Anna Kovacs", "Interface": "PJSIP/101"}
MENU = _frame("Newchannel", 0, **CALLER, ChannelStateDesc="Ring")
QUEUED = _frame("QueueCallerJoin", 1, **CALLER, Queue="sales")
RINGS = _frame("AgentCalled", 2, **MEMBER)
ANSWERS = _frame("AgentConnect", 5, **MEMBER, HoldTime="4", RingTime="3")
MISSED = _frame("AgentRingNoAnswer", 12, **MEMBER, RingTime="10000")
COMPLETE = _frame("AgentComplete", 65, **MEMBER, HoldTime="4", TalkTime="60", Reason="caller")
HANGUP = _frame("Hangup", 65, **CALLER, Cause="16")


def _take(pbx, *frames: Frame, second: float) -> None:
    take_frames(endpoint_id=pbx.pk, frames=frames, at=datetime.fromtimestamp(AT.timestamp() + second, tz=UTC))


def test_caller_in_the_menu_has_no_ticket_yet(pbx, anna):
    _take(pbx, MENU, second=0)
    assert (Call.objects.count(), PhoneLogEntry.objects.count()) == (0, 1)
    _take(pbx, QUEUED, second=1)
    assert Call.objects.get().ticket is not None


def test_operator_is_told_who_rings_once_and_that_it_stopped(pbx, anna, ticket):
    _take(pbx, MENU, QUEUED, second=1)
    assert _events("call.ringing") == []
    _take(pbx, RINGS, second=2)
    call = Call.objects.get()
    (ringing,) = LiveEvent.objects.filter(kind="call.ringing")
    assert ringing.audience == f"operator:{anna.pk}"
    assert ringing.payload == {
        "call_id": call.pk,
        "ticket_id": call.ticket_id,
        "account_id": call.account_id,
        "number": NUMBER,
        "name": "Olga",
        "queue": "sales",
        "since": "2026-11-23T15:00:02Z",
    }
    _take(pbx, RINGS, second=2)
    assert len(_events("call.ringing")) == 1
    _take(pbx, ANSWERS, second=5)
    assert [event["answered"] for event in _events("call.ring_ended")] == [True]
    _take(pbx, ANSWERS, second=5)
    assert (len(_events("call.ringing")), len(_events("call.ring_ended"))) == (1, 1)


def test_ring_is_on_its_way_to_the_screen_with_its_commit_and_waits_for_no_task(
    pbx, anna, monkeypatch, django_capture_on_commit_callbacks
):
    told: list[valkey.Command] = []
    monkeypatch.setattr(valkey, "_send", told.extend)
    _take(pbx, MENU, QUEUED, second=1)
    with django_capture_on_commit_callbacks(execute=True):
        _take(pbx, RINGS, second=2)
    published = [json.loads(command[2]) for command in told if command[0] == "PUBLISH"]
    rung = [item["event"] for item in published if item["audience"] == f"operator:{anna.pk}"]
    assert [(event["kind"], event["payload"]["number"]) for event in rung] == [("call.ringing", NUMBER)]


def test_missed_ring_is_taken_off_the_screen_as_missed(pbx, anna):
    _take(pbx, MENU, QUEUED, RINGS, second=2)
    _take(pbx, MISSED, second=12)
    assert [event["answered"] for event in _events("call.ring_ended")] == [False]


def test_nobody_is_told_of_a_call_of_an_account_that_is_not_theirs(pbx, anna):
    Membership.objects.filter(user=anna.user).delete()
    _take(pbx, MENU, QUEUED, RINGS, second=2)
    assert _events("call.ringing") == []


def test_call_of_the_past_touches_no_screen(pbx, anna):
    _take(pbx, MENU, QUEUED, RINGS, second=500)
    assert _events("call.ringing") == []


def test_ended_call_feeds_talk_and_wrap_up_into_the_operators_time(pbx, anna):
    set_presence(operator_id=anna.pk, state="available", at=AT)
    _take(pbx, MENU, QUEUED, RINGS, ANSWERS, second=5)
    interaction = Interaction.objects.get()
    assert interaction.ended_at is None
    assert wrap_call(interaction_id=interaction.pk) is None
    _take(pbx, COMPLETE, HANGUP, second=65)
    assignment = wrap_call(interaction_id=interaction.pk)
    assert assignment is not None
    assert (assignment.state, assignment.operator_id) == ("wrapping", anna.pk)
    assert assignment.wrapping_at == datetime(2026, 11, 23, 15, 1, 5, tzinfo=UTC)
    assert assignment.wrap_due_at == datetime(2026, 11, 23, 15, 2, 5, tzinfo=UTC)
    assert wrap_call(interaction_id=interaction.pk) is None
    assert Assignment.objects.count() == 1
    told = OperatorEvent.objects.filter(operator=anna).order_by("at", "pk").values_list("kind", flat=True)
    assert list(told) == [
        "session.started", "presence.available", "offer.made", "call.talk_started", "offer.ended", "call.ended",
        "wrap.started",
    ]  # fmt: skip


def test_operator_who_is_not_at_work_gets_no_wrap_up(pbx, anna):
    _take(pbx, MENU, QUEUED, RINGS, ANSWERS, COMPLETE, HANGUP, second=65)
    assert wrap_call(interaction_id=Interaction.objects.get().pk) is None
    assert Assignment.objects.count() == 0


# -- Click to call -------------------------------------------------------------------------------------------------
@pytest.fixture
def ticket(shop):
    contact, _ = find_or_create_contact(account_id=shop.pk, kind="phone", value=NUMBER, name="Olga", language="en")
    return make_ticket(shop, contact)


def test_wish_to_call_is_stored_audited_and_told_to_the_bridge(pbx, anna, ticket):
    wish = request_call(operator=anna, ticket_id=ticket.pk, at=AT)
    assert (wish.number, wish.interface, wish.state, wish.endpoint_id) == (NUMBER, "PJSIP/101", "requested", pbx.pk)
    assert AuditEntry.objects.get(action="call.request").actor_id == anna.user_id
    (told,) = LiveEvent.objects.filter(kind="call.requested")
    assert (told.audience, told.payload) == (f"phone:{pbx.pk}", {"request_id": wish.pk})


@pytest.mark.parametrize(
    ("prepare", "arguments", "error"),
    [
        (lambda anna, pbx: None, {"number": "+19005551234"}, Invalid),
        (lambda anna, pbx: None, {"ticket_id": 10**9}, NotFound),
        (lambda anna, pbx: anna.aliases.filter(name="PJSIP/101").delete(), {}, NoTelephone),
        (lambda anna, pbx: Endpoint.objects.update(is_active=False), {}, NoTelephoneSystem),
        (lambda anna, pbx: Endpoint.objects.update(settings={}), {}, NoTelephoneSystem),
    ],
)
def test_call_that_cannot_be_placed_is_refused_and_stores_nothing(pbx, anna, ticket, prepare, arguments, error):
    prepare(anna, pbx)
    with pytest.raises(error):
        request_call(operator=anna, at=AT, **{"ticket_id": ticket.pk, **arguments})
    assert (CallRequest.objects.count(), LiveEvent.objects.filter(kind="call.requested").count()) == (0, 0)


def test_wish_that_no_telephone_system_takes_fails_in_time(pbx, anna, ticket):
    wish = request_call(operator=anna, ticket_id=ticket.pk, at=AT)
    assert fail_forgotten_requests(at=datetime(2026, 11, 23, 15, 0, 15, tzinfo=UTC)) == 0
    assert fail_forgotten_requests(at=datetime(2026, 11, 23, 15, 0, 16, tzinfo=UTC)) == 1
    wish.refresh_from_db()
    assert (wish.state, wish.reason) == ("failed", "The telephone system is not connected.")
    assert bridge_actions.originate_action(request_id=wish.pk, at=AT) is None


def test_call_made_by_a_click_belongs_to_its_ticket(pbx, anna, ticket):
    wish = request_call(operator=anna, ticket_id=ticket.pk, at=AT)
    own = {"Channel": "PJSIP/101-9", "Uniqueid": wish.channel_id, "Linkedid": wish.channel_id, "CallerIDNum": "101"}
    dial = {**own, "DestChannel": "PJSIP/trunk-9", "DestUniqueid": "1.9", "DestLinkedid": wish.channel_id,
            "DialString": f"{NUMBER}@trunk"}  # fmt: skip
    _take(
        pbx,
        _frame("Newchannel", 1, **own, Exten=""),
        _frame("DialBegin", 4, **dial),
        _frame("DialEnd", 8, **dial, DialStatus="ANSWER"),
        _frame("Hangup", 20, **own),
        second=20,
    )
    call = Call.objects.get()
    assert (call.direction, call.to_number, call.ticket_id) == ("out", NUMBER, ticket.pk)
    assert call.operator_id == anna.pk


# -- Connected -----------------------------------------------------------------------------------------------------
def test_login_keeps_the_secret_off_the_wire():
    async def scene():
        async with AnsweringServer() as server:
            client = await AmiClient.open(login=server.login(), now=lambda: AT)
            await client.close()
            return server.asked

    challenge, login = async_to_sync(scene)()
    assert (challenge["Action"], challenge["AuthType"]) == ("Challenge", "MD5")
    # md5("145769581" + "s3cret"), by md5sum
    assert (login["AuthType"], login["Key"]) == ("MD5", "c50a97454a3fc88d943bc8bb1d7d5e5d")
    assert "Secret" not in login


def test_wrong_secret_is_refused_and_a_closed_port_is_not_reached():
    async def scene():
        async with AnsweringServer() as server:
            with pytest.raises(LoginRefused, match="refuses the login: Authentication failed"):
                await AmiClient.open(login=server.login(secret="wrong"), now=lambda: AT)
            login = server.login()
        with pytest.raises(ConnectionLost, match="cannot be reached"):
            await AmiClient.open(login=login, now=lambda: AT)

    async_to_sync(scene)()


def test_lost_connection_is_noted_and_made_again_after_a_growing_wait(pbx):
    waits = []

    async def wait(seconds):
        if seconds == 30:
            await asyncio.Event().wait()
        waits.append(seconds)

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server, wait=wait, jitter=lambda: 1.0):
            server.connected.clear()
            server.drop()
            await asyncio.wait_for(server.connected.wait(), 20)
            await until(lambda: Endpoint.objects.get(pk=pbx.pk).last_error == "")

    async_to_sync(scene)()
    assert waits == [1.0]
    assert Endpoint.objects.get(pk=pbx.pk).last_error_at == AT


def test_click_rings_the_operators_telephone_first(pbx, anna, ticket):
    wish = request_call(operator=anna, ticket_id=ticket.pk, at=AT)
    answer = f"Event: OriginateResponse\nActionID: {wish.channel_id}\nResponse: Success\nReason: 4"

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server):
            placed = await server.action("Originate")
            assert (await CallRequest.objects.aget()).state == "ringing"
            await server.send(answer)
            await until(lambda: CallRequest.objects.get().state == "answered")
            return placed

    placed = async_to_sync(scene)()
    assert placed.items() >= {
        "Channel": "PJSIP/101", "Exten": f"9{NUMBER}", "Context": "from-internal", "Async": "true",
        "ChannelId": wish.channel_id, "ActionID": wish.channel_id, "Account": pbx.account.slug,
    }.items()  # fmt: skip
    assert [event["state"] for event in _events("call.request_changed")] == ["ringing", "answered"]


def test_operator_who_does_not_lift_is_told_so(pbx, anna, ticket):
    async def scene():
        async with AnsweringServer() as server, connected(pbx, server) as (_, orders):
            wish = await sync_to_async(request_call)(operator=anna, ticket_id=ticket.pk, at=AT)
            orders.put_nowait(("call.requested", {"request_id": wish.pk}))
            await server.action("Originate")
            await server.send(
                f"Event: OriginateResponse\nActionID: {wish.channel_id}\nResponse: Failure\n"
                "Uniqueid: <unknown>\nReason: 3"
            )
            await until(lambda: CallRequest.objects.get().state == "failed")

    async_to_sync(scene)()
    assert CallRequest.objects.get().reason == "Nobody answered the telephone."


def _member(*, queue="sales", interface="PJSIP/101", paused=0, event="QueueMember", reason=""):
    place = "Location" if event == "QueueMember" else "Interface"
    name = "Name" if event == "QueueMember" else "MemberName"
    return (
        f"Event: {event}\nQueue: {queue}\n{name}: Anna Kovacs\n{place}: {interface}\nStateInterface: PJSIP/101\n"
        f"Paused: {paused}\nPausedReason: {reason}"
    )


def test_break_in_the_console_pauses_every_membership_and_its_echo_is_no_news(pbx, anna):
    set_presence(operator_id=anna.pk, state="available", at=AT)
    local = "Local/101@agents/n"

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server) as (bridge, orders):
            await server.send(_member(), _member(queue="help", interface=local))
            stored = bridge.frames_stored
            await sync_to_async(set_presence)(operator_id=anna.pk, state="break", reason="lunch", at=AT)
            await until(lambda: bridge.frames_stored >= stored)
            while not bridge.pauses.to_tell(_wish(anna, paused=True), interfaces=["PJSIP/101"], at=AT):
                await asyncio.sleep(0.005)
            bridge.pauses._told.clear()
            said = {"operator_id": anna.pk, "state": "break", "reason": "lunch"}
            orders.put_nowait(("presence.changed", said))
            pauses = [await server.action("QueuePause") for _ in range(2)]
            # the operator is back before the echo of the pause arrives
            await sync_to_async(set_presence)(operator_id=anna.pk, state="available", at=AT)
            before = bridge.frames_stored
            await server.send(
                _member(event="QueueMemberPause", paused=1, reason="lunch"),
                _member(event="QueueMemberPause", queue="help", interface=local, paused=1, reason="lunch"),
            )
            await until(lambda: bridge.frames_stored >= before + 2)
            return pauses

    pauses = async_to_sync(scene)()
    assert [(each["Interface"], each["Paused"], each["Reason"]) for each in pauses] == [
        (local, "true", "lunch"),
        ("PJSIP/101", "true", "lunch"),
    ]
    assert OperatorState.objects.get(pk=anna.pk).presence == "available"


def _wish(operator, *, paused):
    return bridge_wish(operator_id=operator.pk, paused=paused, reason="lunch")


def test_pause_at_the_telephone_is_a_break_and_its_end_is_the_return(pbx, anna):
    set_presence(operator_id=anna.pk, state="available", at=AT)

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server):
            await server.send(_member(), _member(event="QueueMemberPause", paused=1, reason="coffee"))
            await until(lambda: OperatorState.objects.get(pk=anna.pk).presence == "break")
            reason = (await OperatorState.objects.aget(pk=anna.pk)).reason
            await server.send(_member(event="QueueMemberPause", paused=0, reason="coffee"))
            await until(lambda: OperatorState.objects.get(pk=anna.pk).presence == "available")
            return reason

    assert async_to_sync(scene)() == "coffee"


def test_pause_of_somebody_who_is_not_at_work_changes_nothing(anna):
    ConsolePresences().follow(operator_id=anna.pk, paused=True, reason="", at=AT)
    assert not OperatorState.objects.filter(pk=anna.pk, presence="break").exists()
    set_presence(operator_id=anna.pk, state="available", at=AT)
    ConsolePresences().follow(operator_id=anna.pk, paused=True, reason="", at=AT)
    assert OperatorState.objects.get(pk=anna.pk).reason == UNNAMED_REASON


def test_frames_wait_in_memory_while_the_database_is_away(pbx, anna, monkeypatch):
    refusals = [OperationalError("gone"), OperationalError("gone")]
    take = bridge_actions.take_frames

    def taking(**arguments):
        if refusals:
            raise refusals.pop()
        return take(**arguments)

    monkeypatch.setattr("channels_app.phone.bridge.actions.take_frames", taking)
    monkeypatch.setattr("channels_app.phone.staying.close_old_connections", lambda: None)
    waits = []

    async def wait(seconds):
        if seconds == 30:
            await asyncio.Event().wait()
        waits.append(seconds)

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server, wait=wait):
            await server.send(*(frame.raw.decode().replace("\r\n", "\n") for frame in (MENU, QUEUED)))
            await until(lambda: Call.objects.count() == 1)

    async_to_sync(scene)()
    assert (refusals, waits) == ([], [1.0, 2.0])
