"""Invoices of 28-day cycles, and fees charged in advance, from the contract to the replay."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing import actions, tasks
from billing.account_periods import current_period, period_labels
from billing.accrued import accrued_bill
from billing.models import Accrual, Invoice, InvoiceLine, ParkedBill
from billing.replay import replay_hash
from billing.runs import run_invoices
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, handle, sign, version_in_force
from tests.app.factories import make_user

BASE: dict[str, Any] = {"code": "base", "kind": "recurring", "name": "Base", "amount": "300.00"}


def document(*components: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"name": "Care", "currency": "EUR", **top, "components": list(components)}


def lines(invoice: Invoice) -> list[tuple[str, str]]:
    return [
        (line.segment, str(line.amount)) for line in InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    ]


def draft(account: Account, period: str) -> Invoice:
    return actions.build_draft(account_id=account.pk, period=period, at=AT, actor_id=None).invoice


def test_a_fee_in_advance_is_charged_once_for_each_period(account: Account) -> None:
    sign(account, version_in_force(document({**BASE, "timing": "advance"})), since=date(2026, 6, 16))
    june = draft(account, "2026-06")
    # half of June and the whole of July; then August alone
    assert lines(june) == [
        ("2026-06-16/2026-06-30", "150.0000"),
        ("2026-07-01/2026-07-31", "300.0000"),
    ]
    july = draft(account, "2026-07")
    assert lines(july) == [("2026-08-01/2026-08-31", "300.0000")]
    for invoice in (june, july):
        assert replay_hash(invoice=invoice) == invoice.content_hash
    assert actions.build_draft(account_id=account.pk, period="2026-07", at=AT, actor_id=None).outcome == "unchanged"


def test_the_last_bill_of_a_contract_charges_nothing_in_advance(account: Account) -> None:
    version = version_in_force(document({**BASE, "timing": "advance"}))
    sign(account, version, since=date(2026, 6, 1), until=date(2026, 7, 1))
    assert lines(draft(account, "2026-06")) == [("2026-06-01/2026-06-30", "300.0000")]


def test_a_contract_of_28_day_cycles_is_billed_by_them(account: Account) -> None:
    sign(account, version_in_force(document(BASE, cycle="28_days")), since=date(2026, 5, 4))
    # 4 to 31 May ends in May; 1 to 28 June in June
    assert period_labels(account=account, month="2026-05") == ["2026-05-04"]
    assert period_labels(account=account, month="2026-06") == ["2026-06-01"]
    outcomes = list(run_invoices(period="2026-06", accounts=[account], at=AT, issue=False, dry_run=False))
    assert [outcome.outcome for outcome in outcomes] == ["created"]
    invoice = Invoice.objects.get()
    assert (invoice.period, invoice.period_start, invoice.period_end) == (
        "2026-06-01",
        date(2026, 6, 1),
        date(2026, 6, 29),
    )
    assert lines(invoice) == [("2026-06-01/2026-06-28", "300.0000")]
    assert replay_hash(invoice=invoice) == invoice.content_hash


def test_a_cycle_is_drafted_when_it_has_ended_though_its_month_goes_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(account, version_in_force(document(BASE, cycle="28_days")), since=date(2026, 5, 4))
    monkeypatch.setattr(tasks.timezone, "now", lambda: datetime(2026, 6, 29, 12, tzinfo=UTC))
    tasks.draft_ended_months()
    # 4 to 31 May, and 1 to 28 June; the cycle of 29 June has just begun
    assert sorted(Invoice.objects.values_list("period", flat=True)) == ["2026-05-04", "2026-06-01"]


def test_the_bill_so_far_of_a_cycle_is_read_from_running_sums(account: Account, operator: Operator) -> None:
    phone = {"code": "phone", "kind": "per_minute", "rate_per_minute": "1", "basis": "talk"}
    sign(account, version_in_force(document(phone, cycle="28_days")), since=date(2026, 5, 4))
    at = datetime(2026, 6, 10, 9, tzinfo=UTC)
    period = current_period(account=account, at=at)
    assert (period.label, period.starts_on, period.ends_on) == ("2026-06-01", date(2026, 6, 1), date(2026, 6, 29))
    assert accrued_bill(account=account, period=period).total_units == 0
    handle(account=account, operator=operator, started_at=at, talk=90)
    # the day after the cycle
    handle(account=account, operator=operator, started_at=datetime(2026, 6, 29, 9, tzinfo=UTC), talk=600)
    actions.collect_pending(at=AT)
    with CaptureQueriesContext(connection) as queries:
        assert accrued_bill(account=account, period=period).total_units == 150
    assert not any("billing_usageline" in query["sql"] for query in queries)
    assert sorted(Accrual.objects.values_list("period", flat=True)) == ["2026-06-01", "2026-06-29"]


def test_a_parked_cycle_can_be_tried_again(account: Account, client: Client) -> None:
    sign(account, version_in_force(document(BASE, cycle="28_days")), since=date(2026, 5, 4))
    actions.park_bill(account_id=account.pk, period="2026-06-01", reason="The tariff was wrong.", at=AT)
    client.force_login(make_user(Role.BILLING_ADMIN))
    told = client.post(f"/api/v1/parked-bills/{ParkedBill.objects.get().pk}/retry/")
    assert (told.status_code, told.json()["outcome"]) == (200, "created")
    assert Invoice.objects.get().period == "2026-06-01"
    assert not ParkedBill.objects.exists()
