"""Price sheets over the API: of any version for billing people, of their own versions for clients."""

from datetime import UTC, date, datetime
from unittest import mock

import pytest
from django.test import Client

from billing import actions
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, CARE, sign, version_in_force
from tests.app.factories import make_account, make_user

MID_JULY = datetime(2026, 7, 15, tzinfo=UTC)


def logged_in(role: str, *accounts: Account, **fields: str) -> Client:
    client = Client()
    client.force_login(make_user(role, *accounts, **fields))
    return client


@pytest.fixture(autouse=True)
def july() -> object:
    with mock.patch("django.utils.timezone.now", return_value=MID_JULY):
        yield


def test_billing_people_read_the_sheet_of_any_version_in_any_language() -> None:
    draft = actions.add_tariff(name="Care", document=CARE, at=AT, actor_id=None)
    client = logged_in(Role.BILLING_ADMIN)
    where = f"/api/v1/tariff-versions/{draft.pk}/price-sheet/"
    english, russian = (client.get(where, {"language": language}).json() for language in ("en", "ru"))
    assert english["content_hash"] == russian["content_hash"]
    assert english["texts"]["sections"][0]["rows"][0]["price"] == "€1.00 / min"
    assert russian["texts"]["sections"][0]["rows"][0]["name"] == "Телефон"
    refused = client.get(where, {"language": "de"})
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "language"
    pdf = client.get(f"{where}pdf/")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


def test_a_client_reads_the_sheets_of_its_own_contracts_now_and_to_come(account: Account) -> None:
    version = version_in_force()
    sign(account, version)
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=None, at=AT, actor_id=None)
    actions.put_in_force(version_id=later.pk, effective_from=date(2026, 9, 1), at=AT, actor_id=None)
    other = version_in_force()
    sign(make_account("Other"), other)
    client = logged_in(Role.CLIENT_VIEWER, account, language="es")
    rows = client.get("/api/v1/price-sheets/", {"account": account.pk}).json()["results"]
    assert [(row["version"], row["holds_from"], row["is_current"]) for row in rows] == [
        (later.pk, "2026-09-01", False),
        (version.pk, "2026-01-01", True),
    ]
    assert rows[1]["texts"]["title"] == "Lista de precios"
    pdf = client.get(f"/api/v1/price-sheets/{version.pk}/pdf/", {"account": account.pk})
    assert pdf.content.startswith(b"%PDF-")
    assert client.get(f"/api/v1/price-sheets/{other.pk}/pdf/", {"account": account.pk}).status_code == 404


def test_a_sheet_that_has_been_followed_or_whose_contract_ended_is_not_listed(account: Account) -> None:
    version = version_in_force()
    sign(account, version, until=date(2026, 7, 1))
    followed = version_in_force()
    after = actions.add_draft_version(tariff_id=followed.tariff_id, document=None, at=AT, actor_id=None)
    actions.put_in_force(version_id=after.pk, effective_from=date(2026, 7, 10), at=AT, actor_id=None)
    sign(account, followed, since=date(2026, 7, 1))
    client = logged_in(Role.CLIENT_ADMIN, account)
    rows = client.get("/api/v1/price-sheets/", {"account": account.pk}).json()["results"]
    assert [row["version"] for row in rows] == [after.pk]
