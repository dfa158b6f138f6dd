"""Approved templates: kept as the network lists them, sent as a reply, refused where they do not fit."""

import json
from uuid import UUID

import pytest
from django.test import Client

from channels_app import delivery, templates
from channels_app.contract import AdapterError
from channels_app.models import ChannelThread, Endpoint, MessageTemplate
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.actions import open_ticket
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.gateways import gateway
from tests.app.factories import AT, make_account, make_user

pytestmark = pytest.mark.django_db
UUID_1 = UUID("7d3e1c6e-0000-4000-8000-000000000001")


@pytest.fixture
def endpoint(shop: Account) -> Endpoint:
    endpoint = Endpoint(
        account=shop, kind="social", provider="whatsapp", address="123", name="WhatsApp",
        settings={"business_account_id": "99"}, secrets_sealed=seal({"access_token": "t"}),
    )  # fmt: skip
    endpoint.save()
    return endpoint


@pytest.fixture
def ticket(endpoint: Endpoint) -> Ticket:
    with open_account(endpoint.account_id):
        contact, point = find_or_create_contact(
            account_id=endpoint.account_id, kind="social", value="whatsapp:49151", name="Olga"
        )
        ticket = open_ticket(account_id=endpoint.account_id, contact=contact, channel="social", at=AT)
        ChannelThread.objects.create(
            account_id=endpoint.account_id, endpoint=endpoint, ticket=ticket, contact_point=point, key="49151"
        )
    return ticket


def keep(endpoint: Endpoint, body: str = "Dear {{1}}, your order {{2}} is ready.") -> MessageTemplate:
    with open_account(endpoint.account_id):
        return MessageTemplate.objects.create(
            account_id=endpoint.account_id, endpoint=endpoint, name="ready", language="en", body=body
        )


@pytest.mark.parametrize(
    ("body", "parameters", "text"),
    [
        ("No parameters", [], "No parameters"),
        ("Dear {{1}}, order {{2}}, {{1}}!", ["Olga", "55-1702"], "Dear Olga, order 55-1702, Olga!"),
        ("{{ 1 }} and {{1}}", ["{{2}}"], "{{2}} and {{2}}"),
    ],
)
def test_parameters_stand_where_their_numbers_stood(body, parameters, text) -> None:
    assert templates.filled_in(body, parameters=parameters) == text


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ([], "takes 2 parameters, 0 were given"),
        (["a", "b", "c"], "3 were given"),
        (["a", " "], "Parameter 2: 1 to 1024"),
        (["a\nb", "c"], "Parameter 1"),
        (["a", "x" * 1025], "Parameter 2"),
    ],
)
def test_parameters_that_do_not_fit_are_named_and_nothing_is_queued(endpoint, ticket, parameters, words) -> None:
    template = keep(endpoint)
    with open_account(endpoint.account_id):
        with pytest.raises(Invalid, match=words):
            templates.send_template(
                ticket_id=ticket.pk, template_id=template.pk, parameters=parameters, operator_id=None, at=AT,
                client_uuid=UUID_1,
            )  # fmt: skip
        assert not Message.objects.exists()


def test_template_is_queued_as_it_reads_and_leaves_as_a_template(endpoint, ticket, settings) -> None:
    template = keep(endpoint)
    with open_account(endpoint.account_id):
        for _ in range(2):
            message = templates.send_template(
                ticket_id=ticket.pk, template_id=template.pk, parameters=["Olga", "55"], operator_id=None, at=AT,
                client_uuid=UUID_1,
            )  # fmt: skip
        assert Message.objects.count() == 1
        assert message.text == "Dear Olga, your order 55 is ready."
        with gateway(settings) as server:
            endpoint.settings = {"api_url": server.url}
            endpoint.save()
            server.say(200, json.dumps({"messages": [{"id": "wamid.1"}]}))
            assert delivery.deliver_message(message_id=message.pk, at=AT) == "sent"
    sent = json.loads(server.asked[0].body)
    assert sent["template"]["name"] == "ready"
    assert [item["text"] for item in sent["template"]["components"][0]["parameters"]] == ["Olga", "55"]


def test_text_without_an_open_window_fails_with_the_reason_on_the_message(endpoint, ticket, operator_client) -> None:
    response = operator_client.post(
        f"/api/v1/tickets/{ticket.pk}/replies/", {"channel": "social", "text": "Hello"}, content_type="application/json"
    )
    assert response.status_code == 201
    with open_account(endpoint.account_id):
        message = Message.objects.get()
        assert delivery.deliver_message(message_id=message.pk, at=AT) == "failed"
        message.refresh_from_db()
    assert message.error.startswith("The contact has not written by WhatsApp yet: only an approved template")


@pytest.fixture
def operator_client(shop: Account) -> Client:
    client = Client()
    client.force_login(make_user(Role.SUPERVISOR, shop))
    return client


def test_screens_are_told_what_the_network_takes(endpoint, ticket, operator_client) -> None:
    template = keep(endpoint)
    said = operator_client.get(f"/api/v1/tickets/{ticket.pk}/social/").json()
    assert said == {
        "provider": "whatsapp",
        "is_open": False,
        "open_until": None,
        "max_text": 4096,
        "templates": [
            {"id": template.pk, "name": "ready", "language": "en", "body": template.body, "parameters": 2},
        ],
    }
    response = operator_client.post(
        f"/api/v1/tickets/{ticket.pk}/template-replies/",
        {"client_uuid": str(UUID_1), "template_id": template.pk, "parameters": ["Olga", "55"]},
        content_type="application/json",
    )
    assert (response.status_code, response.json()["text"]) == (201, "Dear Olga, your order 55 is ready.")


def test_template_of_another_endpoint_is_none_of_the_tickets(endpoint, ticket) -> None:
    other_account = make_account()
    other = Endpoint(account=other_account, kind="social", provider="whatsapp", address="124", name="Other")
    other.save()
    template = keep(other)
    with open_account(endpoint.account_id):
        with pytest.raises(NotFound, match="no such template"):
            templates.send_template(
                ticket_id=ticket.pk, template_id=template.pk, parameters=["a", "b"], operator_id=None, at=AT,
                client_uuid=UUID_1,
            )  # fmt: skip
        assert not Message.objects.exists()


def test_refreshing_adds_changes_and_removes(endpoint, settings) -> None:
    stale = keep(endpoint, body="Old text")
    with open_account(endpoint.account_id):
        MessageTemplate.objects.create(
            account_id=endpoint.account_id, endpoint=endpoint, name="gone", language="en", body="x"
        )
    listed = [
        {"name": name, "language": "en", "status": "APPROVED", "components": [{"type": "BODY", "text": text}]}
        for name, text in (("ready", "New text"), ("fresh", "Hello {{1}}"))
    ]
    with gateway(settings) as server, open_account(endpoint.account_id):
        endpoint.settings = {"api_url": server.url, "business_account_id": "99"}
        endpoint.save()
        server.say(200, json.dumps({"data": listed}))
        assert templates.refresh_templates(endpoint_id=endpoint.pk, at=AT) == 2
        rows = list(MessageTemplate.objects.order_by("name").values_list("pk", "name", "body"))
        assert [row[1:] for row in rows] == [("fresh", "Hello {{1}}"), ("ready", "New text")]
        assert rows[1][0] == stale.pk
        server.say(500, "")
        with pytest.raises(AdapterError):
            templates.refresh_templates(endpoint_id=endpoint.pk, at=AT)
        assert MessageTemplate.objects.count() == 2
        endpoint.refresh_from_db()
        assert endpoint.last_error.startswith("Templates could not be listed")
