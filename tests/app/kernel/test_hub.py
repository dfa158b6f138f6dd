"""The hub: fan-out in memory, once each, with the database behind it."""

import asyncio

import pytest

from contactcenter.kernel.hub import QUEUE_FRAMES, Hub
from contactcenter.kernel.push import Cursor

NOWHERE = "redis://127.0.0.1:1/0"


class Table:
    """A fake event table: rows appear, the horizon follows."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []

    def add(self, audience: str) -> dict:
        self.rows.append((len(self.rows) + 1, audience))
        return self.event(len(self.rows))

    @staticmethod
    def event(number: int) -> dict:
        return {"cursor": f"{number}-{number}", "kind": "ticket.changed", "payload": {"n": number}}

    def horizon(self) -> Cursor:
        return Cursor(len(self.rows), 2**62)

    def after(self, cursor: Cursor) -> list[tuple[str, dict]]:
        return [(audience, self.event(number)) for number, audience in self.rows if Cursor(number, number) > cursor]


def hub_on(table: Table) -> Hub:
    return Hub(redis_url=NOWHERE, read_horizon=table.horizon, read_after=table.after, lost_poll_s=0.05)


async def received(subscription, count: int) -> list[int]:
    async with asyncio.timeout(5):
        return [(await anext(subscription)).event["payload"]["n"] for _ in range(count)]


@pytest.fixture(autouse=True)
def no_database(monkeypatch):
    from contactcenter.kernel import hub

    monkeypatch.setattr(hub, "close_old_connections", lambda: None)


async def test_without_valkey_events_are_read_from_the_table():
    table = Table()
    table.add("staff")
    hub = hub_on(table)
    subscription = await hub.subscribe(audiences=["staff"])
    table.add("staff")
    table.add("operator:1")
    table.add("staff")

    # what was there before the subscription is the snapshot's, not the stream's
    assert await received(subscription, 2) == [2, 4]
    assert not hub.listening
    await hub.unsubscribe(subscription)


async def test_event_brought_by_both_ways_is_delivered_once():
    table = Table()
    hub = hub_on(table)
    subscription = await hub.subscribe(audiences=["staff"])
    event = table.add("staff")
    assert hub.deliver(audience="staff", event=event) == 1
    assert hub.deliver(audience="staff", event=event) == 0
    table.add("staff")

    assert await received(subscription, 2) == [1, 2]
    await hub.unsubscribe(subscription)


async def test_frame_is_serialised_once_for_all_sockets():
    hub = hub_on(Table())
    subscriptions = [await hub.subscribe(audiences=["staff"]) for _ in range(3)]
    hub.deliver(audience="staff", event=Table.event(1))
    frames = [(await anext(subscription)).message["text"] for subscription in subscriptions]
    assert frames[0] is frames[1] is frames[2]
    for subscription in subscriptions:
        await hub.unsubscribe(subscription)


async def test_every_account_hears_accounts_and_not_operators():
    hub = hub_on(Table())
    subscription = await hub.subscribe(audiences=["staff"], every_account=True)
    counts = [
        hub.deliver(audience=audience, event=Table.event(number))
        for number, audience in enumerate(["account:5", "operator:5", "chat:5", "staff"], start=1)
    ]
    assert counts == [1, 0, 0, 1]
    await hub.unsubscribe(subscription)


async def test_changed_audiences_take_effect_at_once():
    hub = hub_on(Table())
    subscription = await hub.subscribe(audiences=["account:1"])
    hub.change(subscription, audiences=["account:2"], every_account=False)
    assert hub.deliver(audience="account:1", event=Table.event(1)) == 0
    assert hub.deliver(audience="account:2", event=Table.event(2)) == 1
    await hub.unsubscribe(subscription)


async def test_socket_that_falls_behind_is_ended_and_others_are_not():
    hub = hub_on(Table())
    slow = await hub.subscribe(audiences=["staff"])
    quick = await hub.subscribe(audiences=["operator:1"])
    for number in range(1, QUEUE_FRAMES + 3):
        hub.deliver(audience="staff", event=Table.event(number))
    hub.deliver(audience="operator:1", event=Table.event(99_999))

    assert slow.overflowed
    assert len([delivery async for delivery in slow]) == QUEUE_FRAMES
    assert await received(quick, 1) == [99_999]
    await hub.unsubscribe(slow)
    await hub.unsubscribe(quick)


async def test_database_that_is_away_for_a_while_costs_nothing_but_time(caplog):
    table = Table()
    hub = hub_on(table)
    subscription = await hub.subscribe(audiences=["staff"])
    working, hub._read_after = hub._read_after, lambda cursor: 1 / 0  # type: ignore[return-value]
    table.add("staff")
    await asyncio.sleep(0.2)
    hub._read_after = working
    assert await received(subscription, 1) == [1]
    assert "could not be read" in caplog.text
    await hub.unsubscribe(subscription)
