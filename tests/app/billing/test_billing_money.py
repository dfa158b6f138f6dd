"""Payments, wallets, reminders and disputes. Amounts under a flat fee of 100.00 and 21 % tax: 121.00 a month."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from billing import actions
from billing.bank_files import read_csv
from billing.models import (
    BillingProfile,
    Dispute,
    Invoice,
    MoneyEntry,
    MoneyMovement,
    Payment,
    PaymentSource,
    Reminder,
)
from billing.money_owed import owed, wallet_balances
from billing.tasks import send_reminder, send_reminders
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.factories import make_account, make_user

FLAT: dict[str, Any] = {
    "name": "Flat",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}],
    "components": [{"code": "fee", "kind": "recurring", "name": {"en": "Fee"}, "amount": "100.00"}],
}
LATER = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def invoice(account: Account) -> Invoice:
    Account.objects.filter(pk=account.pk).update(billing_email="bills@clinic.example")
    sign(account, version_in_force(FLAT))
    return issue(account)


def issue(account: Account, period: str = "2026-06", at: datetime = AT) -> Invoice:
    draft = actions.build_draft(account_id=account.pk, period=period, at=at, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=at, actor_id=None, approve=True)


def pay(account: Account, amount: str, reference: str = "", key: str = "1") -> Payment:
    return actions.record_payment(
        account_id=account.pk,
        amount=Decimal(amount),
        currency="EUR",
        paid_on=date(2026, 7, 10),
        reference=reference,
        external_id=key,
        at=AT,
        actor_id=None,
    )


def standing(invoice: Invoice, on: date = date(2026, 7, 10)) -> tuple[str, str, str]:
    money = owed(invoice=invoice, on=on)
    return f"{money.paid:.2f}", f"{money.open:.2f}", str(money.state)


def wallet(account: Account) -> Decimal:
    return wallet_balances(account_id=account.pk).get("EUR", Decimal(0))


def test_payment_by_reference_pays_its_invoice(account: Account, invoice: Invoice) -> None:
    assert standing(invoice) == ("0.00", "121.00", "open")
    assert standing(invoice, on=date(2026, 7, 16)) == ("0.00", "121.00", "overdue")
    pay(account, "121.00", "Invoice INV-2026-00001")
    assert standing(invoice) == ("121.00", "0.00", "paid")
    assert wallet(account) == 0


def test_too_little_leaves_a_rest_and_too_much_stays_in_the_wallet(account: Account, invoice: Invoice) -> None:
    pay(account, "100.00", "INV-2026-00001")
    assert standing(invoice) == ("100.00", "21.00", "partly_paid")
    pay(account, "50.00", "INV-2026-00001", key="2")
    assert standing(invoice) == ("121.00", "0.00", "paid")
    assert wallet(account) == Decimal("29.00")


def test_wallet_pays_the_next_invoice_after_tax(account: Account, invoice: Invoice) -> None:
    pay(account, "200.00", "INV-2026-00001")
    july = issue(account, "2026-07", at=LATER)
    # 79.00 was left; tax is that of the whole invoice
    assert (july.tax, standing(july, on=date(2026, 8, 1))) == (Decimal("21.00"), ("79.00", "42.00", "partly_paid"))
    assert wallet(account) == 0


def test_same_payment_again_is_the_same_payment(account: Account, invoice: Invoice) -> None:
    assert pay(account, "10.00").pk == pay(account, "10.00").pk
    assert wallet(account) == Decimal("10.00")
    with pytest.raises(Conflict, match="another account"):
        pay(make_account(), "10.00")


@pytest.mark.parametrize("amount", ["0", "-1.00", "1.001"])
def test_amount_that_is_no_payment_is_refused(account: Account, amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        pay(account, amount)
    assert refused.value.field == "amount"
    assert not Payment.objects.exists()


def test_credit_note_on_a_paid_invoice_moves_the_surplus_into_the_wallet(account: Account, invoice: Invoice) -> None:
    pay(account, "121.00", "INV-2026-00001")
    actions.issue_credit_note(
        invoice_id=invoice.pk,
        amounts={1: Decimal("10.00")},
        reason_code="goodwill",
        reason="Sorry",
        at=AT,
        actor_id=None,
    )
    assert standing(invoice) == ("108.90", "0.00", "paid")
    assert wallet(account) == Decimal("12.10")
    actions.refund_wallet(account_id=account.pk, amount=Decimal("12.10"), currency="EUR", note="", at=AT, actor_id=None)
    assert wallet(account) == 0
    with pytest.raises(Conflict, match="wallet holds"):
        actions.refund_wallet(
            account_id=account.pk, amount=Decimal("0.01"), currency="EUR", note="", at=AT, actor_id=None
        )


def test_credit_note_on_an_unpaid_invoice_leaves_nothing_open(account: Account, invoice: Invoice) -> None:
    actions.issue_credit_note(
        invoice_id=invoice.pk, amounts=None, reason_code="cancellation", reason="Wrong", at=AT, actor_id=None
    )
    assert standing(invoice) == ("0.00", "0.00", "credited")
    assert wallet(account) == 0


def test_every_movement_sums_to_zero_and_is_kept(account: Account, invoice: Invoice) -> None:
    pay(account, "200.00", "INV-2026-00001")
    for movement in MoneyMovement.objects.all():
        assert sum(entry.amount for entry in movement.entries.all()) == 0
    for statement in (
        "UPDATE billing_moneyentry SET amount = amount + 1",
        "DELETE FROM billing_moneyentry",
        "UPDATE billing_moneymovement SET note = 'x'",
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def move_by_hand(account: Account, kind: str, legs: dict[str, str]) -> None:
    with transaction.atomic():
        movement = MoneyMovement.objects.create(account=account, kind=kind, moved_at=AT)
        for book, amount in legs.items():
            MoneyEntry.objects.create(
                account=account, movement=movement, book=book, currency="EUR", amount=Decimal(amount)
            )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_a_movement_that_does_not_sum_to_zero(account: Account) -> None:
    with pytest.raises(IntegrityError, match="not to zero"):
        move_by_hand(account, "payment", {"wallet": "1.00"})


def test_the_database_refuses_a_wallet_below_zero(account: Account) -> None:
    with pytest.raises(IntegrityError, match="wallet of account"):
        move_by_hand(account, "refund", {"wallet": "-1.00", "bank": "1.00"})


CSV = """date,amount,currency,reference,payer,id
2026-07-20,121.00,EUR,INV-2026-00001,Clinic,T1
2026-07-21,5.00,EUR,who knows,Nobody,T2
2026-07-22,-5.00,EUR,fee,Bank,T3
"""


def test_file_of_the_bank_is_matched_by_reference_and_harmless_twice(account: Account, invoice: Invoice) -> None:
    file = read_csv(text=CSV)
    first = actions.import_payments(file=file, source=PaymentSource.CSV, at=AT, actor_id=None)
    assert (first.matched, first.unmatched, first.known, len(first.skipped)) == (1, 1, 0, 1)
    again = actions.import_payments(file=file, source=PaymentSource.CSV, at=LATER, actor_id=None)
    assert (again.matched, again.unmatched, again.known) == (0, 0, 2)
    assert standing(invoice)[2] == "paid"
    waiting = Payment.objects.get(account__isnull=True)
    actions.match_payment(payment_id=waiting.pk, account_id=account.pk, at=AT, actor_id=None)
    assert wallet(account) == Decimal("5.00")
    with pytest.raises(Conflict, match="matched already"):
        actions.match_payment(payment_id=waiting.pk, account_id=account.pk, at=AT, actor_id=None)


def test_payment_that_names_invoices_of_two_accounts_waits_for_a_person(account: Account, invoice: Invoice) -> None:
    other = make_account(time_zone="UTC")
    sign(other, version_in_force(FLAT))
    issue(other)
    file = read_csv(text="date,amount,currency,reference\n2026-07-20,5,EUR,INV-2026-00001 INV-2026-00002\n")
    assert actions.import_payments(file=file, source=PaymentSource.CSV, at=AT, actor_id=None).unmatched == 1


def remind(invoice: Invoice, at: datetime) -> Reminder:
    return actions.write_reminder(invoice_id=invoice.pk, at=at, actor_id=None)


def test_reminders_rise_by_level_and_are_sent_in_the_clients_language(account: Account, invoice: Invoice) -> None:
    with pytest.raises(Conflict, match="Nothing of this invoice is overdue"):
        remind(invoice, at=datetime(2026, 7, 15, 12, tzinfo=UTC))
    due = datetime(2026, 7, 16, 12, tzinfo=UTC)
    first = remind(invoice, at=due)
    assert (first.level, first.recipient, first.subject) == (
        1,
        "bills@clinic.example",
        "Reminder: invoice INV-2026-00001",
    )
    assert "€121.00" in first.body
    with pytest.raises(Conflict, match="wait a week"):
        remind(invoice, at=due + timedelta(days=6))
    for week, level in ((1, 2), (2, 3)):
        assert remind(invoice, at=due + timedelta(weeks=week)).level == level
    with pytest.raises(Conflict, match="last reminder has been sent"):
        remind(invoice, at=due + timedelta(weeks=9))
    send_reminder(reminder_id=first.pk)
    send_reminders()
    assert [message.subject for message in mail.outbox] == [
        "Reminder: invoice INV-2026-00001",
        "Second reminder: invoice INV-2026-00001 is overdue",
        "Last reminder: invoice INV-2026-00001",
    ]
    assert mail.outbox[0].attachments[0].filename == "INV-2026-00001.pdf"
    assert not Reminder.objects.filter(sent_at__isnull=True).exists()


def test_a_reminder_that_another_worker_is_sending_does_not_leave_twice(account: Account, invoice: Invoice) -> None:
    reminder = remind(invoice, at=datetime(2026, 7, 16, 12, tzinfo=UTC))
    assert actions.take_mail(model=Reminder, mail_id=reminder.pk, at=timezone.now()) is not None
    send_reminder(reminder_id=reminder.pk)
    send_reminders()
    assert mail.outbox == []


@pytest.mark.parametrize("language", ["en", "ru", "es"])
def test_reminder_speaks_the_language_of_its_invoice(account: Account, language: str) -> None:
    Account.objects.filter(pk=account.pk).update(language=language, billing_email="b@c.example")
    sign(account, version_in_force(FLAT))
    reminder = remind(issue(Account.objects.get(pk=account.pk)), at=datetime(2026, 7, 20, tzinfo=UTC))
    assert reminder.subject.split(":")[0] == {"en": "Reminder", "ru": "Напоминание", "es": "Recordatorio"}[language]
    assert "{" not in reminder.body


def test_reminder_that_the_server_refuses_is_kept_with_its_error(
    account: Account, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**given: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr("billing.tasks.send_house_mail", refuse)
    reminder = remind(invoice, at=datetime(2026, 7, 20, tzinfo=UTC))
    send_reminder(reminder_id=reminder.pk)
    reminder.refresh_from_db()
    assert (reminder.sent_at, reminder.attempts, reminder.error) == (None, 1, "OSError: connection refused")


def test_paid_invoices_and_accounts_that_want_none_get_no_reminder(account: Account, invoice: Invoice) -> None:
    BillingProfile.objects.create(account=account, reminders=False)
    with pytest.raises(Conflict, match="gets no reminders"):
        remind(invoice, at=datetime(2026, 7, 20, tzinfo=UTC))
    pay(account, "121.00", "INV-2026-00001")
    with pytest.raises(Conflict, match="Nothing of this invoice"):
        remind(invoice, at=datetime(2026, 7, 20, tzinfo=UTC))
    assert not Reminder.objects.exists()


def logged_in(role: str, *accounts: Account) -> Client:
    client = Client()
    client.force_login(make_user(role, *accounts))
    return client


def post(client: Client, path: str, values: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", values, content_type="application/json")


def test_dispute_goes_from_the_clients_doubt_to_a_credit_note(account: Account, invoice: Invoice) -> None:
    line = invoice.lines.get()
    client, billing = logged_in(Role.CLIENT_ADMIN, account), logged_in(Role.BILLING_ADMIN)
    opened = post(client, f"invoice-lines/{line.pk}/dispute/", {"text": "We left in May."})
    assert (opened.status_code, opened.json()["state"]) == (201, "open")
    pk = opened.json()["id"]
    assert post(client, f"invoice-lines/{line.pk}/dispute/", {"text": "Again."}).status_code == 409
    assert post(billing, f"disputes/{pk}/messages/", {"text": "We look."}).json()["state"] == "answered"
    assert post(client, f"disputes/{pk}/messages/", {"text": "And?"}).json()["state"] == "open"
    refused = post(billing, f"disputes/{pk}/resolve/", {"text": "Yes", "credit": "100.01"})
    assert (refused.status_code, Dispute.objects.get().state) == (400, "open")
    resolved = post(billing, f"disputes/{pk}/resolve/", {"text": "You are right.", "credit": "40.00"}).json()
    assert (resolved["state"], resolved["credit_note_number"]) == ("credited", "CN-2026-00001")
    assert [message["is_staff"] for message in resolved["messages"]] == [False, True, False, True]
    assert post(client, f"disputes/{pk}/messages/", {"text": "Thanks"}).status_code == 409
    shown = client.get(f"/api/v1/invoices/{invoice.pk}/").json()
    assert (shown["credited"], shown["open"], shown["lines"][0]["credited"]) == ("-48.40", "72.60", "-40.00")


def test_viewer_reads_disputes_and_opens_none(account: Account, invoice: Invoice) -> None:
    line = invoice.lines.get()
    viewer, stranger = logged_in(Role.CLIENT_VIEWER, account), logged_in(Role.CLIENT_ADMIN, make_account())
    assert post(viewer, f"invoice-lines/{line.pk}/dispute/", {"text": "?"}).status_code == 403
    assert post(stranger, f"invoice-lines/{line.pk}/dispute/", {"text": "?"}).status_code == 404
    actions.open_dispute(line_id=line.pk, text="?", at=AT, actor_id=make_user(Role.CLIENT_ADMIN, account).pk)
    assert len(viewer.get("/api/v1/disputes/").json()["results"]) == 1
    assert stranger.get("/api/v1/disputes/").json()["results"] == []


def test_rejected_dispute_makes_no_document(account: Account, invoice: Invoice) -> None:
    person = make_user(Role.BILLING_ADMIN)
    dispute = actions.open_dispute(line_id=invoice.lines.get().pk, text="?", at=AT, actor_id=person.pk)
    with pytest.raises(Invalid):
        actions.resolve_dispute(dispute_id=dispute.pk, credit=None, text=" ", at=AT, actor_id=person.pk)
    actions.resolve_dispute(dispute_id=dispute.pk, credit=None, text="It is right.", at=AT, actor_id=person.pk)
    assert (Dispute.objects.get().state, Invoice.objects.count()) == ("rejected", 1)
    with open_account(make_account().pk), pytest.raises(NotFound):
        actions.answer_dispute(dispute_id=dispute.pk, text="x", is_staff=True, at=AT, actor_id=person.pk)


def test_payments_and_balance_over_the_api(account: Account, invoice: Invoice) -> None:
    billing, viewer = logged_in(Role.BILLING_ADMIN), logged_in(Role.CLIENT_VIEWER, account)
    file = SimpleUploadedFile("bank.csv", CSV.encode())
    assert billing.post("/api/v1/payments/import/", {"file": file}).json() == {
        "matched": 1,
        "unmatched": 1,
        "known": 0,
        "skipped": ["line 4: money that went out"],
    }
    waiting = billing.get("/api/v1/payments/?unmatched=1").json()["results"]
    assert [(row["amount"], row["payer"], row["account"]) for row in waiting] == [("5.00", "Nobody", None)]
    answer = post(billing, f"payments/{waiting[0]['id']}/match/", {"account": account.pk})
    assert answer.json()["account_name"] == account.name
    balance = viewer.get(f"/api/v1/balance/?account={account.pk}").json()["results"]
    assert balance == [{"currency": "EUR", "open": "0.00", "wallet": "5.00", "owed": "-5.00"}]
    bad = billing.post("/api/v1/payments/import/", {"file": SimpleUploadedFile("x", b"\xff\xfe")})
    assert bad.status_code == 400
    body = {"account": account.pk, "amount": "1.00", "currency": "EUR", "paid_on": "2026-07-01", "key": "k"}
    assert post(billing, "payments/", body).json()["id"] == post(billing, "payments/", body).json()["id"]
    assert post(billing, "wallet/settle/", {"account": account.pk, "currency": "EUR"}).json() == {"settled": 0}


class WalletOfAnAccount(RuleBasedStateMachine):
    """Payments, invoices, credit notes and refunds in any order: the money is never more or less than came in."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = transaction.atomic()
        self.inside.__enter__()
        self.scope = open_every_account(reason="a billing test")
        self.scope.__enter__()
        self.paid, self.month = Decimal(0), 0

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.inside.__exit__(None, None, None)

    @initialize()
    def signed(self) -> None:
        self.account = make_account(time_zone="UTC")
        sign(self.account, version_in_force(FLAT))

    @rule(cents=st.integers(1, 30_000), names=st.booleans())
    def money_comes_in(self, cents: int, names: bool) -> None:
        last = Invoice.objects.filter(kind="invoice").order_by("-pk").first()
        self.paid += Decimal(cents) / 100
        pay(self.account, str(Decimal(cents) / 100), str(last.number) if last and names else "", key=f"k{self.paid}")

    @rule()
    def a_month_is_invoiced(self) -> None:
        if self.month < 6:
            self.month += 1
            issue(self.account, f"2026-0{self.month}")

    @rule(cents=st.integers(1, 10_000))
    def something_is_credited(self, cents: int) -> None:
        last = Invoice.objects.filter(kind="invoice").order_by("-pk").first()
        if last is None:
            return
        with suppress(Invalid, Conflict):
            actions.issue_credit_note(
                invoice_id=last.pk, amounts={1: Decimal(cents) / 100}, reason_code="goodwill", reason="x", at=AT,
                actor_id=None,
            )  # fmt: skip

    @rule(cents=st.integers(1, 10_000))
    def money_goes_back(self, cents: int) -> None:
        amount = Decimal(cents) / 100
        if amount <= wallet(self.account):
            actions.refund_wallet(
                account_id=self.account.pk, amount=amount, currency="EUR", note="", at=AT, actor_id=None
            )
            self.paid -= amount

    @rule()
    def the_wallet_settles(self) -> None:
        actions.settle_from_wallet(account_id=self.account.pk, currency="EUR", at=AT, actor_id=None)

    @invariant()
    def money_is_where_it_went(self) -> None:
        if not hasattr(self, "account"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        on_invoices = Decimal(0)
        for invoice in Invoice.objects.filter(kind="invoice"):
            money = owed(invoice=invoice, on=AT.date())
            assert money.open >= 0
            on_invoices += money.paid
        assert wallet(self.account) >= 0
        assert wallet(self.account) + on_invoices == self.paid
        assert sum(entry.amount for entry in MoneyEntry.objects.all()) == 0


class TestWalletOfAnAccount(WalletOfAnAccount.TestCase, TestCase):  # type: ignore[name-defined,misc]
    """Runs the machine with Django's database."""

    settings = settings(max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))
