"""What contacts and months cost in the portal is what billing says, and only those see it who may."""

import csv
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from billing.actions import build_draft, issue_invoice
from billing.models import Contract, Issuer, Tariff, TariffVersion, UsageLine
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Role
from tests.app.billing.rows import accept
from tests.app.dashboards.portal.rows import JULY, at, handle, usage
from tests.app.factories import AT, make_account, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def priced(account):
    """A contact of 61 s under a contract of 0.60 a minute, rounded up to whole minutes, and a fee of 10."""
    row = handle(account, at("2026-06-02T09:00:00"))
    tariff = Tariff.objects.create(name="Care")
    version = TariffVersion.objects.create(
        tariff=tariff,
        number=1,
        state="in_force",
        effective_from=date(2026, 1, 1),
        put_in_force_at=AT,
        document={
            "name": "Care",
            "currency": "EUR",
            "taxes": [{"code": "vat", "percent": "21"}],
            "components": [
                {"code": "voice", "kind": "per_minute", "name": "Phone", "rate_per_minute": "0.60", "rounding": "60s"},
                {"code": "plan", "kind": "recurring", "name": "Plan", "amount": "10"},
            ],
        },
    )
    with open_account(account.pk):
        Contract.objects.create(account=account, tariff=tariff, starts_on=date(2026, 1, 1))
        accept(account, version)
        UsageLine.objects.create(
            account=account,
            interaction=row,
            channel="voice",
            direction="in",
            started_at=row.started_at,
            talk_ms=61_000,
            ticket_id=row.ticket_id,
            ticket_number="AZ-1001",
            contact_name="=cmd",
        )
    return row


def test_cost_of_a_contact_and_of_the_month_are_what_billing_says(account, client, priced):
    listed = client.get("/api/v1/portal/interactions/", {"account": account.pk, "month": "2026-06"}).json()["results"]

    # 61 s are two minutes at 0.60; with the fee 11.20, and 21 % of that is 2.352, which prints as 2.35
    assert listed[0]["cost"] == {"amount": "1.20", "currency": "EUR"}
    assert usage(client, account=account.pk, month="2026-06")["cost"] == {
        "net": "11.20",
        "gross": "13.55",
        "currency": "EUR",
        "before_net": "10.00",
    }


def test_supervisor_sees_the_usage_and_no_money(account, priced):
    browser = Client()
    browser.force_login(make_user(Role.SUPERVISOR))

    assert usage(browser, account=account.pk, month="2026-06")["cost"] is None
    wanted = {"account": account.pk, "month": "2026-06"}
    assert browser.get("/api/v1/portal/interactions/", wanted).json()["results"][0]["cost"] is None
    export = b"".join(browser.get("/api/v1/portal/interactions/export/", wanted).streaming_content)
    assert b"1.20" not in export


def test_invoice_as_csv_has_a_row_for_every_contact_and_sums_to_the_net(account, client, priced):
    with open_account(account.pk):
        draft = build_draft(account_id=account.pk, period="2026-06", at=JULY, actor_id=None).invoice
        Issuer.objects.get_or_create(legal_name="House")
        issued = issue_invoice(invoice_id=draft.pk, at=JULY, actor_id=None, approve=True)

    response = client.get(f"/api/v1/portal/invoices/{issued.pk}/export/")
    rows = list(csv.DictReader(b"".join(response.streaming_content).decode().splitlines()))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["service"], row["amount"], row["charged"]) for row in rows] == [
        ("Plan", "10.00", ""),
        ("Phone", "1.20", "120000"),
    ]
    assert sum(Decimal(row["amount"]) for row in rows) == issued.net == Decimal("11.20")
    assert (rows[1]["ticket"], rows[1]["contact"]) == ("AZ-1001", "'=cmd")


def test_invoice_export_is_not_found_for_drafts_and_other_clients(account, client, priced):
    with open_account(account.pk):
        draft = build_draft(account_id=account.pk, period="2026-06", at=JULY, actor_id=None).invoice
    stranger = Client()
    stranger.force_login(make_user(Role.CLIENT_ADMIN, make_account()))

    assert client.get(f"/api/v1/portal/invoices/{draft.pk}/export/").status_code == 404
    with open_account(account.pk):
        issue_invoice(invoice_id=draft.pk, at=JULY, actor_id=None, approve=True)
    assert client.get(f"/api/v1/portal/invoices/{draft.pk}/export/").status_code == 200
    assert stranger.get(f"/api/v1/portal/invoices/{draft.pk}/export/").status_code == 404
