"""Click to call: what is refused, what the telephone system is asked for, and what became of it."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from channels_app.models import CallRequest, Endpoint
from channels_app.phone import bridge_actions
from channels_app.phone.call_requests import (
    NoTelephone,
    NoTelephoneSystem,
    fail_forgotten_requests,
    request_call,
)
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.tickets.models import Call
from tests.app.phone.ami_server import AnsweringServer
from tests.app.phone.asterisk.talk import AT, NUMBER, events, frame, take
from tests.app.phone.bridging import connected, until

pytestmark = pytest.mark.django_db


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
    take(
        pbx,
        frame("Newchannel", 1, **own, Exten=""),
        frame("DialBegin", 4, **dial),
        frame("DialEnd", 8, **dial, DialStatus="ANSWER"),
        frame("Hangup", 20, **own),
        second=20,
    )
    call = Call.objects.get()
    assert (call.direction, call.to_number, call.ticket_id) == ("out", NUMBER, ticket.pk)
    assert call.operator_id == anna.pk


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
    assert [event["state"] for event in events("call.request_changed")] == ["ringing", "answered"]


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
