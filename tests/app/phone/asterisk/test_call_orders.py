"""Calls under way, controlled from the console: what is told to Asterisk, what it cannot do, and what follows."""

from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from channels_app.models import CallAction, CallOrder
from channels_app.phone.call_control import why_absent
from channels_app.phone.call_orders import (
    CallOver,
    CannotOrder,
    fail_forgotten_orders,
    live_call,
    order,
    take_order,
)
from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.tickets.models import Call, Interaction
from tests.app.factories import make_account, make_operator
from tests.app.phone.ami_server import AnsweringServer
from tests.app.phone.asterisk.talk import AT, frame, take
from tests.app.phone.bridging import connected, until

pytestmark = pytest.mark.django_db

CALLER = {"Channel": "PJSIP/trunk-00000001", "Uniqueid": "1.1", "Linkedid": "1.1", "CallerIDNum": "+442079460009"}
PHONE = {"Channel": "PJSIP/101-00000002", "Uniqueid": "1.2", "Linkedid": "1.1", "CallerIDNum": "101"}
TO_PHONE = {"DestChannel": PHONE["Channel"], "DestUniqueid": "1.2", "DestLinkedid": "1.1"}
MEMBER = {**CALLER, **TO_PHONE, "Queue": "sales", "MemberName": "Anna Kovacs", "Interface": "PJSIP/101"}
OUTSIDE = {"DestChannel": "PJSIP/trunk-00000003", "DestUniqueid": "1.3", "DestLinkedid": "1.1"}
OUTER = {"Channel": "PJSIP/trunk-00000003", "Uniqueid": "1.3", "Linkedid": "1.1", "CallerIDNum": "+442071838750"}


def _at(second: float) -> datetime:
    return AT + timedelta(seconds=second)


TALK = [
    frame("Newchannel", 0, **CALLER, Exten="100", ChannelStateDesc="Ring"),
    frame("QueueCallerJoin", 1, **CALLER, Queue="sales"),
    frame("AgentCalled", 2, **MEMBER),
    frame("AgentConnect", 5, **MEMBER, HoldTime="4", RingTime="3"),
    frame("BridgeEnter", 5, **CALLER, BridgeUniqueid="b1"),
    frame("BridgeEnter", 5, **PHONE, BridgeUniqueid="b1"),
]
END = [
    frame("AgentComplete", 65, **MEMBER, HoldTime="4", TalkTime="60", Reason="agent"),
    frame("Hangup", 65, **PHONE, Cause="16"),
    frame("Hangup", 65, **CALLER, Cause="16"),
]
THROUGH = [
    frame("BlindTransfer", 30, Result="Success", TransfererChannel=PHONE["Channel"], TransfererUniqueid="1.2",
           TransfererLinkedid="1.1", TransfereeChannel=CALLER["Channel"], TransfereeUniqueid="1.1",
           TransfereeLinkedid="1.1", Extension="9+442071838750"),
    frame("BridgeLeave", 30, **PHONE, BridgeUniqueid="b1"),
    frame("BridgeLeave", 30, **CALLER, BridgeUniqueid="b1"),
    frame("AgentComplete", 30, **MEMBER, HoldTime="4", TalkTime="25", Reason="transfer"),
    frame("Hangup", 30, **PHONE, Cause="16"),
    frame("DialBegin", 31, **CALLER, **OUTSIDE, DialString="+442071838750@trunk"),
    frame("DialEnd", 40, **CALLER, **OUTSIDE, DialString="+442071838750@trunk", DialStatus="ANSWER"),
    frame("BridgeEnter", 40, **OUTER, BridgeUniqueid="b2"),
    frame("BridgeEnter", 40, **CALLER, BridgeUniqueid="b2"),
]  # fmt: skip


@pytest.fixture
def boris(shop) -> Operator:
    operator = make_operator(shop)
    OperatorAlias.objects.create(operator=operator, name="PJSIP/102")
    return operator


@pytest.fixture
def call(pbx, anna) -> Call:
    """Anna has spoken with a caller for five seconds."""
    take(pbx, *TALK, second=10)
    return Call.objects.get()


