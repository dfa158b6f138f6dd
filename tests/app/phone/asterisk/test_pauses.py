"""Breaks in the console and pauses at the telephone, both ways."""

import asyncio

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from channels_app.phone.member_pauses import PauseWish as bridge_wish
from contactcenter.realtime.phone_presence import UNNAMED_REASON, ConsolePresences
from contactcenter.routing.actions import set_presence
from contactcenter.routing.models import OperatorState
from tests.app.phone.ami_server import AnsweringServer
from tests.app.phone.asterisk.talk import (
    AT,
)
from tests.app.phone.bridging import connected, until

pytestmark = pytest.mark.django_db


def _member(*, queue="sales", interface="PJSIP/101", paused=0, event="QueueMember", reason=""):
    place = "Location" if event == "QueueMember" else "Interface"
    name = "Name" if event == "QueueMember" else "MemberName"
    return (
        f"Event: {event}\nQueue: {queue}\n{name}: Anna Kovacs\n{place}: {interface}\nStateInterface: PJSIP/101\n"
        f"Paused: {paused}\nPausedReason: {reason}"
    )


def _wish(operator, *, paused):
    return bridge_wish(operator_id=operator.pk, paused=paused, reason="lunch")


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
