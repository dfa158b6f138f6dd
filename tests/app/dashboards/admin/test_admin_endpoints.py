"""Endpoints in the admin API: which secrets stay inside, what is refused, what waits in failed receipts."""

import pytest

from channels_app.models import Endpoint, Receipt
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.sealing import seal, unseal
from contactcenter.tenancy.doors import open_account
from tests.app.dashboards.admin.asking import JSON, refused
from tests.app.factories import AT, make_account

pytestmark = pytest.mark.django_db


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
