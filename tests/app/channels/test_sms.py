"""SMS from webhook to entry and back: parts, keywords, opt-outs, and what a provider's refusals lead to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import uuid4

import pytest
from django.test import Client

from channels_app.contract import AdapterError
from channels_app.delivery import deliver_message
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import process_receipt
from channels_app.registry import adapter_for
from channels_app.remote_files import due, fetch_file
from channels_app.sms.twilio import signature_of
from contactcenter.contacts.consent import record_consent
from contactcenter.contacts.models import PointConsent
from contactcenter.contacts.queries import contacts_by_id
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Attachment, Message, Ticket
from tests.app.channels.gateways import Gateway, gateway
from tests.app.channels.providers import info, make_endpoint
from tests.app.factories import AT, make_account, make_contact, make_ticket

pytestmark = pytest.mark.django_db
NUMBER = "+14133881111"


@pytest.fixture
def server(settings) -> Iterator[Gateway]:
    with gateway(settings) as running:
        running.say(201, '{"sid": "SM900"}')
        yield running


@pytest.fixture
def endpoint(shop: Account, server: Gateway) -> Endpoint:
    """A Twilio number whose interface is the local server."""
    return make_endpoint(
        shop,
        provider="twilio",
        address="+12028831111",
        settings={"account_sid": "AC1", "api_url": server.url, "stop_text": "You will get nothing more."},
        secrets_sealed=seal({"auth_token": "6789"}),
    )


def receive(endpoint: Endpoint, text: str, *, number: str = NUMBER, query: str = "", **fields: str) -> Any:
    """What Twilio posts, signed, and worked off."""
    form = {"MessageSid": f"SM{uuid4().hex}", "From": number, "To": endpoint.address, "Body": text, **fields}
    return post(endpoint, {name: value for name, value in form.items() if value is not None}, query=query)


def post(endpoint: Endpoint, form: dict[str, str], *, query: str = "") -> Any:
    path = f"/hooks/{endpoint.public_token}/{query}"
    signature = signature_of(url=f"http://127.0.0.1:8000{path}", fields=form.items(), auth_token="6789")
    response = Client().post(
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    with open_account(endpoint.account_id):
        for pk in list(Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True)):
            process_receipt(receipt_id=pk, at=AT)
    return response


def reply(endpoint: Endpoint, text: str = "It leaves today.") -> Message:
    """An operator's reply on the only ticket, as far as it came."""
    with open_account(endpoint.account_id):
        message = send_reply(
            ticket=Ticket.objects.get(), operator_id=None, channel="sms", text=text, at=AT, client_uuid=uuid4()
        )
        deliver_message(message_id=message.pk, at=AT)
        message.refresh_from_db()
        return message


