"""Catching up by cursor."""

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from contactcenter.kernel.push import push_on_commit
from tests.app.factories import make_account, make_operator, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def client(account):
    client = APIClient()
    client.force_login(make_operator(account).user)
    # the log begins before the client's cursor, as it does on a running system
    push("staff", 0)
    return client


def push(audience: str, number: int) -> None:
    with transaction.atomic():
        push_on_commit(audience, kind="ticket.changed", payload={"ticket_id": number})


def caught_up(client, after):
    answer = client.get("/api/v1/events/", {"after": after})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_events_after_the_snapshot_come_in_order_and_then_none(client, account):
    cursor = client.get("/api/v1/console/").json()["cursor"]
    for number in range(1, 4):
        push(f"account:{account.pk}", number)
    push(f"account:{make_account().pk}", 99)

    first = caught_up(client, cursor)
    assert [event["payload"]["ticket_id"] for event in first["results"]] == [1, 2, 3]
    assert first["reload"] is False
    second = caught_up(client, first["next"])
    assert second["results"] == []
    push("staff", 4)
    assert [event["payload"]["ticket_id"] for event in caught_up(client, second["next"])["results"]] == [4]


def test_long_absence_is_caught_up_in_pages(client, account):
    cursor = client.get("/api/v1/console/").json()["cursor"]
    with transaction.atomic():
        for number in range(450):
            push_on_commit(f"account:{account.pk}", kind="ticket.changed", payload={"ticket_id": number})
    seen = []
    while batch := caught_up(client, cursor)["results"]:
        seen += [event["payload"]["ticket_id"] for event in batch]
        cursor = batch[-1]["cursor"]
    assert seen == list(range(450))


def test_client_further_behind_than_the_log_is_told_to_reload(client):
    batch = caught_up(client, "1-1")
    assert (batch["results"], batch["reload"]) == ([], True)
    assert caught_up(client, batch["next"])["reload"] is False


@pytest.mark.parametrize("after", ["", "x", "1", "1-", "-1-1", "9" * 50 + "-1"])
def test_cursor_of_another_make_is_refused(client, after):
    answer = client.get("/api/v1/events/", {"after": after})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "after")


def test_supervisor_catches_up_on_every_account(client, account):
    supervisor = APIClient()
    supervisor.force_login(make_user("supervisor"))
    cursor = supervisor.get("/api/v1/console/").json()["cursor"]
    push(f"account:{account.pk}", 1)
    push("operator:12345", 2)
    assert [event["payload"]["ticket_id"] for event in caught_up(supervisor, cursor)["results"]] == [1]
