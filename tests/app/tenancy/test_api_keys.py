"""API keys: who makes them, what is kept of them, when they count, and how often they may ask."""

import hashlib
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from contactcenter.kernel import valkey
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy import key_limits
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import MAX_KEYS, create_key, forget_answers
from contactcenter.tenancy.key_tokens import token_in
from contactcenter.tenancy.models import ApiKey, IdempotentRequest, Role
from contactcenter.tickets.models import Message, Note, Ticket
from tests.app.factories import AT, make_account, make_ticket, make_user, signed_in

pytestmark = pytest.mark.django_db
NEW = {"name": "CRM", "scopes": ["tickets:read", "tickets:write"]}


@pytest.fixture(autouse=True)
def every_account():
    with open_every_account(reason="a test looks into the database"), time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def account():
    return make_account(ticket_prefix="MT")


@pytest.fixture
def owner(account):
    return make_user(Role.CLIENT_ADMIN, account)


def with_key(account, owner, *scopes: str, **fields) -> APIClient:
    _, token = create_key(
        account_id=account.pk, actor_id=owner.pk, name="CRM", scopes=scopes or ["tickets:read"], at=AT, **fields
    )
    return keyed(token)


def keyed(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def error(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_client_admin_makes_a_key_whose_token_is_shown_once_and_kept_nowhere(account, owner):
    answer = signed_in(owner).post("/api/v1/api-keys/", NEW)
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token.startswith(f"{answer.json()['key']['prefix']}_")
    assert len(token) == len("cc_12345678_") + 43  # 256 bits in base64 without padding
    key = ApiKey.objects.get()
    assert key.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert (key.account_id, key.scopes) == (account.pk, ["tickets:read", "tickets:write"])
    listed = signed_in(owner).get("/api/v1/api-keys/")
    assert token not in listed.content.decode()
    assert token not in str(list(AuditEntry.objects.values()))
    assert [row["prefix"] for row in listed.json()["results"]] == [key.prefix]
    entry = AuditEntry.objects.get(action="api_key.create")
    assert (entry.actor_id, entry.account_id, entry.data["name"]) == (owner.pk, account.pk, "CRM")


def test_the_key_reaches_its_account_only(account, owner):
    other = make_account()
    make_ticket(account, subject="Ours")
    make_ticket(other, subject="Theirs")
    answer = with_key(account, owner).get("/api/v1/tickets/")
    assert [card["subject"] for card in answer.json()["results"]] == ["Ours"]


@pytest.mark.parametrize("field", ["revoked_at", "expires_at"])
def test_a_key_that_ended_is_refused(account, owner, field):
    client = with_key(account, owner)
    assert client.get("/api/v1/tickets/").status_code == 200
    ApiKey.objects.update(**{field: AT})
    answer = client.get("/api/v1/tickets/")
    assert error(answer) == (401, "authentication_failed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_key_is_refused_even_beside_a_good_session(account, owner):
    client = keyed("cc_00000000_nothing")
    client.force_login(owner)
    assert error(client.get("/api/v1/tickets/")) == (401, "authentication_failed")
    assert error(client.get("/api/v1/me/")) == (401, "authentication_failed")


def test_a_key_beside_a_session_has_the_keys_rights_only(account, owner):
    client = with_key(account, owner)
    client.force_login(make_user(Role.ADMIN))
    assert error(client.get("/api/v1/admin/accounts/")) == (403, "permission_denied")
    assert error(client.get("/api/v1/api-keys/")) == (403, "permission_denied")


def test_a_closed_account_closes_its_keys(account, owner):
    client = with_key(account, owner)
    account.is_active = False
    account.save()
    assert error(client.get("/api/v1/tickets/")) == (401, "authentication_failed")


def test_revoking_ends_a_key_at_once_and_is_audited(account, owner):
    client = with_key(account, owner)
    key = ApiKey.objects.get()
    answer = signed_in(owner).post(f"/api/v1/api-keys/{key.pk}/revoke/")
    assert answer.json()["revoked_at"] == "2026-06-15T09:00:00Z"
    assert client.get("/api/v1/tickets/").status_code == 401
    signed_in(owner).post(f"/api/v1/api-keys/{key.pk}/revoke/")
    assert AuditEntry.objects.filter(action="api_key.revoke").count() == 1


def test_another_accounts_client_admin_revokes_nothing(account, owner):
    with_key(account, owner)
    stranger = make_user(Role.CLIENT_ADMIN, make_account())
    answer = signed_in(stranger).post(f"/api/v1/api-keys/{ApiKey.objects.get().pk}/revoke/")
    assert error(answer) == (404, "not_found")
    assert ApiKey.objects.get().revoked_at is None


def test_an_account_has_at_most_fifty_live_keys(account, owner):
    for _ in range(MAX_KEYS):
        with_key(account, owner)
    assert error(signed_in(owner).post("/api/v1/api-keys/", NEW)) == (409, "conflict")
    assert ApiKey.objects.count() == MAX_KEYS
    ApiKey.objects.filter(pk=ApiKey.objects.first().pk).update(revoked_at=AT)
    assert signed_in(owner).post("/api/v1/api-keys/", NEW).status_code == 201


def test_a_key_that_would_have_expired_is_not_made(account, owner):
    answer = signed_in(owner).post("/api/v1/api-keys/", {**NEW, "expires_at": "2026-06-15T08:59:59Z"})
    assert error(answer) == (400, "invalid")
    assert answer.json()["error"]["field"] == "expires_at"
    assert not ApiKey.objects.exists()


def test_use_is_noted_at_most_once_a_minute(account, owner):
    client = with_key(account, owner)
    noted = []
    for seconds in (0, 59, 60):
        with time_machine.travel(AT + timedelta(seconds=seconds), tick=False):
            client.get("/api/v1/tickets/")
        noted.append(ApiKey.objects.get().last_used_at)
    assert noted == [AT, AT, AT + timedelta(seconds=60)]


def test_too_many_requests_are_shed_with_the_time_to_wait(account, owner, settings):
    settings.API_KEY_REQUESTS_PER_MINUTE = 2
    client = with_key(account, owner)
    with time_machine.travel(AT + timedelta(seconds=13), tick=False):
        answers = [client.get("/api/v1/tickets/") for _ in range(3)]
        other = with_key(account, owner).get("/api/v1/tickets/")
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "47"
    assert error(answers[2]) == (429, "throttled")
    assert other.status_code == 200
    with time_machine.travel(AT + timedelta(seconds=60), tick=False):
        assert client.get("/api/v1/tickets/").status_code == 200


def test_without_valkey_nothing_is_counted_and_everything_let_in(account, owner, settings, monkeypatch, caplog):
    settings.API_KEY_REQUESTS_PER_MINUTE = 1
    settings.REDIS_URL = "redis://127.0.0.1:1"
    gone = valkey.new_client()
    # a request does not wait for a server that is away
    assert gone.get_retry().get_retries() <= 1
    monkeypatch.setattr(key_limits, "_client", lambda: gone)
    client = with_key(account, owner)
    assert [client.get("/api/v1/tickets/").status_code for _ in range(3)] == [200] * 3
    assert "not counted" in caplog.text


def test_a_key_needs_no_csrf_token_and_the_audit_trail_names_it(account, owner):
    ticket = make_ticket(account)
    _, token = create_key(account_id=account.pk, actor_id=owner.pk, name="CRM", scopes=["tickets:write"], at=AT)
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    address = f"/api/v1/tickets/{ticket.pk}/"
    answer = client.patch(address, '{"status": "solved"}', content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (200, "solved")
    entry = AuditEntry.objects.get(action="ticket.status")
    assert (entry.actor_id, entry.data["api_key"]) == (None, str(ApiKey.objects.get()))


def test_a_session_still_needs_its_csrf_token(account):
    ticket = make_ticket(account)
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(Role.ADMIN))
    answer = client.patch(f"/api/v1/tickets/{ticket.pk}/", '{"status": "solved"}', content_type="application/json")
    assert answer.status_code == 403
    assert Ticket.objects.get().status == "new"


def test_a_key_opens_a_ticket_replies_and_leaves_a_note(account, owner):
    client = with_key(account, owner, "tickets:read", "tickets:write", "messages:write")
    opened = client.post(
        "/api/v1/tickets/",
        {
            "channel": "email",
            "subject": "Order 7",
            "contact": {"kind": "email", "value": "Ann@example.org", "name": "Ann"},
            "text": "Where is it?",
        },
        format="json",
    )
    assert opened.status_code == 201, opened.json()
    ticket_id = opened.json()["id"]
    replied = client.post(f"/api/v1/tickets/{ticket_id}/replies/", {"channel": "email", "text": "On its way"})
    noted = client.post(f"/api/v1/tickets/{ticket_id}/notes/", {"text": "Sent on Monday"})
    assert (replied.status_code, noted.status_code) == (201, 201)
    assert noted.json()["author"] == {"kind": "system", "name": "CRM"}
    timeline = client.get(f"/api/v1/tickets/{ticket_id}/timeline/").json()["results"]
    assert [(entry["type"], entry["text"]) for entry in timeline] == [
        ("message", "Where is it?"),
        ("message", "On its way"),
    ]


def test_the_same_request_under_one_idempotency_key_is_done_once_and_answered_the_same(account, owner):
    ticket = make_ticket(account)
    client = with_key(account, owner, "messages:write")
    body = {"channel": "email", "text": "On its way"}
    address = f"/api/v1/tickets/{ticket.pk}/replies/"
    first = client.post(address, body, headers={"Idempotency-Key": "order-7"})
    second = client.post(address, body, headers={"Idempotency-Key": "order-7"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Message.objects.count() == 1


def test_another_request_under_a_used_idempotency_key_is_refused(account, owner):
    ticket = make_ticket(account)
    client = with_key(account, owner, "messages:write", "tickets:write")
    headers = {"Idempotency-Key": "order-7"}
    client.post(f"/api/v1/tickets/{ticket.pk}/replies/", {"channel": "email", "text": "One"}, headers=headers)
    other_text = client.post(
        f"/api/v1/tickets/{ticket.pk}/replies/", {"channel": "email", "text": "Two"}, headers=headers
    )
    other_address = client.post(f"/api/v1/tickets/{ticket.pk}/notes/", {"text": "Two"}, headers=headers)
    assert error(other_text) == error(other_address) == (409, "idempotency_key_reused")
    assert (Message.objects.count(), Note.objects.count()) == (1, 0)


def test_a_refused_request_leaves_its_idempotency_key_free(account, owner):
    ticket = make_ticket(account)
    client = with_key(account, owner, "messages:write")
    address, headers = f"/api/v1/tickets/{ticket.pk}/replies/", {"Idempotency-Key": "order-7"}
    refused = client.post(address, {"channel": "voice", "text": "One"}, headers=headers)
    assert refused.status_code == 400
    assert not IdempotentRequest.objects.exists()
    assert client.post(address, {"channel": "email", "text": "One"}, headers=headers).status_code == 201


def test_two_keys_may_use_the_same_idempotency_key(account, owner):
    ticket = make_ticket(account)
    for _ in range(2):
        answer = with_key(account, owner, "messages:write").post(
            f"/api/v1/tickets/{ticket.pk}/replies/",
            {"channel": "email", "text": "One"},
            headers={"Idempotency-Key": "1"},
        )
        assert answer.status_code == 201
    assert Message.objects.count() == 2


def test_answers_are_forgotten_after_a_day(account, owner):
    ticket = make_ticket(account)
    with_key(account, owner, "tickets:write").post(
        f"/api/v1/tickets/{ticket.pk}/notes/", {"text": "x"}, headers={"Idempotency-Key": "1"}
    )
    kept = IdempotentRequest.objects.get().at
    assert forget_answers(at=kept + timedelta(days=1)) == 0
    assert forget_answers(at=kept + timedelta(days=1, seconds=1)) == 1


@pytest.mark.parametrize("header", ["", "Bearer", "Basic cc_1_2", "Bearer other", f"Bearer cc_{'x' * 300}"])
def test_what_is_no_key_of_ours_is_left_to_the_session(header):
    assert token_in(header) is None
