"""The portal of an account that is billed by cycles of 28 days shows these and no months."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from billing.models import Contract
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import sign, version_in_force
from tests.app.factories import make_account, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
FEE: dict[str, Any] = {
    "name": "Care",
    "currency": "EUR",
    "cycle": "28_days",
    "components": [{"code": "base", "kind": "recurring", "amount": "300.00"}],
}


@pytest.fixture
def account() -> Account:
    return make_account("Green Clinic", time_zone="Europe/Madrid", currency="EUR")


@pytest.fixture
def client(account: Account) -> Client:
    browser = Client()
    browser.force_login(make_user(Role.CLIENT_ADMIN, account))
    return browser


def cycles_of(account: Account) -> Contract:
    with open_every_account(reason="a test of the portal"), open_account(account.pk):
        return sign(account, version_in_force(FEE), since=date(2026, 5, 4))


def get(client: Client, path: str, **query: str) -> Any:
    with time_machine.travel(NOON, tick=False):
        response = client.get(f"/api/v1/{path}/", query)
    assert response.status_code == 200, response.content
    return response.json()


def test_periods_are_the_cycles_of_the_contract(account: Account, client: Client) -> None:
    assert get(client, "portal/periods")["results"][:2] == ["2026-06", "2026-05"]
    cycles_of(account)
    told = get(client, "portal/periods")
    assert (told["cycle"], told["results"][:3]) == ("28_days", ["2026-06-01", "2026-05-04", "2026-04-06"])


def test_usage_without_a_month_is_that_of_the_running_cycle(account: Account, client: Client) -> None:
    cycles_of(account)
    told = get(client, "portal/usage")
    assert (told["month"], told["cycle"], len(told["days"])) == ("2026-06-01", "28_days", 28)
    assert (told["starts_at"], told["ends_at"]) == ("2026-05-31T22:00:00Z", "2026-06-28T22:00:00Z")
    assert (told["cost"]["net"], told["cost"]["before_net"]) == ("300.00", "300.00")
    assert get(client, "accrual", account=str(account.pk), month="2026-06-01")["net"] == "300.00"


def test_a_day_that_is_none_is_refused_by_the_name_of_its_field(account: Account, client: Client) -> None:
    response = client.get("/api/v1/portal/usage/", {"month": "2026-06-31"})
    assert response.status_code == 400
    assert "28-day cycle" in response.content.decode()
