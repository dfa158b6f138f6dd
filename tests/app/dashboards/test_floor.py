"""The supervisor's floor: states with their clocks, tickets in hand, and no query in a loop."""

import pytest
from django.test import Client
from django.utils.dateparse import parse_datetime

from contactcenter.routing.actions import finish_conversation, hold, match_waiting, set_presence
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Role
from tests.app.factories import AT, make_account, make_user
from tests.app.routing.scenes import after, at_work, served, telephoned, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    browser = Client()
    browser.force_login(make_user(Role.SUPERVISOR))
    return browser


def test_everybody_is_shown_with_state_clock_and_tickets(client):
    with open_every_account(reason="a test"):
        account = make_account(ticket_prefix="MT")
        anna = at_work(account)
        chat = served(account, anna)
        hold(ticket_id=chat.pk, operator_id=anna.pk, at=after(30))
        set_presence(operator_id=anna.pk, state="break", reason="meal", at=after(40))
        boris = at_work(account)
        offered = waiting(account, at=after(50))
        match_waiting(at=after(51))

    rows = {row["id"]: row for row in client.get("/api/v1/admin/floor/").json()["operators"]}

    mine = rows[anna.pk]
    assert (mine["presence"], mine["engagement"], parse_datetime(mine["since"])) == ("available", "engaged", after(10))
    assert mine["next"] == {"state": "break", "reason": "meal"}
    (ticket,) = mine["tickets"]
    assert (ticket["state"], parse_datetime(ticket["since"]), ticket["ticket"]["id"]) == ("held", after(30), chat.pk)
    assert (rows[boris.pk]["engagement"], rows[boris.pk]["offer"]["id"]) == ("offered", offered.pk)


def test_call_told_by_the_telephone_is_shown_with_its_clock(client):
    with open_every_account(reason="a test"):
        account = make_account()
        anna = at_work(account)
        chat = served(account, anna)
        call = telephoned(account, anna, at=after(5))
    (row,) = client.get("/api/v1/admin/floor/").json()["operators"]
    assert (row["engagement"], parse_datetime(row["since"])) == ("engaged", after(5))
    assert [(one["state"], one["ticket"]["id"]) for one in row["tickets"]] == [
        ("calling", call.pk),
        ("active", chat.pk),
    ]


def test_wrap_up_has_its_own_clock(client):
    with open_every_account(reason="a test"):
        account = make_account()
        anna = at_work(account)
        chat = served(account, anna)
        finish_conversation(ticket_id=chat.pk, operator_id=anna.pk, at=after(90))
    (row,) = client.get("/api/v1/admin/floor/").json()["operators"]
    assert (row["engagement"], parse_datetime(row["since"])) == ("wrap", after(90))


def test_more_people_cost_no_more_statements(client, django_assert_max_num_queries):
    with open_every_account(reason="a test"):
        account = make_account()
        for number in range(5):
            operator = at_work(account)
            waiting(account, at=after(number))
            match_waiting(at=after(number))
            assert operator.pk
    with django_assert_max_num_queries(12):
        assert len(client.get("/api/v1/admin/floor/").json()["operators"]) == 5
    assert AT
