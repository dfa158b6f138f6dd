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


PHONE: dict[str, Any] = {"code": "phone", "kind": "per_minute", "rate_per_minute": "1", "basis": "talk"}


def run_of(account: Account, month: str) -> dict[str, list[tuple[str, str]]]:
    """The lines that a run of a month drafts, by period."""
    before = set(Invoice.objects.values_list("pk", flat=True))
    outcomes = list(run_invoices(period=month, accounts=[account], at=AT, issue=False, dry_run=False))
    assert {outcome.outcome for outcome in outcomes} <= {"created", "nothing_to_bill"}
    return {invoice.period: lines(invoice) for invoice in Invoice.objects.exclude(pk__in=before)}


def test_a_month_and_the_cycles_of_the_contract_after_it_bill_each_day_once(
    account: Account, operator: Operator
) -> None:
    monthly = version_in_force(document(BASE, PHONE))
    in_cycles = version_in_force(document({**BASE, "amount": "280.00"}, PHONE, cycle="28_days"))
    sign(account, monthly, since=date(2026, 6, 1), until=date(2026, 6, 16))
    sign(account, in_cycles, since=date(2026, 6, 16), until=date(2026, 7, 20))
    handle(account=account, operator=operator, started_at=datetime(2026, 6, 10, 9, tzinfo=UTC), talk=60)
    handle(account=account, operator=operator, started_at=datetime(2026, 6, 20, 9, tzinfo=UTC), talk=120)
    # 15 of 30 days; the cycle of 16 June ends on 13 July
    assert run_of(account, "2026-06") == {
        "2026-06": [("2026-06-01/2026-06-15", "150.0000"), ("2026-06-01/2026-06-15", "1.0000")]
    }
    assert run_of(account, "2026-07") == {
        "2026-06-16": [("2026-06-16/2026-07-13", "280.0000"), ("2026-06-16/2026-07-13", "2.0000")]
    }
    # the last cycle ends in August, of which the contract has no day: 6 of 28 days
    august = run_of(account, "2026-08")
    assert august == {"2026-07-14": [("2026-07-14/2026-07-19", "60.0000"), ("2026-07-14/2026-07-19", "0.0000")]}


def test_cycles_and_the_month_of_the_contract_after_them_bill_each_day_once(
    account: Account, operator: Operator
) -> None:
    in_cycles = version_in_force(document({**BASE, "amount": "280.00"}, PHONE, cycle="28_days"))
    sign(account, in_cycles, since=date(2026, 5, 4), until=date(2026, 6, 10))
    sign(account, version_in_force(document(BASE, PHONE)), since=date(2026, 6, 10))
    handle(account=account, operator=operator, started_at=datetime(2026, 6, 9, 9, tzinfo=UTC), talk=60)
    handle(account=account, operator=operator, started_at=datetime(2026, 6, 10, 9, tzinfo=UTC), talk=120)
    # 21 of 30 days by the month; 9 of the 28 that began on 1 June by the cycle
    assert run_of(account, "2026-06") == {
        "2026-06": [("2026-06-10/2026-06-30", "210.0000"), ("2026-06-10/2026-06-30", "2.0000")],
        "2026-06-01": [("2026-06-01/2026-06-09", "90.0000"), ("2026-06-01/2026-06-09", "1.0000")],
    }


def test_usage_of_another_period_is_not_late_on_an_issued_invoice(account: Account, operator: Operator) -> None:
    sign(account, version_in_force(document(BASE, PHONE)), since=date(2026, 5, 1), until=date(2026, 5, 16))
    sign(account, version_in_force(document(PHONE, cycle="28_days")), since=date(2026, 5, 16))
    handle(account=account, operator=operator, started_at=datetime(2026, 5, 20, 9, tzinfo=UTC), talk=60)
    at = datetime(2026, 7, 2, 12, tzinfo=UTC)
    for outcome in ("issued", "issued"):
        (told,) = run_invoices(period="2026-05", accounts=[account], at=at, issue=True, dry_run=False)
        assert (told.outcome, told.invoice["contacts"], told.invoice["late"]) == (outcome, 0, 0)


def test_a_contract_is_billed_by_the_cycle_of_the_version_that_binds_it_on_its_first_day(account: Account) -> None:
    version = version_in_force(document(BASE))
    later = actions.add_draft_version(
        tariff_id=version.tariff_id, document=document(BASE, cycle="28_days"), at=AT, actor_id=None
    )
    actions.put_in_force(version_id=later.pk, effective_from=date(2026, 5, 1), at=AT, actor_id=None)
    sign(account, later, since=date(2026, 5, 4))
    assert period_labels(account=account, month="2026-06") == ["2026-06-01"]


def test_the_bill_so_far_of_a_cycle_is_read_from_running_sums(account: Account, operator: Operator) -> None:
    sign(account, version_in_force(document(PHONE, cycle="28_days")), since=date(2026, 5, 4))
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
