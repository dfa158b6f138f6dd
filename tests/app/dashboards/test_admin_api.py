"""The admin API: who may, what is refused by which field, what is audited, which secrets stay inside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.utils import timezone

from channels_app.models import Endpoint, Receipt
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.sealing import seal, unseal
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.routing.models import Queue
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account, FormerServiceLevel, Membership, Role, User
from tests.app.factories import AT, make_account, make_operator

pytestmark = pytest.mark.django_db
JSON = "application/json"
ACCOUNT = {
    "name": "Azul Pay",
    "slug": "azul-pay",
    "time_zone": "Europe/Madrid",
    "currency": "EUR",
    "language": "es",
    "ticket_prefix": "AZ",
    "brand_color": "#3350C4",
}
OPERATOR = {
    "email": "Anna@Example.org",
    "full_name": "Anna Kovacs",
    "display_name": "Anna",
    "password": "tall green bicycle 42",
    "languages": [{"language": "ru", "level": 5}, {"language": "en", "level": 3}],
    "aliases": ["PJSIP/101"],
    "max_chat": 3,
}


def browser(role: str, *accounts: Account) -> Client:
    # hashing a password costs more than the request; nobody types one here
    user = User.objects.create(email=f"{role}@example.org", full_name=role, role=role, password="!")
    for account in accounts:
        Membership.objects.create(user=user, account=account)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin() -> Client:
    return browser(Role.ADMIN)


def refused(response) -> tuple[int, str | None]:
    return response.status_code, response.json()["error"].get("field")


STAFF = {Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN}
MONEY = {Role.CLIENT_VIEWER, Role.CLIENT_ADMIN, Role.BILLING_ADMIN, Role.ADMIN}
FLOOR = {Role.SUPERVISOR, Role.ADMIN}
TABLE = [
    ("get", "/api/v1/portal/usage/", STAFF | {Role.CLIENT_VIEWER, Role.CLIENT_ADMIN}),
    ("get", "/api/v1/portal/usage/export/", STAFF | {Role.CLIENT_VIEWER, Role.CLIENT_ADMIN}),
    ("get", "/api/v1/portal/interactions/", STAFF | {Role.CLIENT_VIEWER, Role.CLIENT_ADMIN}),
    ("get", "/api/v1/portal/interactions/export/", STAFF | {Role.CLIENT_VIEWER, Role.CLIENT_ADMIN}),
    ("get", "/api/v1/portal/invoices/999/export/", MONEY),
    ("get", "/api/v1/admin/accounts/", STAFF),
    ("post", "/api/v1/admin/accounts/", {Role.BILLING_ADMIN, Role.ADMIN}),
    ("get", "/api/v1/admin/accounts/{account}/", STAFF),
    ("patch", "/api/v1/admin/accounts/{account}/", {Role.BILLING_ADMIN, Role.ADMIN}),
    ("get", "/api/v1/admin/endpoints/", FLOOR),
    ("post", "/api/v1/admin/endpoints/", {Role.ADMIN}),
    ("get", "/api/v1/admin/endpoints/{endpoint}/", FLOOR),
    ("patch", "/api/v1/admin/endpoints/{endpoint}/", {Role.ADMIN}),
    ("get", "/api/v1/admin/operators/", FLOOR),
    ("post", "/api/v1/admin/operators/", FLOOR),
    ("get", "/api/v1/admin/operators/{operator}/", FLOOR),
    ("patch", "/api/v1/admin/operators/{operator}/", FLOOR),
    ("get", "/api/v1/admin/queues/", FLOOR),
    ("post", "/api/v1/admin/queues/", FLOOR),
    ("get", "/api/v1/admin/queues/{queue}/", FLOOR),
    ("patch", "/api/v1/admin/queues/{queue}/", FLOOR),
    ("get", "/api/v1/admin/audit/", {Role.ADMIN}),
    ("get", "/api/v1/admin/planning/", STAFF),
    ("get", "/api/v1/admin/wallboard/", STAFF),
]


@pytest.mark.parametrize("role", [*Role.values, None])
@pytest.mark.parametrize(("method", "url", "allowed"), TABLE)
def test_every_address_admits_its_roles_and_nobody_else(method, url, allowed, role):
    account = make_account()
    with open_account(account.pk):
        endpoint = Endpoint.objects.create(account=account, kind="email", address="a@example.org", name="Mail")
    someone = User.objects.create(email="someone@example.org", full_name="Someone", role=Role.OPERATOR, password="!")
    row = Operator.objects.create(user=someone, display_name="Someone")
    queue = Queue.objects.create(name="Any", language="xx")
    address = url.format(account=account.pk, endpoint=endpoint.pk, operator=row.pk, queue=queue.pk)
    client = browser(role, account) if role else Client()

    status = getattr(client, method)(address, *([] if method == "get" else [{}, JSON])).status_code

    if role is None:
        assert status == 401
    elif role not in allowed:
        assert status == 403
    else:
        # an allowed creation of nothing is refused for its content, an absent invoice for its absence, not for the role
        assert status == (400 if method == "post" else 404 if "999" in url else 200)


def test_account_is_added_and_audited(admin):
    response = admin.post("/api/v1/admin/accounts/", ACCOUNT, JSON)

    assert response.status_code == 201
    account = Account.objects.get(slug="azul-pay")
    assert (account.time_zone, account.currency) == ("Europe/Madrid", "EUR")
    entry = AuditEntry.objects.get(action="account.create")
    assert (entry.target_id, entry.account_id) == (account.pk, account.pk)
    assert entry.data["time_zone"] == ["UTC", "Europe/Madrid"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Europe/Atlantis"),
        ("currency", "euro"),
        ("brand_color", "blue"),
        ("slug", "Azul Pay"),
        ("slug", "a" * 61),
        ("ticket_prefix", "a1"),
        ("billing_email", "nobody"),
        ("name", ""),
    ],
)
def test_wrong_field_of_an_account_is_named_and_nothing_saved(admin, field, value):
    response = admin.post("/api/v1/admin/accounts/", {**ACCOUNT, field: value}, JSON)

    assert refused(response) == (400, field)
    assert not Account.objects.filter(slug="azul-pay").exists()
    assert not AuditEntry.objects.filter(action="account.create").exists()


def test_taken_slug_is_a_conflict(admin):
    taken = make_account()

    assert refused(admin.post("/api/v1/admin/accounts/", {**ACCOUNT, "slug": taken.slug}, JSON)) == (409, "slug")


def test_change_of_an_account_audits_only_what_changed(admin):
    account = make_account("Old", currency="EUR")

    response = admin.patch(f"/api/v1/admin/accounts/{account.pk}/", {"name": "New", "currency": "EUR"}, JSON)

    assert response.json()["name"] == "New"
    assert AuditEntry.objects.get(action="account.change").data == {"name": ["Old", "New"]}


def test_operator_is_added_with_login_languages_accounts_and_aliases(admin):
    account = make_account()

    response = admin.post(
        "/api/v1/admin/operators/", {**OPERATOR, "accounts": [account.pk], "home_account_id": account.pk}, JSON
    )

    assert response.status_code == 201, response.content
    body = response.json()
    assert body["email"] == "anna@example.org"
    assert body["languages"] == [{"language": "ru", "level": 5}, {"language": "en", "level": 3}]
    assert (body["accounts"], body["aliases"], body["max_chat"]) == ([account.pk], ["PJSIP/101"], 3)
    assert "password" not in body
    assert authenticate(email="anna@example.org", password=OPERATOR["password"]) is not None
    assert OPERATOR["password"] not in str(AuditEntry.objects.get(action="operator.create").data)


def test_change_of_an_operator_replaces_lists(admin):
    first, second = make_account(), make_account()
    row = make_operator(first, languages="en ru")
    OperatorAlias.objects.create(operator=row, name="SIP/7")

    response = admin.patch(
        f"/api/v1/admin/operators/{row.pk}/",
        {"languages": [{"language": "es", "level": 4}], "accounts": [second.pk], "aliases": []},
        JSON,
    )

    body = response.json()
    assert body["languages"] == [{"language": "es", "level": 4}]
    assert (body["accounts"], body["aliases"]) == ([second.pk], [])
    assert AuditEntry.objects.get(action="operator.change").data == {
        "accounts": [[first.pk], [second.pk]],
        "languages": [{"en": 5, "ru": 5}, {"es": 4}],
        "aliases": [["SIP/7"], []],
    }


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"password": "12345"}, 400, "password"),
        ({"accounts": [999_999]}, 400, "accounts"),
        ({"home_account_id": 999_999}, 400, "home_account_id"),
        ({"email": "nobody"}, 400, "email"),
        ({"role": "admin"}, 400, "role"),
        ({"languages": [{"language": "ru", "level": 9}]}, 400, "languages.0.level"),
        ({"languages": [{"language": "ru", "level": 1}, {"language": "ru", "level": 2}]}, 400, "languages"),
        ({"max_voice": 2}, 400, "max_voice"),
    ],
)
def test_wrong_field_of_an_operator_is_named_and_nothing_saved(admin, change, status, field):
    response = admin.post("/api/v1/admin/operators/", {**OPERATOR, **change}, JSON)

    assert refused(response) == (status, field)
    assert not Operator.objects.exists()
    assert not User.objects.filter(email="anna@example.org").exists()


def test_taken_address_and_alias_are_conflicts(admin):
    row = make_operator()
    OperatorAlias.objects.create(operator=row, name="PJSIP/101")

    assert refused(admin.post("/api/v1/admin/operators/", OPERATOR, JSON)) == (409, "aliases")
    taken = {**OPERATOR, "email": row.user.email.upper(), "aliases": []}
    assert refused(admin.post("/api/v1/admin/operators/", taken, JSON)) == (409, "email")
    assert Operator.objects.count() == 1


def test_supervisor_neither_makes_nor_changes_another_supervisor():
    supervisor = browser(Role.SUPERVISOR)
    other = make_operator()
    other.user.role = Role.SUPERVISOR
    other.user.save(update_fields=["role"])

    assert refused(supervisor.post("/api/v1/admin/operators/", {**OPERATOR, "role": "supervisor"}, JSON)) == (
        400,
        "role",
    )
    response = supervisor.patch(f"/api/v1/admin/operators/{other.pk}/", {"password": "tall green bicycle 42"}, JSON)
    assert response.status_code == 403
    other.user.refresh_from_db()
    assert not other.user.check_password("tall green bicycle 42")


def test_secrets_of_an_endpoint_go_in_and_never_come_out(admin):
    account = make_account()
    created = admin.post(
        "/api/v1/admin/endpoints/",
        {
            "account_id": account.pk,
            "kind": "email",
            "address": "Help@Example.org",
            "name": "Help",
            "settings": {"host": "imap.example.org", "imap": {"port": 993}},
            "secrets": {"imap_password": "hunter2"},
        },
        JSON,
    )
    assert created.status_code == 201, created.content
    body = created.json()
    assert body["address"] == "help@example.org"
    assert body["settings"] == {"host": "imap.example.org", "imap": {"port": 993}}
    assert body["secrets_set"] == ["imap_password"]

    changed = admin.patch(
        f"/api/v1/admin/endpoints/{body['id']}/",
        {"settings": {"host": "mail.example.org", "imap": {"port": 143}}},
        JSON,
    )

    with open_account(account.pk):
        kept = Endpoint.objects.get()
    assert kept.settings == {"host": "mail.example.org", "imap": {"port": 143}}
    assert unseal(kept.secrets_sealed) == {"imap_password": "hunter2"}
    assert "hunter2" not in kept.secrets_sealed
    seen = created.content + changed.content + admin.get("/api/v1/admin/endpoints/").content
    told = str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert b"hunter2" not in seen
    assert "hunter2" not in told


def test_secret_among_the_open_settings_is_refused(admin):
    values = {"account_id": make_account().pk, "kind": "email", "address": "help@example.org", "name": "Help"}
    settings = {"imap": {"port": 993, "password": "hunter2"}}

    response = admin.post("/api/v1/admin/endpoints/", {**values, "settings": settings}, JSON)

    assert refused(response) == (400, "settings")
    assert b"hunter2" not in response.content
    assert not Endpoint._base_manager.exists()


def test_secret_is_removed_by_null(admin):
    account = make_account()
    with open_account(account.pk):
        row = Endpoint.objects.create(
            account=account,
            kind="voice",
            address="pbx",
            name="PBX",
            settings={"host": "h"},
            secrets_sealed=seal({"ami_secret": "x"}),
        )

    response = admin.patch(f"/api/v1/admin/endpoints/{row.pk}/", {"secrets": {"ami_secret": None}}, JSON)

    assert response.json()["secrets_set"] == []
    with open_account(account.pk):
        kept = Endpoint.objects.get()
    assert (kept.settings, kept.secrets_sealed) == ({"host": "h"}, "")


def test_address_of_another_accounts_endpoint_is_a_conflict(admin):
    account, other = make_account(), make_account()
    with open_account(other.pk):
        Endpoint.objects.create(account=other, kind="email", address="help@example.org", name="Help")

    response = admin.post(
        "/api/v1/admin/endpoints/",
        {"account_id": account.pk, "kind": "email", "address": "HELP@example.org", "name": "Mine"},
        JSON,
    )

    assert refused(response) == (409, "address")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "no address"}, "address"),
        ({"kind": "webchat", "address": "../console"}, "address"),
        ({"account_id": 999_999}, "account_id"),
        ({"kind": "fax"}, "kind"),
    ],
)
def test_wrong_field_of_an_endpoint_is_named(admin, change, field):
    values = {"account_id": make_account().pk, "kind": "email", "address": "a@example.org", "name": "A"}

    assert refused(admin.post("/api/v1/admin/endpoints/", {**values, **change}, JSON)) == (400, field)


def test_queue_is_added_changed_and_kept_single():
    supervisor = browser(Role.SUPERVISOR)
    created = supervisor.post("/api/v1/admin/queues/", {"name": "Russian", "language": "ru"}, JSON)
    assert created.status_code == 201
    queue = created.json()
    assert (queue["account_id"], queue["channel"], queue["offer_seconds"]) == (None, "", 30)

    changed = supervisor.patch(f"/api/v1/admin/queues/{queue['id']}/", {"offer_seconds": 20}, JSON)

    assert changed.json()["offer_seconds"] == 20
    twin = supervisor.post("/api/v1/admin/queues/", {"name": "Twin", "language": "ru"}, JSON)
    assert refused(twin) == (409, "account_id")
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["queue.create", "queue.change"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"offer_seconds": 1}, "offer_seconds"), ({"language": "Russian!"}, "language"), ({"channel": "fax"}, "channel")],
)
def test_wrong_field_of_a_queue_is_named(admin, change, field):
    assert refused(admin.post("/api/v1/admin/queues/", {"name": "Q", **change}, JSON)) == (400, field)
    assert not Queue.objects.exists()


def test_audit_pages_from_the_newest(admin, monkeypatch):
    monkeypatch.setattr("contactcenter.dashboards.admin_queries.AUDIT_PAGE", 2)
    for number in range(3):
        admin.post("/api/v1/admin/queues/", {"name": f"Q{number}", "language": f"x{'abc'[number]}"}, JSON)

    first = admin.get("/api/v1/admin/audit/", {"action": "queue"}).json()
    second = admin.get("/api/v1/admin/audit/", {"action": "queue", "cursor": first["next"]}).json()

    assert [entry["data"]["name"][1] for entry in first["results"] + second["results"]] == ["Q2", "Q1", "Q0"]
    assert second["next"] is None


def test_missing_rows_are_not_found(admin):
    for part in ("accounts", "endpoints", "operators", "queues"):
        assert admin.get(f"/api/v1/admin/{part}/999999/").status_code == 404
        assert admin.patch(f"/api/v1/admin/{part}/999999/", {}, JSON).status_code == 404


def test_failed_receipts_are_counted_per_endpoint(admin):
    account = make_account()
    with open_account(account.pk):
        endpoint = Endpoint.objects.create(account=account, kind="email", address="a@example.org", name="A")
        for number, state in enumerate(("failed", "failed", "processed")):
            Receipt.objects.create(
                account=account, endpoint=endpoint, external_id=str(number), raw=b"x", received_at=AT, state=state
            )

    assert admin.get("/api/v1/admin/endpoints/").json()["results"][0]["failed_receipts"] == 2
    assert admin.get("/api/v1/admin/wallboard/").json()["failed_receipts"] == 2


def test_service_level_of_an_account_is_chosen_among_those_that_can_be_counted(admin):
    account = make_account()
    address = f"/api/v1/admin/accounts/{account.pk}/"

    for field, value in (
        ("service_level_formula", "best"),
        ("service_level_seconds", 21),
        ("service_level_percent", 0),
        ("service_level_percent", 101),
    ):
        answer = admin.patch(address, {field: value}, content_type=JSON)
        assert answer.status_code == 400
        assert list(answer.json()["error"]["data"]["fields"]) == [field]
    account.refresh_from_db()
    assert (account.service_level_formula, account.service_level_seconds, account.service_level_percent) == (
        "abandons_within_met",
        20,
        80,
    )

    chosen = {"service_level_formula": "strict", "service_level_seconds": 60, "service_level_percent": 90}
    assert admin.patch(address, chosen, content_type=JSON).status_code == 200

    today = timezone.now().date().isoformat()
    assert AuditEntry.objects.get(action="account.change").data == {
        "service_level_formula": ["abandons_within_met", "strict"],
        "service_level_seconds": [20, 60],
        "service_level_percent": [80, 90],
        "service_level_from": [None, today],
    }


def test_service_level_holds_from_a_day_on_and_the_former_one_is_kept(admin):
    account = make_account()
    address = f"/api/v1/admin/accounts/{account.pk}/"
    day_to_come = (timezone.now() + timedelta(days=2)).date().isoformat()
    refused = admin.patch(address, {"service_level_seconds": 60, "service_level_from": day_to_come}, content_type=JSON)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "service_level_from")
    account.refresh_from_db()
    assert account.service_level_seconds == 20
    assert not FormerServiceLevel.objects.exists()

    changed = admin.patch(address, {"service_level_seconds": 60, "service_level_from": "2026-06-10"}, content_type=JSON)

    former = [{"until_on": "2026-06-10", "formula": "abandons_within_met", "seconds": 20, "percent": 80}]
    assert (changed.json()["service_level_seconds"], changed.json()["former_service_levels"]) == (60, former)
    assert "service_level_from" not in changed.json()
    # another name changes no agreement
    admin.patch(address, {"name": "Another", "service_level_from": "2026-01-01"}, content_type=JSON)
    [row] = [row for row in admin.get("/api/v1/admin/accounts/").json()["results"] if row["id"] == account.pk]
    assert row["former_service_levels"] == former