def _told(pbx, *, operator, call, refuses=None, **wanted):
    """Order something with the bridge connected; returns the action that Asterisk is asked for, and the order."""

    async def scene():
        async with AnsweringServer() as server, connected(pbx, server, now=lambda: _at(10)) as (_, orders):
            server.refuses = refuses or {}
            made = await sync_to_async(order)(operator=operator, call_id=call.pk, at=_at(10), **wanted)
            orders.put_nowait(("call.ordered", {"order_id": made.pk}))
            ended = {"done", "failed"}
            await until(lambda: CallOrder.objects.get().state in ended)
            return [action for action in server.asked if action["Action"] not in BACKGROUND]

    asked = async_to_sync(scene)()
    return asked, CallOrder.objects.get()


BACKGROUND = {"Challenge", "Login", "QueueStatus", "CoreShowChannels", "Ping", "QueuePause"}


def _without_id(asked):
    return [{name: value for name, value in action.items() if name != "ActionID"} for action in asked]


@pytest.mark.parametrize(("action", "event"), [(CallAction.HOLD, "hold"), (CallAction.RESUME, "talk")])
def test_telephone_is_told_to_hold_and_to_go_on(pbx, anna, call, action, event):
    asked, made = _told(pbx, operator=anna, call=call, action=action)
    assert _without_id(asked) == [
        {"Action": "PJSIPNotify", "channel": "PJSIP/101-00000002", "Variable": f"Event={event}"}
    ]
    assert (made.state, made.reason) == ("done", "")


def test_hold_that_the_telephone_obeys_is_in_the_call_as_by_its_key(pbx, anna, call):
    live = live_call(ticket_id=call.ticket_id, operator=anna)
    assert (live.is_own, live.held_since) == (True, None)
    take(pbx, *[frame("Hold", 20, **PHONE)], second=20)
    assert live_call(ticket_id=call.ticket_id, operator=anna).held_since == _at(20).isoformat()
    take(pbx, *[frame("Unhold", 29, **PHONE)], second=29)
    assert live_call(ticket_id=call.ticket_id, operator=anna).held_since is None
    take(pbx, *END, second=65)
    call.refresh_from_db()
    assert (call.talk_ms, call.hold_ms) == (60_000, 9_000)
    assert live_call(ticket_id=call.ticket_id, operator=anna) is None


def test_caller_is_put_through_to_a_colleague_and_to_an_extension(pbx, anna, boris, call):
    asked, _ = _told(pbx, operator=anna, call=call, action=CallAction.TRANSFER, to_operator_id=boris.pk)
    transfer = {"Action": "BlindTransfer", "Channel": "PJSIP/101-00000002", "Context": "from-internal"}
    assert _without_id(asked) == [{**transfer, "Exten": "102"}]
    CallOrder.objects.all().delete()
    asked, _ = _told(pbx, operator=anna, call=call, action=CallAction.TRANSFER, extension="600")
    assert _without_id(asked) == [{**transfer, "Exten": "600"}]


def test_time_with_an_outside_number_is_measured_until_the_log_tells_its_end(pbx, anna, call):
    asked, made = _told(pbx, operator=anna, call=call, action=CallAction.TRANSFER, number="020 7183 8750")
    assert _without_id(asked) == [
        {"Action": "BlindTransfer", "Channel": "PJSIP/101-00000002", "Context": "from-internal",
         "Exten": "9+442071838750"}
    ]  # fmt: skip
    part = Interaction.objects.get()
    assert (part.patched_to, part.patched_at, part.patch_ended_at) == ("+442071838750", made.changed_at, None)
    # the telephone system: transferred at 30 s, the outside number answers at 40 s, all is over at 100 s
    take(pbx, *THROUGH, second=40)
    part.refresh_from_db()
    assert (part.started_at, part.ended_at) == (_at(5), _at(30))
    assert (part.patched_at, part.patch_ended_at) == (_at(40), None)
    assert live_call(ticket_id=call.ticket_id, operator=anna) is None
    take(pbx, *[frame("Hangup", 100, **OUTER, Cause="16"), frame("Hangup", 100, **CALLER, Cause="16")], second=100)
    part.refresh_from_db()
    assert (part.ended_at, part.patched_at, part.patch_ended_at) == (_at(30), _at(40), _at(100))


def test_hanging_up_is_the_red_key_of_the_operators_telephone(pbx, anna, call):
    asked, _ = _told(pbx, operator=anna, call=call, action=CallAction.HANG_UP)
    assert _without_id(asked) == [{"Action": "Hangup", "Channel": "PJSIP/101-00000002", "Cause": "16"}]


