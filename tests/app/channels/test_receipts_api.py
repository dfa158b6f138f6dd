"""Receipts over HTTP: who sees them, export, retry; and sending a message again."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from channels_app.contract import EndpointInfo
from channels_app.models import Receipt
from channels_app.receipts import store_receipt
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Role, User
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT, make_account, make_operator, make_ticket, make_user

pytestmark = pytest.mark.django_db


def _client(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def failed(mailbox: EndpointInfo) -> Receipt:
    with open_account(mailbox.account_id):
        stored = store_receipt(endpoint_id=mailbox.id, external_id="a@x", raw=raw_mail(message_id="a@x"), at=AT)
        Receipt.objects.filter(pk=stored.receipt_id).update(state="failed", attempts=6, error="no way")
        return Receipt.objects.get(pk=stored.receipt_id)


def test_failed_receipts_are_listed_with_their_reason(failed: Receipt, mailbox: EndpointInfo) -> None:
    body = _client(make_user(Role.SUPERVISOR)).get("/api/v1/receipts/", {"state": "failed"}).json()
    assert body == {
        "results": [
            {
                "id": failed.pk,
                "account_id": mailbox.account_id,
                "endpoint": "support@shop.example",
                "kind": "email",
                "external_id": "a@x",
                "received_at": "2026-06-15T09:00:00Z",
                "state": "failed",
                "attempts": 6,
                "next_attempt_at": failed.next_attempt_at.isoformat().replace("+00:00", "Z"),
                "error": "no way",
                "outcome": {},
                "raw_url": f"/api/v1/receipts/{failed.pk}/raw/",
            }
        ],
        "next": None,
    }


def test_pages_follow_each_other(mailbox: EndpointInfo) -> None:
    with open_account(mailbox.account_id):
        ids = [
            store_receipt(endpoint_id=mailbox.id, external_id=f"{n}@x", raw=b"x", at=AT).receipt_id for n in range(51)
        ]
    client = _client(make_user(Role.ADMIN))
    first = client.get("/api/v1/receipts/").json()
    second = client.get("/api/v1/receipts/", {"cursor": first["next"]}).json()
    seen = [row["id"] for row in (*first["results"], *second["results"])]
    assert seen == sorted(ids, reverse=True)
    assert second["next"] is None


def test_raw_message_is_a_download(failed: Receipt) -> None:
    response = _client(make_user(Role.SUPERVISOR)).get(f"/api/v1/receipts/{failed.pk}/raw/")
    assert response.content == raw_mail(message_id="a@x")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{failed.pk}.eml"'


def test_retry_puts_a_failed_receipt_back_once(failed: Receipt, mailbox: EndpointInfo) -> None:
    client = _client(make_user(Role.SUPERVISOR))
    assert client.post(f"/api/v1/receipts/{failed.pk}/retry/").json()["state"] == "pending"
    again = client.post(f"/api/v1/receipts/{failed.pk}/retry/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CLIENT_ADMIN, Role.CLIENT_VIEWER, Role.BILLING_ADMIN])
@pytest.mark.parametrize("address", ["/api/v1/receipts/", "/api/v1/receipts/{id}/raw/"])
def test_others_may_not_see_receipts(failed: Receipt, mailbox: EndpointInfo, role: str, address: str) -> None:
    with open_account(mailbox.account_id):
        account = failed.account
    response = _client(make_user(role, account)).get(address.format(id=failed.pk))
    assert response.status_code == 403


def test_unknown_state_names_the_field() -> None:
    response = _client(make_user(Role.ADMIN)).get("/api/v1/receipts/", {"state": "lost"})
    assert (response.status_code, response.json()["error"]["field"]) == (400, "state")


def test_message_that_was_not_sent_is_queued_again_by_an_operator_of_the_account(mailbox: EndpointInfo, shop) -> None:
    with open_account(shop.pk):
        message = send_reply(
            ticket=make_ticket(shop), operator_id=None, channel="email", text="Hello", at=AT, client_uuid=uuid4()
        )
        Message.objects.filter(pk=message.pk).update(status="failed")
    address = f"/api/v1/messages/{message.pk}/resend/"
    assert _client(make_operator(make_account()).user).post(address).status_code == 404
    assert _client(make_operator(shop).user).post(address).json() == {"id": message.pk, "status": "queued"}
