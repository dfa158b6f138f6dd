"""The one webhook of all providers: what it refuses, what it stores, and what comes of it."""

import json

import pytest
from django.db import OperationalError
from django.test import Client

from channels_app.models import Endpoint, Receipt
from channels_app.receipts import process_receipt
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.providers import JsonAdapter, install, make_endpoint
from tests.app.factories import AT

TOKEN = "s3cret"
pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> JsonAdapter:
    return install(monkeypatch)


@pytest.fixture
def endpoint(provider: JsonAdapter, shop: Account) -> Endpoint:
    return make_endpoint(shop)


def post(endpoint: Endpoint, *lines: dict, token: str = TOKEN):
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    return Client(enforce_csrf_checks=True).post(
        f"/hooks/{endpoint.public_token}/", body, content_type="application/json", headers={"X-Token": token}
    )


def work_off(endpoint: Endpoint) -> list[str]:
    """Process what is pending, in order of arrival; the states."""
    with open_account(endpoint.account_id):
        ids = list(Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        return [process_receipt(receipt_id=pk, at=AT).state for pk in ids]


def test_every_message_of_a_request_is_a_receipt_before_the_answer(endpoint: Endpoint) -> None:
    response = post(endpoint, {"id": "1", "text": "Hello"}, {"id": "2", "text": "Are you there?"})
    assert (response.status_code, response.content) == (200, b"ok")
    with open_account(endpoint.account_id):
        stored = list(Receipt.objects.order_by("pk").values_list("external_id", "state", "raw"))
    assert [(item[0], item[1], json.loads(bytes(item[2]))["text"]) for item in stored] == [
        ("1", "pending", "Hello"),
        ("2", "pending", "Are you there?"),
    ]


def test_same_request_twice_is_one_entry(endpoint: Endpoint) -> None:
    for _ in range(2):
        assert post(endpoint, {"id": "1", "text": "Hello"}).status_code == 200
        work_off(endpoint)
    with open_account(endpoint.account_id):
        assert [message.text for message in Message.objects.all()] == ["Hello"]


def test_bad_signature_is_refused_stored_nowhere_and_seen_on_the_endpoint(endpoint: Endpoint) -> None:
    response = post(endpoint, {"id": "1", "text": "Hello"}, token="guess")
    assert (response.status_code, response.content) == (403, b"X-Token: wrong.")
    with open_account(endpoint.account_id):
        assert not Receipt.objects.exists()
        endpoint.refresh_from_db()
    assert endpoint.last_error == "A webhook was refused: X-Token: wrong."


def test_garbage_is_refused_with_the_cause(endpoint: Endpoint) -> None:
    response = post(endpoint, {"text": "no id"})
    assert (response.status_code, response.content) == (400, b"body: expected a JSON object with an id a line.")
    with open_account(endpoint.account_id):
        assert not Receipt.objects.exists()


def test_unknown_and_inactive_endpoints_are_not_found(endpoint: Endpoint) -> None:
    Endpoint._base_manager.update(is_active=False)
    assert post(endpoint, {"id": "1", "text": "Hello"}).status_code == 404
    assert Client().post("/hooks/nothing/", b"{}", content_type="application/json").status_code == 404


def test_endpoint_of_a_kind_without_providers_has_no_webhook(shop: Account) -> None:
    mailbox = make_endpoint(shop, kind="email", provider="", address="a@shop.example")
    assert post(mailbox, {"id": "1", "text": "Hello"}).status_code == 404


def test_handshake_is_answered_and_stores_nothing(endpoint: Endpoint) -> None:
    address = f"/hooks/{endpoint.public_token}/"
    assert Client().get(address, {"token": "s3cret"}).content == b"hello"
    assert Client().get(address, {"token": "guess"}).status_code == 403
    with open_account(endpoint.account_id):
        assert not Receipt.objects.exists()


def test_long_body_and_other_methods_are_refused(endpoint: Endpoint, settings) -> None:
    settings.MAX_WEBHOOK_BYTES = 40
    assert post(endpoint, {"id": "1", "text": "x" * 50}).status_code == 413
    assert Client().put(f"/hooks/{endpoint.public_token}/", b"{}").status_code == 405
    with open_account(endpoint.account_id):
        assert not Receipt.objects.exists()


def test_database_out_of_reach_asks_the_provider_to_come_again(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("channels_app.hooks.store_receipts", fail)
    response = post(endpoint, {"id": "1", "text": "Hello"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_webhook_costs_two_queries(endpoint: Endpoint, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        post(endpoint, {"id": "1", "text": "Hello"}, {"id": "2", "text": "Hello?"})


def test_echo_is_kept_as_a_receipt_and_makes_no_entry(endpoint: Endpoint) -> None:
    post(endpoint, {"id": "1"})
    assert work_off(endpoint) == ["processed"]
    with open_account(endpoint.account_id):
        assert not Message.objects.exists()
        assert Receipt.objects.get().outcome == {"status": "ignored", "reason": "an echo"}


def _sent(endpoint: Endpoint, provider: JsonAdapter) -> Message:
    """A reply that has left as out-1."""
    from channels_app.delivery import deliver_message

    post(endpoint, {"id": "1", "text": "Hello"})
    work_off(endpoint)
    with open_account(endpoint.account_id):
        message = send_reply(
            ticket=Ticket.objects.get(),
            operator_id=None,
            channel="sms",
            text="Good morning",
            at=AT,
            client_uuid="5f0e7a52-9c7b-4f0e-8a65-0f1d2c3b4a59",
        )
        assert deliver_message(message_id=message.pk, at=AT) == "sent"
        message.refresh_from_db()
    return message


def test_reply_leaves_by_the_number_that_was_written_to(endpoint: Endpoint, provider: JsonAdapter) -> None:
    message = _sent(endpoint, provider)
    assert message.external_id == "out-1"
    assert [(item.recipient.value, item.text, item.client_uuid) for item in provider.sent] == [
        ("+4915112345678", "Good morning", "5f0e7a52-9c7b-4f0e-8a65-0f1d2c3b4a59")
    ]


@pytest.mark.parametrize("order", [("sent", "delivered", "read"), ("read", "delivered", "sent")])
def test_reports_move_the_message_forward_in_any_order(
    endpoint: Endpoint, provider: JsonAdapter, order: tuple[str, ...]
) -> None:
    message = _sent(endpoint, provider)
    for status in order:
        post(endpoint, {"id": f"status:{status}", "status": status, "of": "out-1"})
    assert work_off(endpoint) == ["processed"] * 3
    with open_account(endpoint.account_id):
        message.refresh_from_db()
    assert message.status == "read"


def test_failure_report_shows_its_reason_and_names_the_message_by_our_reference(
    endpoint: Endpoint, provider: JsonAdapter
) -> None:
    message = _sent(endpoint, provider)
    post(endpoint, {"id": "s", "status": "failed", "reference": str(message.client_uuid), "reason": "no such number"})
    work_off(endpoint)
    with open_account(endpoint.account_id):
        message.refresh_from_db()
    assert (message.status, message.error) == ("failed", "no such number")


def test_report_that_is_faster_than_our_record_is_tried_again(endpoint: Endpoint, provider: JsonAdapter) -> None:
    post(endpoint, {"id": "s", "status": "delivered", "of": "out-1"})
    assert work_off(endpoint) == ["pending"]
    message = _sent(endpoint, provider)
    assert work_off(endpoint) == ["processed"]
    with open_account(endpoint.account_id):
        message.refresh_from_db()
    assert message.status == "delivered"


def test_report_of_another_endpoint_changes_nothing(endpoint: Endpoint, provider: JsonAdapter, shop: Account) -> None:
    message = _sent(endpoint, provider)
    other = make_endpoint(shop)
    post(other, {"id": "s", "status": "delivered", "of": "out-1"})
    assert work_off(other) == ["pending"]
    with open_account(endpoint.account_id):
        message.refresh_from_db()
    assert message.status == "sent"


def test_edit_shows_the_new_text_and_keeps_the_old(endpoint: Endpoint) -> None:
    post(endpoint, {"id": "1", "text": "Helo"})
    post(endpoint, {"id": "e2", "of": "1", "edit": "Hello!", "at": "2026-06-15T09:02:00+00:00"})
    post(endpoint, {"id": "e1", "of": "1", "edit": "Hello", "at": "2026-06-15T09:01:00+00:00"})
    assert work_off(endpoint) == ["processed"] * 3
    with open_account(endpoint.account_id):
        message = Message.objects.get()
    assert message.text == "Hello!"
    assert message.headers["edits"] == [{"at": "2026-06-15T09:02:00+00:00", "before": "Helo"}]


def test_edit_that_comes_before_its_message_waits_for_it(endpoint: Endpoint) -> None:
    post(endpoint, {"id": "e1", "of": "1", "edit": "Hello"})
    assert work_off(endpoint) == ["pending"]
    post(endpoint, {"id": "1", "text": "Helo"})
    work_off(endpoint)
    assert work_off(endpoint) == ["processed"]
    with open_account(endpoint.account_id):
        assert Message.objects.get().text == "Hello"