@pytest.mark.parametrize(("action", "options"), [(CallAction.LISTEN, "qE"), (CallAction.WHISPER, "qwE")])
def test_supervisor_listens_or_speaks_to_the_operator_only(pbx, anna, boris, call, action, options):
    asked, made = _told(pbx, operator=boris, call=call, action=action)
    assert asked == [
        {"Action": "Originate", "Channel": "PJSIP/102", "Application": "ChanSpy",
         "Data": f"PJSIP/101-00000002,{options}", "Timeout": "25000", "Async": "true",
         "ChannelId": f"cc-spy-{made.pk}", "ActionID": f"cc-spy-{made.pk}"}
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action=f"call.{action}")
    assert (entry.actor_id, entry.data) == (boris.user_id, {"operator": anna.pk})


def test_supervisor_who_does_not_lift_is_told_so(pbx, anna, boris, call):
    async def scene():
        async with AnsweringServer() as server, connected(pbx, server, now=lambda: _at(10)) as (_, orders):
            made = await sync_to_async(order)(operator=boris, call_id=call.pk, action=CallAction.LISTEN, at=_at(10))
            orders.put_nowait(("call.ordered", {"order_id": made.pk}))
            await until(lambda: CallOrder.objects.get().state == "done")
            await server.send(f"Event: OriginateResponse\nActionID: cc-spy-{made.pk}\nResponse: Failure\nReason: 3")
            await until(lambda: CallOrder.objects.get().state == "failed")

    async_to_sync(scene)()
    assert CallOrder.objects.get().reason == "Nobody answered the telephone."


def test_telephone_that_listens_is_no_call(pbx, anna, call):
    spy = {"Channel": "PJSIP/102-00000009", "Uniqueid": "cc-spy-7", "Linkedid": "cc-spy-7", "CallerIDNum": "102"}
    dial = {"DestChannel": spy["Channel"], "DestUniqueid": "cc-spy-7", "DestLinkedid": "cc-spy-7"}
    take(
        pbx,
        *[
            frame("Newchannel", 11, **spy, Exten="", ChannelStateDesc="Down"),
            frame("DialBegin", 11, **dial, DialString="102"),
            frame("DialEnd", 14, **dial, DialString="102", DialStatus="ANSWER"),
            frame("Newstate", 14, **spy, ChannelStateDesc="Up"),
            frame("Hangup", 50, **spy, Cause="16"),
        ],
        second=50,
    )
    assert list(Call.objects.all()) == [call]
    assert Interaction.objects.count() == 1


def test_what_the_telephone_system_refuses_is_told_in_its_words(pbx, anna, call):
    _, made = _told(
        pbx, operator=anna, call=call, action=CallAction.TRANSFER, extension="600",
        refuses={"BlindTransfer": "Failed to transfer"},
    )  # fmt: skip
    assert (made.state, made.reason) == ("failed", "Failed to transfer")
    told = [event.payload for event in LiveEvent.objects.filter(kind="call.order_changed").order_by("pk")]
    assert [(event["state"], event["reason"]) for event in told] == [("sent", ""), ("failed", "Failed to transfer")]


def test_call_whose_telephone_system_takes_no_orders_shows_why(pbx, anna, call):
    pbx.settings = {name: value for name, value in pbx.settings.items() if name != "ami_host"}
    pbx.save()
    live = live_call(ticket_id=call.ticket_id, operator=anna)
    assert set(live.actions.values()) == {"no_orders"}
    with pytest.raises(CannotOrder) as refused:
        order(operator=anna, call_id=call.pk, action=CallAction.HANG_UP, at=_at(10))
    assert refused.value.data == {"reason": "no_orders"}
    assert not CallOrder.objects.exists()


@pytest.mark.parametrize(
    ("settings", "interface", "absent"),
    [({}, "PJSIP/101", "hold_not_set_up"), ({"remote_hold": True}, "SIP/101", "hold_needs_pjsip"),
     ({"remote_hold": True}, "PJSIP/101", "")],
)  # fmt: skip
def test_hold_needs_telephones_that_obey(settings, interface, absent):
    told = why_absent(action=CallAction.HOLD, settings={"ami_host": "pbx", **settings}, interface=interface)
    assert told == absent


