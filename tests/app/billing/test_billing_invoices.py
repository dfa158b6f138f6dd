"""Drafts, issuing, and what the database keeps. Amounts are worked by hand under the tariff CARE (rows.py)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing import actions
from billing.account_periods import account_period
from billing.explanation import explain_contact
from billing.models import Invoice, InvoiceLine, InvoiceLineUsage, NumberSeries, ParkedBill, TariffVersion, UsageLine
from billing.queries import NothingToBill, Unbillable, UsageWithoutTariff, account_bill, contact_explanation
from billing.replay import replay_hash
from billing.runs import run_invoices
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.operators.models import Operator
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, CARE, accept, allocate_again, sign, version_in_force
from tests.app.factories import make_account, make_operator

Serve = Callable[..., Interaction]


@pytest.fixture
def june(account: Account, serve: Serve) -> Account:
    """85 s of talk and hold (120 s billed), 30 s (60 s billed), two chats; 60 s included.

    Phone: (120 + 60 - 60) s at 1.00 a minute = 2.00; chats 2 x 1.90 = 3.80; net 5.80; 21 % = 1.218, so 1.22.
    """
    sign(account, version_in_force())
    serve(talk=70, hold=15, wrap=20)
    serve(talk=30, started_at=datetime(2026, 6, 20, 9, tzinfo=UTC))
    for hour in (10, 11):
        serve(channel="chat", focus=100, open=50, started_at=datetime(2026, 6, 11, hour, tzinfo=UTC))
    actions.collect_pending(at=AT)
    return account


def draft(account: Account, period: str = "2026-06") -> Invoice:
    return actions.build_draft(account_id=account.pk, period=period, at=AT, actor_id=None).invoice


def test_draft_holds_lines_contacts_taxes_and_totals(june: Account) -> None:
    invoice = draft(june)
    assert (invoice.status, invoice.number, invoice.currency) == ("draft", None, "EUR")
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("5.80"), Decimal("1.22"), Decimal("7.02"))
    assert invoice.taxes == [{"code": "vat", "category": "S", "percent": "21", "base": "5.80", "amount": "1.22"}]
    lines = list(invoice.lines.order_by("position"))
    assert [(line.code, line.name, line.amount) for line in lines] == [
        ("phone", "Phone", Decimal("2.00")),
        ("rest", "Written contacts", Decimal("3.80")),
    ]
    phone = list(lines[0].contacts.order_by("position").values_list("raw", "billed", "included", "charged", "amount"))
    assert phone == [
        (85_000, 120_000, 60_000, 60_000, Decimal("1.00")),
        (30_000, 60_000, 0, 60_000, Decimal("1.00")),
    ]
    assert lines[0].explanation["rounding"] == 65_000
    assert invoice.buyer["legal_name"] == "Green Clinic S.L."


def test_accrual_and_invoice_are_the_same_bill(june: Account) -> None:
    accrued = account_bill(account=june, period=account_period(account=june, label="2026-06")).bill
    invoice = draft(june)
    assert accrued.money(units=accrued.total_units) == invoice.total
    assert [line.amount for line in accrued.lines] == [line.amount for line in invoice.lines.order_by("position")]


def test_building_again_without_new_usage_changes_nothing(june: Account) -> None:
    first = draft(june)
    rows = list(InvoiceLine.objects.order_by("pk").values())
    again = actions.build_draft(account_id=june.pk, period="2026-06", at=AT + timedelta(hours=1), actor_id=None)
    assert (again.invoice.pk, again.outcome) == (first.pk, "unchanged")
    assert list(InvoiceLine.objects.order_by("pk").values()) == rows


def test_building_again_after_new_usage_replaces_the_lines(june: Account, serve: Serve) -> None:
    first = draft(june)
    serve(talk=61, started_at=datetime(2026, 6, 21, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    again = actions.build_draft(account_id=june.pk, period="2026-06", at=AT, actor_id=None)
    assert (again.invoice.pk, again.outcome) == (first.pk, "rebuilt")
    assert again.invoice.net == Decimal("7.80")
    assert InvoiceLine.objects.count() == 2
    assert InvoiceLineUsage.objects.count() == 5


def test_issued_invoice_has_the_next_number_of_the_year_and_a_due_date(june: Account) -> None:
    invoice = actions.issue_invoice(invoice_id=draft(june).pk, at=AT, actor_id=None, approve=True)
    assert (invoice.number, invoice.sequence, invoice.status) == ("INV-2026-00001", 1, "issued")
    assert (invoice.issued_at, invoice.due_on) == (AT, date(2026, 7, 15))
    assert AuditEntry.objects.filter(action="invoice.issued", target_id=invoice.pk, account_id=june.pk).count() == 1


def test_issuing_twice_gives_the_same_invoice(june: Account) -> None:
    pk = draft(june).pk
    actions.issue_invoice(invoice_id=pk, at=AT, actor_id=None, approve=True)
    again = actions.issue_invoice(invoice_id=pk, at=AT + timedelta(days=1), actor_id=None, approve=True)
    assert again.issued_at == AT
    assert NumberSeries.objects.get().next_number == 2


def test_replay_of_an_issued_invoice_gives_its_hash_whatever_changes_later(june: Account, serve: Serve) -> None:
    invoice = actions.issue_invoice(invoice_id=draft(june).pk, at=AT, actor_id=None, approve=True)
    version = TariffVersion.objects.get()
    dearer = {**CARE, "components": [{**CARE["components"][0], "rate_per_minute": "9"}]}
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=dearer, at=AT, actor_id=None)
    actions.put_in_force(version_id=later.pk, effective_from=date(2026, 7, 1), at=AT, actor_id=None)
    Account.objects.filter(pk=june.pk).update(legal_name="Renamed", time_zone="Asia/Tokyo", language="ru")
    allocate_again(Interaction.objects.filter(channel="voice").earliest("pk"), talk=500)
    actions.collect_pending(at=AT)
    assert replay_hash(invoice=Invoice.objects.get()) == invoice.content_hash


def test_a_replay_shows_a_tampered_contact(june: Account) -> None:
    invoice = actions.issue_invoice(invoice_id=draft(june).pk, at=AT, actor_id=None, approve=True)
    UsageLine.objects.filter(channel="voice").update(talk_ms=1)
    assert replay_hash(invoice=invoice) != invoice.content_hash


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoice SET total = total + 1, net = net + 1",
        "UPDATE billing_invoice SET status = 'draft', number = NULL, issued_at = NULL",
        "DELETE FROM billing_invoice",
        "UPDATE billing_invoiceline SET amount = 0",
        "DELETE FROM billing_invoiceline",
        "UPDATE billing_invoicelineusage SET amount = 0",
        "DELETE FROM billing_invoicelineusage",
        "INSERT INTO billing_invoiceline (account_id, invoice_id, position, kind, code, name, segment, tax_code, "
        "amount, explanation) SELECT account_id, id, 9, 'usage', 'x', 'x', '', 'vat', 1, '{}' FROM billing_invoice",
    ],
)
def test_the_database_refuses_to_change_an_issued_invoice(june: Account, statement: str) -> None:
    invoice = actions.issue_invoice(invoice_id=draft(june).pk, at=AT, actor_id=None, approve=True)
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert replay_hash(invoice=Invoice.objects.get()) == invoice.content_hash


@pytest.mark.parametrize(
    "statement", ["UPDATE billing_tariffversion SET document = '{}'", "DELETE FROM billing_tariffversion"]
)
def test_the_database_refuses_to_change_a_version_in_force(statement: str) -> None:
    version = version_in_force()
    refused = pytest.raises(DatabaseError, match="is in force and never changes")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert TariffVersion.objects.get().document == version.document


def test_stale_draft_is_not_issued(june: Account, serve: Serve) -> None:
    pk = draft(june).pk
    serve(talk=61, started_at=datetime(2026, 6, 21, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    with pytest.raises(Conflict, match="out of date"):
        actions.issue_invoice(invoice_id=pk, at=AT, actor_id=None, approve=True)
    assert Invoice.objects.get().status == "draft"
    assert not NumberSeries.objects.exists()


def test_running_period_is_not_issued(june: Account) -> None:
    # in Madrid June ends at 22:00 UTC of its last day
    pk = draft(june).pk
    with pytest.raises(Conflict, match="has not ended yet in Europe/Madrid"):
        actions.issue_invoice(invoice_id=pk, at=datetime(2026, 6, 30, 21, 59, tzinfo=UTC), actor_id=None, approve=True)
    assert actions.issue_invoice(
        invoice_id=pk, at=datetime(2026, 6, 30, 22, tzinfo=UTC), actor_id=None, approve=True
    ).number


def test_rollback_leaves_no_gap_in_the_numbers(june: Account) -> None:
    pk = draft(june).pk
    with transaction.atomic():
        assert actions.issue_invoice(invoice_id=pk, at=AT, actor_id=None, approve=True).sequence == 1
        transaction.set_rollback(True)
    assert actions.issue_invoice(invoice_id=pk, at=AT, actor_id=None, approve=True).sequence == 1


def test_draft_can_be_discarded_and_an_issued_invoice_cannot(june: Account) -> None:
    actions.discard_draft(invoice_id=draft(june).pk, actor_id=None)
    assert not Invoice.objects.exists()
    invoice = actions.issue_invoice(invoice_id=draft(june).pk, at=AT, actor_id=None, approve=True)
    with pytest.raises(Conflict, match="never changes"):
        actions.discard_draft(invoice_id=invoice.pk, actor_id=None)
    assert Invoice.objects.exists()


def test_contact_at_the_local_turn_of_the_month_is_billed_once(account: Account, serve: Serve) -> None:
    sign(account, version_in_force())
    # 22:30 UTC on 30 June is 00:30 on 1 July in Madrid
    serve(talk=60, started_at=datetime(2026, 6, 30, 22, 30, tzinfo=UTC))
    serve(talk=60, started_at=datetime(2026, 6, 30, 21, 30, tzinfo=UTC))
    actions.collect_pending(at=AT)
    june, july = draft(account, "2026-06"), draft(account, "2026-07")
    assert [InvoiceLineUsage.objects.filter(line__invoice=invoice).count() for invoice in (june, july)] == [1, 1]


def test_no_usage_line_is_on_two_invoices(june: Account) -> None:
    invoice = draft(june)
    contact = InvoiceLineUsage.objects.filter(line__invoice=invoice).first()
    assert contact is not None
    contact.pk, contact.position = None, 99
    with pytest.raises(IntegrityError), transaction.atomic():
        contact.save()


def test_new_contract_in_mid_month_is_prorated_and_pays_the_set_up_fee(account: Account, serve: Serve) -> None:
    document = {
        "name": "Plan",
        "currency": "EUR",
        "components": [
            {"code": "monthly", "kind": "recurring", "amount": "100"},
            {"code": "start", "kind": "set_up", "amount": "50"},
            {"code": "all", "kind": "per_minute", "rate_per_minute": "1"},
        ],
    }
    sign(account, version_in_force(document), since=date(2026, 6, 16))
    serve(talk=60, started_at=datetime(2026, 6, 16, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    lines = {line.code: line.amount for line in draft(account).lines.all()}
    assert lines == {"monthly": Decimal("50.00"), "start": Decimal("50.00"), "all": Decimal("1.00")}
    july = {line.code: line.amount for line in draft(account, "2026-07").lines.all()}
    assert july == {"monthly": Decimal("100.00"), "all": Decimal("0.00")}


def test_new_version_in_mid_month_prices_from_its_day(account: Account, serve: Serve) -> None:
    def document(price: str) -> dict[str, Any]:
        return {
            "name": "P",
            "currency": "EUR",
            "components": [{"code": "m", "kind": "per_minute", "rate_per_minute": price}],
        }

    version = version_in_force(document("1"))
    sign(account, version)
    later = actions.add_draft_version(tariff_id=version.tariff_id, document=document("2"), at=AT, actor_id=None)
    accept(account, actions.put_in_force(version_id=later.pk, effective_from=date(2026, 6, 16), at=AT, actor_id=None))
    for day in (15, 16):
        serve(talk=60, started_at=datetime(2026, 6, day, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    lines = list(draft(account).lines.order_by("position").values_list("segment", "amount"))
    assert lines == [("2026-06-01/2026-06-15", Decimal("1.00")), ("2026-06-16/2026-06-30", Decimal("2.00"))]


def test_account_without_tariff_has_nothing_to_bill_unless_it_was_served(account: Account, serve: Serve) -> None:
    with pytest.raises(NothingToBill):
        draft(account)
    serve(talk=60)
    actions.collect_pending(at=AT)
    with pytest.raises(UsageWithoutTariff, match="1 contacts of Green Clinic in 2026-06"):
        draft(account)
    assert not Invoice.objects.exists()


def test_period_that_is_no_month_is_refused(account: Account) -> None:
    with pytest.raises(Invalid, match="YYYY-MM") as refused:
        draft(account, "June")
    assert refused.value.field == "period"


def test_account_out_of_reach_is_not_found(june: Account) -> None:
    other = make_account()
    invoice = draft(june)
    with open_account(other.pk):
        with pytest.raises(NotFound):
            draft(june)
        with pytest.raises(NotFound):
            actions.issue_invoice(invoice_id=invoice.pk, at=AT, actor_id=None, approve=True)


def run(*accounts: Account, issue: bool = False, dry_run: bool = False) -> dict[str, str]:
    outcomes = run_invoices(period="2026-06", accounts=accounts, at=AT, issue=issue, dry_run=dry_run)
    return {outcome.account.name: outcome.outcome for outcome in outcomes}


def test_bill_run_parks_a_failing_account_and_goes_on(june: Account, operator: Operator) -> None:
    failing, idle = make_account("Unsigned"), make_account("Idle")
    from tests.app.billing.rows import handle

    handle(account=failing, operator=make_operator(failing), talk=60)
    assert run(failing, june, idle, issue=True) == {
        "Unsigned": "parked",
        "Green Clinic": "issued",
        "Idle": "nothing_to_bill",
    }
    parked = ParkedBill.objects.get()
    assert (parked.account_id, parked.period) == (failing.pk, "2026-06")
    assert "without a tariff" in parked.reason
    sign(failing, version_in_force())
    assert run(failing, issue=True) == {"Unsigned": "issued"}
    assert not ParkedBill.objects.exists()
    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == [1, 2]


def test_bill_run_twice_bills_nothing_twice(june: Account) -> None:
    assert run(june) == {"Green Clinic": "created"}
    assert run(june) == {"Green Clinic": "unchanged"}
    assert run(june, issue=True) == {"Green Clinic": "issued"}
    assert run(june, issue=True) == {"Green Clinic": "issued"}
    assert Invoice.objects.count() == 1


def test_dry_run_says_what_would_happen_and_changes_nothing(june: Account) -> None:
    assert run(june, issue=True, dry_run=True) == {"Green Clinic": "issued"}
    assert not Invoice.objects.exists()
    assert not NumberSeries.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="invoice.").exists()


def test_late_usage_is_told_and_left_off_the_issued_invoice(june: Account, serve: Serve) -> None:
    run(june, issue=True)
    serve(talk=60, started_at=datetime(2026, 6, 21, 9, tzinfo=UTC))
    (outcome,) = run_invoices(period="2026-06", accounts=[june], at=AT, issue=True, dry_run=False)
    assert outcome.as_dict()["late"] == 1
    assert Invoice.objects.get().total == Decimal("7.02")


def test_stored_explanation_of_a_contact_is_the_one_the_engine_told(june: Account) -> None:
    invoice = draft(june)
    bill = account_bill(account=june, period=account_period(account=june, label="2026-06")).bill
    told = [explain_contact(line=line, contact=contact) for line in bill.lines for contact in line.contacts]
    rows = InvoiceLineUsage.objects.filter(line__invoice=invoice).select_related("line", "usage_line")
    stored = [contact_explanation(contact=row, digits=2) for row in rows.order_by("line__position", "position")]
    assert stored == told
    assert len(stored) == 4


def test_contact_that_no_rate_fits_is_counted_and_not_charged(account: Account, serve: Serve) -> None:
    document = {**CARE, "components": [CARE["components"][0]]}
    sign(account, version_in_force(document))
    serve(channel="chat", focus=100)
    actions.collect_pending(at=AT)
    invoice = actions.issue_invoice(invoice_id=draft(account).pk, at=AT, actor_id=None, approve=True)
    assert (invoice.unpriced, invoice.total) == (1, Decimal("0.00"))
    assert replay_hash(invoice=invoice) == invoice.content_hash
    (outcome,) = run_invoices(period="2026-06", accounts=[account], at=AT, issue=True, dry_run=False)
    assert (outcome.as_dict()["unpriced"], outcome.as_dict()["late"]) == (1, 0)


def test_an_unforeseen_failure_parks_the_account_and_is_logged(
    june: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**given: Any) -> None:
        raise ZeroDivisionError("a fault nobody thought of")

    monkeypatch.setattr("billing.actions.drafts.account_bill", fail)
    assert run(june) == {"Green Clinic": "parked"}
    assert ParkedBill.objects.get().reason == "ZeroDivisionError: a fault nobody thought of"
    assert "could not be billed" in caplog.text


def test_an_account_with_a_bad_time_zone_is_parked(june: Account) -> None:
    Account.objects.filter(pk=june.pk).update(time_zone="Mars/Olympus")
    june.refresh_from_db()
    assert run(june) == {"Green Clinic": "parked"}
    assert "'Mars/Olympus' is not a time zone" in ParkedBill.objects.get().reason


def test_a_month_priced_in_two_currencies_is_refused(account: Account) -> None:
    sign(account, version_in_force(), until=date(2026, 6, 16))
    sign(account, version_in_force({**CARE, "currency": "USD"}), since=date(2026, 6, 16))
    with pytest.raises(Unbillable, match="for 2026-06: one period is priced in EUR and USD"):
        draft(account)
    assert run(account) == {"Green Clinic": "parked"}
    assert not Invoice.objects.exists()
