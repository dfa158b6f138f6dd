"""Accounts in the admin API: what is refused by which field, what is audited, the agreed service level."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.models import Account, FormerServiceLevel
from tests.app.dashboards.admin.asking import JSON, refused
from tests.app.factories import make_account

pytestmark = pytest.mark.django_db
ACCOUNT = {
    "name": "Azul Pay",
    "slug": "azul-pay",
    "time_zone": "Europe/Madrid",
    "currency": "EUR",
    "language": "es",
    "ticket_prefix": "AZ",
    "brand_color": "#3350C4",
}


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
