"""Who looks at a ticket and who writes on it: told at once, kept for seconds, stored nowhere."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from contactcenter.kernel.hub import hub
from contactcenter.kernel.models import LiveEvent
from contactcenter.realtime.viewers import VIEW_S, Looking, look_at, renew, viewers_of
from contactcenter.tenancy.doors import open_every_account
from tests.app.factories import AT, make_account, make_operator, make_ticket
from tests.app.realtime.test_console_socket import opened

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def setup():
    with open_every_account(reason="a test"):
        account = make_account()
        return account, make_ticket(account), make_operator(account), make_operator(account)


async def told(console, kind):
    while True:
        frame = await console.receive_json()
        if frame["type"] == "event" and frame["event"]["kind"] == kind:
            return frame["event"]


async def listening():
    for _ in range(200):
        if hub().listening:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the hub does not listen")


async def test_second_person_on_a_ticket_is_told_to_both_and_nothing_is_stored():
    _, ticket, anna, boris = await setup()
    first, second = await opened(anna.user), await opened(boris.user)
    await listening()

    await first.send_json({"type": "view", "ticket_id": ticket.pk})
    event = await told(first, "ticket.viewers")
    assert event["cursor"] == ""
    assert event["payload"] == {
        "ticket_id": ticket.pk,
        "viewers": [{"user_id": anna.user_id, "name": anna.display_name, "writing": False}],
    }
    await second.send_json({"type": "view", "ticket_id": ticket.pk})
    seen = (await told(first, "ticket.viewers"))["payload"]["viewers"]
    assert {one["user_id"] for one in seen} == {anna.user_id, boris.user_id}

    await second.send_json({"type": "typing", "ticket_id": ticket.pk})
    seen = (await told(first, "ticket.viewers"))["payload"]["viewers"]
    assert {one["user_id"]: one["writing"] for one in seen} == {anna.user_id: False, boris.user_id: True}

    await second.disconnect()
    seen = (await told(first, "ticket.viewers"))["payload"]["viewers"]
    assert [one["user_id"] for one in seen] == [anna.user_id]
    await first.send_json({"type": "view", "ticket_id": None})
    assert (await told(first, "ticket.viewers"))["payload"]["viewers"] == []
    await first.disconnect()
    assert not await LiveEvent.objects.filter(kind="ticket.viewers").aexists()


async def test_ticket_of_another_account_cannot_be_looked_at():
    _, ticket, _, _ = await setup()
    stranger = await sync_to_async(lambda: make_operator(make_account()))()
    console = await opened(stranger.user)
    await console.send_json({"type": "view", "ticket_id": ticket.pk})
    assert (await console.receive_json())["error"]["code"] == "not_found"
    await console.disconnect()


@sync_to_async
def viewing(ticket, anna):
    from datetime import timedelta

    with open_every_account(reason="a test"):
        looking: Looking = look_at(ticket_id=ticket.pk, user_id=anna.user_id, at=AT)
        at = AT + timedelta(seconds=VIEW_S - 1)
        kept = viewers_of(ticket_id=ticket.pk, at=at)
        renew(looking=looking, at=at)
        later = viewers_of(ticket_id=ticket.pk, at=at + timedelta(seconds=VIEW_S - 1))
        gone = viewers_of(ticket_id=ticket.pk, at=at + timedelta(seconds=VIEW_S + 1))
    return kept, later, gone


async def test_view_ends_by_itself_without_a_heartbeat():
    _, ticket, anna, _ = await setup()
    kept, later, gone = await viewing(ticket, anna)
    assert (len(kept), len(later), gone) == (1, 1, [])
