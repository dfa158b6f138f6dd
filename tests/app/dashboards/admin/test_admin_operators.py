"""Operators in the admin API: logins, lists, what is refused by which field, who may make whom."""

import pytest
from django.contrib.auth import authenticate

from contactcenter.kernel.models import AuditEntry
from contactcenter.operators.models import Operator, OperatorAlias
from contactcenter.tenancy.models import Role, User
from tests.app.dashboards.admin.asking import JSON, browser, refused
from tests.app.factories import make_account, make_operator

pytestmark = pytest.mark.django_db
OPERATOR = {
    "email": "Anna@Example.org",
    "full_name": "Anna Kovacs",
    "display_name": "Anna",
    "password": "tall green bicycle 42",
    "languages": [{"language": "ru", "level": 5}, {"language": "en", "level": 3}],
    "aliases": ["PJSIP/101"],
    "max_chat": 3,
}


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
