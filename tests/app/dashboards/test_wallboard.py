"""The wallboard counts what waits and says what everybody is doing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contactcenter.dashboards.wallboard_queries import wallboard
from contactcenter.routing.models import Assignment, Offer, OperatorState, Presence, Queue, Waiting
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Interaction
from tests.app.factories import AT, make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="staff see the whole floor"):
        yield


def test_queue_tells_how_many_wait_and_who_longest():
    account = make_account()
    queue = Queue.objects.create(name="Any")
    Queue.objects.create(name="Closed", language="xx", is_active=False)
    for minutes in (5, 9):
        Waiting.objects.create(
            account=account,
            ticket=make_ticket(account),
            queue=queue,
            channel="chat",
            enqueued_at=AT - timedelta(minutes=minutes),
            due_at=AT,
        )

    assert wallboard(at=AT)["queues"] == [
        {
            "id": queue.pk,
            "name": "Any",
            "language": "",
            "channel": "",
            "waiting": 2,
            "longest_since": AT - timedelta(minutes=9),
        }
    ]


def test_engagement_follows_assignments_and_offers_before_presence():
    account = make_account()
    people = {name: make_operator(account) for name in ("serving", "wrapping", "offered", "ready", "break", "offline")}
    for name, operator in people.items():
        if name != "offline":
            presence = Presence.BREAK if name == "break" else Presence.AVAILABLE
            OperatorState.objects.create(operator=operator, presence=presence, since=AT)
    for name, state in (("serving", "active"), ("wrapping", "wrapping")):
        ticket = make_ticket(account, channel="chat")
        interaction = Interaction.objects.create(
            account=account, ticket=ticket, operator=people[name], channel="chat", started_at=AT
        )
        Assignment.objects.create(
            account=account,
            ticket=ticket,
            operator=people[name],
            interaction=interaction,
            channel="chat",
            state=state,
            started_at=AT,
            wrapping_at=AT + timedelta(minutes=1) if state == "wrapping" else None,
        )
    Offer.objects.create(
        account=account,
        ticket=make_ticket(account),
        operator=people["offered"],
        channel="email",
        offered_at=AT,
        expires_at=AT + timedelta(seconds=30),
    )

    shown = {row["id"]: row for row in wallboard(at=AT)["operators"]}

    assert {name: shown[operator.pk]["engagement"] for name, operator in people.items()} == {
        name: name for name in people
    }
    assert shown[people["serving"].pk]["channels"] == ["chat"]
    assert shown[people["wrapping"].pk]["since"] == AT + timedelta(minutes=1)


def test_todays_contacts_are_those_of_the_accounts_own_day():
    account = make_account(time_zone="Asia/Tokyo")  # AT is 18:00 there, the day began at 15:00 UTC of the day before
    for hours in (17, 19):
        Interaction.objects.create(
            account=account,
            ticket=make_ticket(account),
            operator=make_operator(account),
            channel="voice",
            started_at=AT - timedelta(hours=hours),
            waited_ms=1000,
        )

    assert wallboard(at=AT)["accounts"] == [
        {
            "id": account.pk,
            "name": account.name,
            "contacts": 1,
            "by_channel": {"voice": 1},
            "answered": 1,
            "abandoned": 0,
            "in_time_permille": 1000,
        }
    ]
