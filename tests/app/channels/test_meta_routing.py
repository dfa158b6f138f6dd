"""One app of Meta serves several numbers and pages, by one webhook: each event finds the endpoint that owns it."""

import hashlib
import hmac
import json

import pytest
from django.test import Client

from channels_app.models import Endpoint, Receipt
from channels_app.receipts import process_receipt
from contactcenter.dashboards.verification.intake_checks import receipts_equal_entries
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Message
from tests.app.factories import AT, make_account

pytestmark = pytest.mark.django_db


def _endpoint(account: Account, provider: str, address: str, *, app: str = "app-1", **fields: object) -> Endpoint:
    endpoint = Endpoint(
        account=account, kind="social", provider=provider, address=address, name=address,
        secrets_sealed=seal({"access_token": "t", "app_secret": app, "verify_token": "v"}), **fields,
    )  # fmt: skip
    endpoint.save()
    return endpoint


def _whatsapp(number: str, message_id: str) -> dict:
    value = {
        "messaging_product": "whatsapp", "metadata": {"phone_number_id": number},
        "contacts": [{"profile": {"name": "Olga"}, "wa_id": "442079460101"}],
        "messages": [
            {"from": "442079460101", "id": message_id, "timestamp": "1780650000", "type": "text",
             "text": {"body": number}}
        ],
    }  # fmt: skip
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }


def _messenger(page: str, mid: str) -> dict:
    event = {
        "sender": {"id": "5678"}, "recipient": {"id": page}, "timestamp": 1780650000000,
        "message": {"mid": mid, "text": page},
    }  # fmt: skip
    return {"object": "page", "entry": [{"id": page, "time": 1780650000000, "messaging": [event]}]}


def _post(endpoint: Endpoint, body: dict) -> None:
    raw = json.dumps(body).encode()
    signature = hmac.new(b"app-1", raw, hashlib.sha256).hexdigest()
    response = Client().post(
        f"/hooks/{endpoint.public_token}/", raw, content_type="application/json",
        headers={"X-Hub-Signature-256": f"sha256={signature}"},
    )  # fmt: skip
    assert response.status_code == 200, response.content
    with open_every_account(reason="a test"):
        while pending := list(Receipt.objects.filter(state="pending").order_by("pk").values_list("account_id", "pk")):
            for account_id, pk in pending:
                with open_account(account_id):
                    process_receipt(receipt_id=pk, at=AT)


def _receipts() -> list[tuple[str, str, str, str]]:
    with open_every_account(reason="a test"):
        rows = Receipt.objects.order_by("pk").select_related("endpoint")
        return [(row.endpoint.address, row.state, row.outcome.get("status", ""), row.error) for row in rows]


@pytest.mark.parametrize(("provider", "event"), [("whatsapp", _whatsapp), ("messenger", _messenger)])
def test_event_of_the_apps_other_number_becomes_an_entry_there_once(shop: Account, provider: str, event) -> None:
    first, second = _endpoint(shop, provider, "1001"), _endpoint(shop, provider, "1002")
    for _ in range(2):
        _post(first, event("1002", "m1"))
    _post(first, event("1001", "m2"))
    assert _receipts() == [
        ("1001", "processed", "passed_on", ""), ("1002", "processed", "created", ""),
        ("1001", "processed", "created", ""),
    ]  # fmt: skip
    with open_account(shop.pk):
        assert set(Message.objects.values_list("text", "receipt__endpoint__address")) == {
            ("1002", "1002"), ("1001", "1001"),
        }  # fmt: skip
        assert receipts_equal_entries(at=AT).differences == 0
    # the owner's own webhook brings the same event: it is known
    _post(second, event("1002", "m1"))
    assert len(_receipts()) == 3


@pytest.mark.parametrize(("provider", "event"), [("whatsapp", _whatsapp), ("messenger", _messenger)])
@pytest.mark.parametrize("case", ["nobody", "another account", "another app", "switched off"])
def test_event_that_nobody_owns_is_kept_as_failed_with_the_reason(
    shop: Account, provider: str, event, case: str
) -> None:
    first = _endpoint(shop, provider, "1001")
    match case:
        case "another account":
            _endpoint(make_account("Other"), provider, "1002")
        case "another app":
            _endpoint(shop, provider, "1002", app="app-2")
        case "switched off":
            _endpoint(shop, provider, "1002", is_active=False)
    _post(first, event("1002", "m1"))
    reason = "It came for '1002', which is no active endpoint of this account and app."
    assert _receipts() == [("1001", "failed", "", reason)]
    with open_every_account(reason="a test"):
        assert not Message.objects.exists()


def test_failed_event_can_be_tried_again_once_its_number_is_there(shop: Account) -> None:
    first = _endpoint(shop, "whatsapp", "1001")
    _post(first, _whatsapp("1002", "m1"))
    _endpoint(shop, "whatsapp", "1002")
    with open_account(shop.pk):
        Receipt.objects.update(state="pending", attempts=0)
    _post(first, _whatsapp("1001", "m2"))
    assert [(address, state) for address, state, _, _ in _receipts()] == [
        ("1001", "processed"), ("1001", "processed"), ("1002", "processed"),
    ]  # fmt: skip