def test_nobody_listens_where_it_is_not_allowed_or_without_a_telephone(pbx, anna, boris, call):
    chief = make_operator(pbx.account)
    assert live_call(ticket_id=call.ticket_id, operator=chief).actions[CallAction.LISTEN] == "no_telephone"
    pbx.settings = {**pbx.settings, "listening": False}
    pbx.save()
    live = live_call(ticket_id=call.ticket_id, operator=boris)
    assert live.actions == {CallAction.LISTEN: "listening_not_allowed", CallAction.WHISPER: "listening_not_allowed"}


def test_somebody_elses_call_is_not_held_put_through_or_ended(pbx, anna, boris, call):
    for action in (CallAction.HOLD, CallAction.TRANSFER, CallAction.HANG_UP):
        with pytest.raises(CannotOrder) as refused:
            order(operator=boris, call_id=call.pk, action=action, at=_at(10), extension="600")
        assert refused.value.data == {"reason": "not_yours"}
    assert not CallOrder.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({}, "operator_id"), ({"extension": "600", "number": "+442071838750"}, "operator_id"),
     ({"extension": "12 34"}, "extension"), ({"number": "nobody"}, "number")],
)  # fmt: skip
def test_transfer_names_one_target_that_can_be_dialled(pbx, anna, call, wanted, field):
    with pytest.raises(Invalid) as refused:
        order(operator=anna, call_id=call.pk, action=CallAction.TRANSFER, at=_at(10), **wanted)
    assert refused.value.field == field
    assert not CallOrder.objects.exists()


def test_order_for_a_call_that_is_over_is_refused_or_fails(pbx, anna, call):
    made = order(operator=anna, call_id=call.pk, action=CallAction.HOLD, at=_at(64))
    take(pbx, *END, second=65)
    assert take_order(order_id=made.pk, at=_at(65)) is None
    made.refresh_from_db()
    assert (made.state, made.reason) == ("failed", "The call is over.")
    with pytest.raises(CallOver):
        order(operator=anna, call_id=call.pk, action=CallAction.HOLD, at=_at(66))


def test_order_that_no_telephone_system_takes_in_five_seconds_fails(pbx, anna, call):
    made = order(operator=anna, call_id=call.pk, action=CallAction.HOLD, at=_at(10))
    assert fail_forgotten_orders(at=_at(15)) == 0
    assert fail_forgotten_orders(at=_at(15.001)) == 1
    assert take_order(order_id=made.pk, at=_at(16)) is None
    made.refresh_from_db()
    assert (made.state, made.reason) == ("failed", "The telephone system is not connected.")


# -- Over HTTP -----------------------------------------------------------------------------------------------------
def test_console_reads_the_call_and_orders_over_http(client, pbx, anna, boris, call):
    client.force_login(anna.user)
    answer = client.get(f"/api/v1/tickets/{call.ticket_id}/call/")
    assert answer.status_code == 200
    shown = answer.json()["call"]
    assert (shown["call_id"], shown["is_own"], shown["number"]) == (call.pk, True, "+442079460009")
    assert shown["abilities"] == [{"action": name, "absent": ""} for name in ("hold", "resume", "transfer", "hang_up")]
    assert shown["telephones"] == sorted([anna.pk, boris.pk])
    made = client.post(f"/api/v1/calls/{call.pk}/orders/", {"action": "hold"}, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (201, "requested")
    assert client.get(f"/api/v1/call-orders/{made.json()['id']}/").json()["action"] == "hold"


def test_operators_do_not_listen_to_each_other(client, pbx, anna, boris, call):
    client.force_login(boris.user)
    shown = client.get(f"/api/v1/tickets/{call.ticket_id}/call/").json()["call"]
    assert (shown["is_own"], shown["abilities"]) == (False, [])
    answer = client.post(f"/api/v1/calls/{call.pk}/orders/", {"action": "listen"}, content_type="application/json")
    assert answer.status_code == 403
    assert not CallOrder.objects.exists()


def test_caller_of_another_client_is_not_shown(client, pbx, anna, call):
    stranger = make_operator(make_account("Elsewhere"))
    client.force_login(stranger.user)
    assert client.get(f"/api/v1/tickets/{call.ticket_id}/call/").status_code == 404
    answer = client.post(f"/api/v1/calls/{call.pk}/orders/", {"action": "hang_up"}, content_type="application/json")
    assert answer.status_code == 404