def test_message_and_its_answer_share_a_ticket_and_count_their_parts(endpoint: Endpoint, server: Gateway) -> None:
    response = receive(endpoint, "Where is my order?", NumSegments="1")
    assert (response.status_code, response["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert response.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    message = reply(endpoint, "Заказ выехал. " * 6)
    assert (message.status, message.external_id, message.parts) == ("sent", "SM900", 2)
    sent = parse_qs(server.asked[0].body.decode())
    assert sent["To"] == [NUMBER]
    assert sent["StatusCallback"] == [
        f"http://127.0.0.1:8000/hooks/{endpoint.public_token}/?report=1&ref={message.client_uuid}"
    ]
    receive(endpoint, "Thank you")
    with open_account(endpoint.account_id):
        assert Ticket.objects.count() == 1
        parts = list(Message.objects.order_by("pk").values_list("direction", "parts"))
    assert parts == [("in", 1), ("out", 2), ("in", 1)]


def test_report_on_our_reference_moves_the_message_on(endpoint: Endpoint) -> None:
    receive(endpoint, "Hello")
    message = reply(endpoint)
    query = f"?report=1&ref={message.client_uuid}"
    post(endpoint, {"MessageSid": "SM900", "MessageStatus": "delivered"}, query=query)
    post(endpoint, {"MessageSid": "SM900", "MessageStatus": "sent"}, query=query)
    with open_account(endpoint.account_id):
        message.refresh_from_db()
    assert message.status == "delivered"


def test_signature_over_another_address_is_refused(endpoint: Endpoint) -> None:
    form = {"MessageSid": "SM1", "From": NUMBER, "Body": "Hello"}
    signature = signature_of(url="http://127.0.0.1:8000/hooks/other/", fields=form.items(), auth_token="6789")
    response = Client().post(f"/hooks/{endpoint.public_token}/", form, headers={"X-Twilio-Signature": signature})
    assert response.status_code == 403
    with open_account(endpoint.account_id):
        assert not Receipt.objects.exists()


def test_stop_is_kept_confirmed_once_and_nothing_more_is_sent(endpoint: Endpoint, server: Gateway) -> None:
    receive(endpoint, "Hello")
    receive(endpoint, "Stop")
    receive(endpoint, "STOP")
    with open_account(endpoint.account_id):
        (confirmation,) = Message.objects.filter(kind="auto_reply", direction="out")
        assert deliver_message(message_id=confirmation.pk, at=AT) == "sent"
        assert PointConsent.objects.get().is_opted_out
    assert [parse_qs(item.body.decode())["Body"] for item in server.asked] == [["You will get nothing more."]]
    message = reply(endpoint)
    assert (message.status, message.error) == (
        "failed",
        "recipient: has opted out (STOP); nothing may be sent until they write START.",
    )
    assert len(server.asked) == 1
    assert [item.action for item in AuditEntry.objects.filter(action__startswith="consent.")] == ["consent.opt_out"]


def test_start_lifts_the_stop(endpoint: Endpoint, server: Gateway) -> None:
    receive(endpoint, "стоп")
    receive(endpoint, "Start")
    assert reply(endpoint).status == "sent"
    actions = AuditEntry.objects.filter(action__startswith="consent.").order_by("pk")
    assert [item.action for item in actions] == ["consent.opt_out", "consent.opt_in"]


def test_words_of_a_conversation_change_nothing_without_an_opt_out(endpoint: Endpoint) -> None:
    receive(endpoint, "Yes")
    with open_account(endpoint.account_id):
        assert [item.kind for item in Message.objects.all()] == ["message"]
    assert not AuditEntry.objects.filter(action__startswith="consent.").exists()


def test_stop_asks_for_no_operator_and_cancel_does(endpoint: Endpoint) -> None:
    receive(endpoint, "STOP")
    receive(endpoint, "Cancel", number="+14133882222")
    with open_account(endpoint.account_id):
        kinds = dict(Message.objects.filter(direction="in").values_list("text", "kind"))
    assert kinds == {"STOP": "feedback", "Cancel": "message"}


def test_opt_out_holds_for_its_account_only_and_is_shown_on_the_contact(endpoint: Endpoint, shop: Account) -> None:
    receive(endpoint, "STOP")
    other = make_account()
    with open_account(shop.pk):
        (shown,) = contacts_by_id([Ticket.objects.get().contact_id])[0]["points"]
        assert (shown["value"], shown["opted_out_at"] is not None) == (NUMBER, True)
    with open_account(other.pk):
        contact = make_contact(other, NUMBER, kind="sms")
        assert contacts_by_id([contact.pk])[0]["points"][0]["opted_out_at"] is None


def test_older_word_does_not_overrule_a_newer_one(shop: Account) -> None:
    with open_account(shop.pk):
        common = {"account_id": shop.pk, "kind": "sms", "value": NUMBER, "source": "contact"}
        assert not record_consent(opted_out=False, at=AT + timedelta(minutes=1), **common)
        assert not record_consent(opted_out=True, at=AT, **common)
        assert not PointConsent.objects.get().is_opted_out
        assert record_consent(opted_out=True, at=AT + timedelta(minutes=2), **common)


def test_opt_out_that_only_the_provider_knows_is_kept(endpoint: Endpoint, server: Gateway) -> None:
    receive(endpoint, "Hello")
    server.say(400, '{"code": 21610, "message": "Attempt to send to unsubscribed recipient"}')
    message = reply(endpoint)
    assert (message.status, message.error) == (
        "failed",
        "Twilio answered 400: 21610: the recipient has opted out (STOP)",
    )
    reply(endpoint)
    assert len(server.asked) == 1
    with open_account(endpoint.account_id):
        assert PointConsent.objects.get().source == "provider"


def test_throttled_message_waits_as_long_as_asked(endpoint: Endpoint, server: Gateway) -> None:
    receive(endpoint, "Hello")
    server.say(429, '{"code": 20429}', Retry_After="300")
    message = reply(endpoint)
    assert (message.status, message.next_attempt_at) == ("queued", AT + timedelta(seconds=300))


@pytest.mark.parametrize(("status", "body"), [(500, "oops"), (200, "<html>"), (503, "")])
def test_broken_provider_is_tried_again(endpoint: Endpoint, server: Gateway, status: int, body: str) -> None:
    receive(endpoint, "Hello")
    server.say(status, body)
    message = reply(endpoint)
    assert (message.status, message.next_attempt_at) == ("queued", AT + timedelta(seconds=10))
    server.say(201, '{"sid": "SM901"}')
    with open_account(endpoint.account_id):
        assert deliver_message(message_id=message.pk, at=AT) == "sent"


def test_report_that_comes_although_the_answer_was_lost_stops_the_second_sending(
    endpoint: Endpoint, server: Gateway
) -> None:
    receive(endpoint, "Hello")
    server.say(502, "bad gateway")
    message = reply(endpoint)
    post(
        endpoint,
        {"MessageSid": "SM902", "MessageStatus": "sent"},
        query=f"?report=1&ref={message.client_uuid}",
    )
    with open_account(endpoint.account_id):
        assert deliver_message(message_id=message.pk, at=AT + timedelta(minutes=1)) == "sent"
        message.refresh_from_db()
    assert (message.external_id, len(server.asked)) == ("SM902", 1)


def test_ticket_of_a_call_is_answered_by_sms_from_the_accounts_number(
    endpoint: Endpoint, shop: Account, server: Gateway
) -> None:
    with open_account(shop.pk):
        make_ticket(shop, make_contact(shop, NUMBER, kind="phone"), channel="voice")
    assert reply(endpoint).status == "sent"
    assert parse_qs(server.asked[0].body.decode())["To"] == [NUMBER]


def test_check_says_what_to_mend(endpoint: Endpoint, server: Gateway) -> None:
    adapter = adapter_for(kind="sms", provider="twilio")
    server.say(200, '{"sid": "AC1", "friendly_name": "Shop", "status": "active"}')
    assert adapter.check(endpoint=info(endpoint)) == "Twilio answers for the account Shop."
    server.say(401, "{}")
    with pytest.raises(AdapterError, match="account_sid or auth_token"):
        adapter.check(endpoint=info(endpoint))
    server.say(200, '{"status": "suspended"}')
    with pytest.raises(AdapterError, match="suspended"):
        adapter.check(endpoint=info(endpoint))


def test_picture_is_fetched_after_its_entry_with_the_accounts_login(
    endpoint: Endpoint, server: Gateway, files: Any
) -> None:
    receive(endpoint, "Look", NumMedia="1", MediaUrl0=f"{server.url}/media/ME1.png", MediaContentType0="image/jpeg")
    with open_account(endpoint.account_id):
        attachment = Attachment.objects.get()
        assert (attachment.state, attachment.size, attachment.filename) == ("pending", 0, "ME1.png")
        png = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
        server.say(200, png)
        at = attachment.next_attempt_at
        assert due(at=at) == [(endpoint.account_id, attachment.pk)]
        assert fetch_file(attachment_id=attachment.pk, at=at)
        attachment.refresh_from_db()
    assert (attachment.state, attachment.size, attachment.content_type) == ("stored", 28, "image/png")
    assert server.asked[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [(404, "failed", "127.0.0.1 answered 404: "), (500, "pending", "127.0.0.1 answered 500: ")],
)
def test_file_that_cannot_be_had_says_why(
    endpoint: Endpoint, server: Gateway, status: int, state: str, error: str
) -> None:
    receive(endpoint, "Look", NumMedia="1", MediaUrl0=f"{server.url}/media/ME1.png")
    server.say(status)
    with open_account(endpoint.account_id):
        attachment = Attachment.objects.get()
        at = attachment.next_attempt_at
        assert not fetch_file(attachment_id=attachment.pk, at=at)
        attachment.refresh_from_db()
    assert (attachment.state, attachment.error) == (state, error)
    assert attachment.next_attempt_at == (at + timedelta(seconds=10) if state == "pending" else None)
