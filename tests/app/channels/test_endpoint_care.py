"""How endpoints stand, are tested, paced, and how their failures are taken away and tried again."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from channels_app.contract import AdapterError
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import claim_due, process_receipt, store_receipts
from channels_app.webhook import RawEvent
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.models import Message
from tests.app.channels.providers import JsonAdapter, info, install, make_endpoint
from tests.app.factories import AT, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> JsonAdapter:
    return install(monkeypatch)


@pytest.fixture
def endpoint(provider: JsonAdapter, shop: Account) -> Endpoint:
    return make_endpoint(shop)


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_user(Role.ADMIN))
    return client


def _events(count: int, start: int = 0) -> list[RawEvent]:
    return [
        RawEvent(external_id=f"m{number}", raw=json.dumps({"id": f"m{number}", "text": f"No. {number}"}).encode())
        for number in range(start, start + count)
    ]


def _store(endpoint: Endpoint, events: list[RawEvent], *, at=AT) -> int:
    with open_account(endpoint.account_id):
        return store_receipts(endpoint=info(endpoint), events=events, at=at)


def _fail(endpoint: Endpoint, count: int) -> None:
    _store(endpoint, _events(count))
    with open_account(endpoint.account_id):
        Receipt.objects.update(state="failed", error="no way", next_attempt_at=None)


def test_a_thousand_messages_over_the_rate_all_arrive_in_order_later(provider: JsonAdapter, shop: Account) -> None:
    endpoint = make_endpoint(shop, settings={"per_minute": 300})
    for start in range(0, 1000, 100):
        assert _store(endpoint, _events(100, start), at=AT) == 100
    order: list[str] = []
    at, per_sweep = AT, []
    while len(order) < 1000:
        assert at < AT + timedelta(minutes=4)
        with open_every_account(reason="the sweeper's claim"):
            due = claim_due(at=at)
        with open_account(shop.pk):
            # the claim is what is tested; making a thousand entries would only take long
            order += (
                Receipt.objects.filter(pk__in=[pk for _, pk in due])
                .order_by("pk")
                .values_list("external_id", flat=True)
            )
            Receipt.objects.filter(pk__in=[pk for _, pk in due]).update(state="failed", next_attempt_at=None)
        per_sweep.append(len(due))
        at += timedelta(seconds=10)
    assert order == [f"m{number}" for number in range(1000)]
    # a minute's worth at once (in claims of 200), then 50 in ten seconds
    assert per_sweep[0] == 200
    assert sum(per_sweep[:7]) <= 300 + 7 * 50
    assert at >= AT + timedelta(seconds=140)


def test_paced_messages_become_entries_when_it_is_their_turn(provider: JsonAdapter, shop: Account) -> None:
    endpoint = make_endpoint(shop, settings={"per_minute": 2})
    _store(endpoint, _events(4), at=AT)
    with open_every_account(reason="the sweeper's claim"):
        assert len(claim_due(at=AT)) == 2
        later = claim_due(at=AT + timedelta(seconds=60))
    with open_account(shop.pk):
        for _, pk in later:
            process_receipt(receipt_id=pk, at=AT + timedelta(seconds=60), counted=True)
        assert set(Message.objects.values_list("text", flat=True)) >= {"No. 2", "No. 3"}


@pytest.mark.parametrize("rate", [0, -1, "10", 1.5, True, 100_001])
def test_wrong_rate_is_refused(admin: Client, endpoint: Endpoint, rate: object) -> None:
    response = admin.patch(f"/api/v1/admin/endpoints/{endpoint.pk}/", {"settings": {"per_minute": rate}}, JSON)
    assert (response.status_code, response.json()["error"]["field"]) == (400, "settings")
    with open_account(endpoint.account_id):
        assert Endpoint.objects.get().settings == {}


def test_health_counts_what_waits_and_how_long(admin: Client, endpoint: Endpoint) -> None:
    _store(endpoint, _events(2), at=AT)
    _store(endpoint, _events(1, start=2), at=AT + timedelta(minutes=3))
    with open_account(endpoint.account_id):
        Receipt.objects.filter(external_id="m1").update(state="failed")
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        health = admin.get(f"/api/v1/admin/endpoints/{endpoint.pk}/").json()["health"]
    assert health == {
        "last_received_at": None,
        "last_error_at": None,
        "last_error": "",
        "pending": 2,
        "failed": 1,
        "oldest_pending_at": "2026-06-15T09:00:00Z",
        "lag_ms": 300_000,
    }


def test_connection_test_says_that_it_works_or_what_to_mend(
    admin: Client, endpoint: Endpoint, provider: JsonAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/api/v1/admin/endpoints/{endpoint.pk}/test/"
    assert admin.post(address).json() == {"ok": True, "message": "It answers."}

    def refuse(**_: object) -> str:
        raise AdapterError("token: set it anew.", permanent=True)

    monkeypatch.setattr(provider, "check", refuse)
    assert admin.post(address).json() == {"ok": False, "message": "token: set it anew."}
    with open_account(endpoint.account_id):
        assert Endpoint.objects.get().last_error == "The connection test failed: token: set it anew."


def test_providers_say_what_they_need(admin: Client) -> None:
    rows = admin.get("/api/v1/admin/endpoint-providers/").json()["results"]
    twilio = next(row for row in rows if (row["kind"], row["provider"]) == ("sms", "twilio"))
    assert twilio["fields_needed"][:2] == [
        {"name": "account_sid", "secret": False, "required": True, "choices": []},
        {"name": "auth_token", "secret": True, "required": True, "choices": []},
    ]
    assert {row["provider"] for row in rows if row["kind"] == "sms"} == {"http", "jasmin", "kannel", "twilio", "vonage"}


def test_endpoint_of_a_provider_is_made_with_its_webhook(admin: Client, shop: Account) -> None:
    values = {"account_id": shop.pk, "kind": "sms", "provider": "twilio", "address": "+12025550100", "name": "SMS"}
    response = admin.post("/api/v1/admin/endpoints/", {**values, "secrets": {"auth_token": "hunter2"}}, JSON)
    assert response.status_code == 201, response.content
    body = response.json()
    with open_account(shop.pk):
        token = Endpoint.objects.get().public_token
    assert (body["provider"], body["secrets_set"]) == ("twilio", ["auth_token"])
    assert body["webhook_url"] == f"http://127.0.0.1:8000/hooks/{token}/"
    assert b"hunter2" not in response.content


@pytest.mark.parametrize(("kind", "provider"), [("sms", "pigeon"), ("sms", ""), ("email", "twilio")])
def test_provider_that_the_kind_has_not_is_refused(admin: Client, shop: Account, kind: str, provider: str) -> None:
    values = {"account_id": shop.pk, "kind": kind, "provider": provider, "address": "a@shop.example", "name": "A"}
    response = admin.post("/api/v1/admin/endpoints/", values, JSON)
    assert (response.status_code, response.json()["error"]["field"]) == (400, "provider")
    assert not Endpoint._base_manager.exists()


def test_one_address_may_be_known_to_two_providers(endpoint: Endpoint, shop: Account, admin: Client) -> None:
    values = {"account_id": shop.pk, "kind": "sms", "address": endpoint.address, "name": "Twin"}
    assert admin.post("/api/v1/admin/endpoints/", {**values, "provider": "kannel"}, JSON).status_code == 201
    assert admin.post("/api/v1/admin/endpoints/", {**values, "provider": "json"}, JSON).status_code == 409


def test_failed_receipts_are_exported_complete(admin: Client, endpoint: Endpoint, shop: Account) -> None:
    _fail(endpoint, 3)
    other = make_endpoint(shop, secrets_sealed=seal({"token": "t"}))
    _store(other, _events(1))
    response = admin.get("/api/v1/receipts/export/")
    assert response["Content-Disposition"] == 'attachment; filename="failed-receipts.zip"'
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response)))
    index = [json.loads(line) for line in archive.read("index.jsonl").splitlines()]
    assert [line["external_id"] for line in index] == ["m2", "m1", "m0"]
    assert [json.loads(archive.read(line["file"]))["text"] for line in index] == ["No. 2", "No. 1", "No. 0"]
    assert {line["error"] for line in index} == {"no way"}
    nothing = zipfile.ZipFile(io.BytesIO(b"".join(admin.get("/api/v1/receipts/export/", {"endpoint": other.pk}))))
    assert nothing.namelist() == ["index.jsonl"]


def test_many_failed_receipts_are_tried_again_at_once(admin: Client, endpoint: Endpoint) -> None:
    _fail(endpoint, 4)
    with open_account(endpoint.account_id):
        first = Receipt.objects.order_by("pk").values_list("pk", flat=True)[0]
    assert admin.post("/api/v1/receipts/retry/", {"ids": [first]}, JSON).json() == {"retried": 1, "remaining": 3}
    answer = admin.post("/api/v1/receipts/retry/", {"endpoint": endpoint.pk}, JSON).json()
    assert answer == {"retried": 3, "remaining": 0}
    with open_account(endpoint.account_id):
        assert set(Receipt.objects.values_list("state", "attempts")) == {("pending", 0)}


def test_mailbox_has_one_address_whichever_provider_posts_to_it(admin: Client, shop: Account) -> None:
    values = {"account_id": shop.pk, "kind": "email", "address": "a@shop.example", "name": "A"}
    first = admin.post("/api/v1/admin/endpoints/", {**values, "provider": "mailgun"}, JSON)
    assert first.status_code == 201, first.content
    assert "/hooks/" in first.json()["webhook_url"]
    assert admin.post("/api/v1/admin/endpoints/", {**values, "provider": ""}, JSON).status_code == 409
    rows = admin.get("/api/v1/admin/endpoint-providers/").json()["results"]
    needed = {
        row["provider"]: [item["name"] for item in row["fields_needed"]] for row in rows if row["kind"] == "email"
    }
    assert needed == {
        "mailgun": ["signing_key", "smtp_url"],
        "postmark": ["hook_username", "hook_password", "smtp_url"],
        "sendgrid": ["verification_key", "hook_username", "hook_password", "smtp_url"],
    }
