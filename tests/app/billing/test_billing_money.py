"""Payments and wallets. Amounts under a flat fee of 100.00 and 21 % tax: 121.00 a month."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing import actions
from billing.bank_files import read_csv
from billing.models import (
    Invoice,
    MoneyEntry,
    MoneyMovement,
    Payment,
    PaymentSource,
)
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.models import Account, Role
from tests.app.billing.money import FLAT, LATER, issue, logged_in, pay, post, standing, wallet
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.factories import make_account


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
    # the payment is booked, and what it pays of the invoice; 79.00 stay in the wallet
    movements = list(MoneyMovement.objects.all())
    assert movements
    for movement in movements:
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
