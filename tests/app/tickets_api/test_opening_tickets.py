"""Opening a ticket by hand over HTTP."""

from uuid import uuid4

import pytest

from contactcenter.contacts.models import Contact
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.tickets.models import Message, Ticket
from tests.app.factories import make_account

pytestmark = pytest.mark.django_db


def test_opening_a_ticket_takes_seven_statements(client, account, operator, django_assert_num_queries):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Order",
        "contact": {"kind": "email", "value": "new@example.org", "name": "New"},
        "text": "Where is it?",
    }
    client.post("/api/v1/tickets/", body | {"contact": {"kind": "email", "value": "earlier@example.org"}})
    # session; savepoint; account with free ids; point looked for; contact with point; number, ticket, message, events
    # and audit row; savepoint released
    with django_assert_num_queries(7):
        answer = client.post("/api/v1/tickets/", body)
    assert (answer.json()["unread"], answer.json()["preview"]) == (1, "Where is it?")


@pytest.mark.parametrize(
    ("kind", "channel", "shown"),
    [("email", "email", "olga@example.org"), ("chat", "voice", ""), ("sms", "sms", "+4930123456")],
)
def test_answer_is_the_card_that_lists_show(client, account, operator, kind, channel, shown):
    body = {
        "account_id": account.pk,
        "channel": channel,
        "subject": "Order",
        "contact": {"kind": kind, "value": "+4930123456" if kind == "sms" else "olga@example.org", "name": "Olga"},
        "text": "Where  is it?",
        "language": "en",
    }
    for _ in range(2):  # of a new contact, then of a known one
        answer = client.post("/api/v1/tickets/", body).json()
        assert answer == client.get("/api/v1/tickets/").json()["results"][0]
        assert answer["contact"]["point"] == shown


def test_ticket_is_told_of_before_its_first_message(client, account, operator):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Order",
        "contact": {"kind": "email", "value": "olga@example.org", "name": "Olga"},
        "text": "Where is it?",
    }
    ticket_id = client.post("/api/v1/tickets/", body).json()["id"]
    told = LiveEvent.objects.order_by("transaction", "id").values_list("kind", "audience", "payload")
    assert list(told) == [
        ("ticket.changed", f"account:{account.pk}", {"ticket_id": ticket_id, "created": True}),
        (
            "entry.added",
            f"account:{account.pk}",
            {"ticket_id": ticket_id, "entry": {"type": "message", "id": Message.objects.get().pk}},
        ),
    ]


def test_a_ticket_without_text_has_no_message(client, account, operator):
    body = {
        "account_id": account.pk,
        "channel": "voice",
        "subject": "Call back",
        "contact": {"kind": "email", "value": "olga@example.org", "name": "Olga"},
    }
    numbers = [client.post("/api/v1/tickets/", body).json()["number"] for _ in range(2)]
    assert numbers == ["MT-1001", "MT-1002"]
    assert not Message.objects.exists()
    assert list(LiveEvent.objects.values_list("kind", flat=True)) == ["ticket.changed"] * 2


def test_ticket_opened_by_hand_has_contact_message_and_audit_row(client, account, operator):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Refund",
        "contact": {"kind": "email", "value": " Olga@Example.org ", "name": "Olga"},
        "text": "Please refund 55-1702",
        "client_uuid": str(uuid4()),
    }
    answer = client.post("/api/v1/tickets/", body)
    again = client.post("/api/v1/tickets/", body)

    assert answer.status_code == 201
    assert answer.json()["number"] == "MT-1001"
    assert answer.json()["contact"]["point"] == "olga@example.org"
    assert answer.json()["preview"] == "Please refund 55-1702"
    assert again.json()["id"] == answer.json()["id"]
    assert Ticket.objects.count() == 1
    assert Message.objects.get().text == "Please refund 55-1702"
    assert AuditEntry.objects.get(action="ticket.open").actor_id == operator.user_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account_id": 999_999}, "account_id"),
        ({"channel": "pigeon"}, "channel"),
        ({"subject": ""}, "subject"),
        ({"contact": {"kind": "phone", "value": "none", "name": ""}}, "contact.value"),
        ({"contact": {"kind": "email"}}, "contact.value"),
    ],
)
def test_bad_new_ticket_names_its_field_and_makes_nothing(client, account, change, field):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Refund",
        "contact": {"kind": "email", "value": "olga@example.org", "name": "Olga"},
        **change,
    }
    answer = client.post("/api/v1/tickets/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert not Ticket.objects.exists()
    assert not Contact.objects.exists()


def test_ticket_cannot_be_opened_for_an_account_one_does_not_serve(client):
    other = make_account()
    body = {
        "account_id": other.pk,
        "channel": "email",
        "subject": "x",
        "contact": {"kind": "email", "value": "a@example.org", "name": ""},
    }
    assert client.post("/api/v1/tickets/", body).json()["error"]["field"] == "account_id"
    assert not Ticket.objects.exists()
