"""Writes of money: payments recorded and matched, invoices settled from the wallet, surplus and refunds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.actions.drafts import locked_account
from billing.bank_files import BankFile, Incoming, numbers_in
from billing.models import (
    Book,
    DocumentKind,
    Invoice,
    InvoiceStatus,
    Issuer,
    MoneyEntry,
    MoneyMovement,
    MovementKind,
    Payment,
    PaymentSource,
)
from billing.money import currency_digits, units_from_decimal
from billing.money_owed import open_invoices, owed, wallet_balances
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class Imported:
    """What reading a file of the bank did: payments matched to an account, kept for a person, known before, skipped."""

    matched: int
    unmatched: int
    known: int
    skipped: tuple[str, ...]


@transaction.atomic
def record_payment(
    *,
    account_id: int,
    amount: Decimal,
    currency: str,
    paid_on: date,
    reference: str,
    external_id: str,
    at: datetime,
    actor_id: int | None,
) -> Payment:
    """Record a payment by hand; it settles the invoices its reference names, the rest stays in the account's wallet.

    The same external_id again is the same payment. Invalid for an amount that is not above zero or too fine.
    """
    account = locked_account(account_id)
    _check_amount(amount=amount, currency=currency)
    payment, is_new = Payment.objects.get_or_create(
        external_id=external_id,
        defaults={
            "source": PaymentSource.MANUAL,
            "amount": amount,
            "currency": currency,
            "paid_on": paid_on,
            "reference": reference,
            "account": account,
            "recorded_at": at,
            "recorded_by_id": actor_id,
            "matched_at": at,
        },
    )
    if is_new:
        _book(payment=payment, account=account, at=at, actor_id=actor_id)
    elif payment.account_id != account.pk:
        raise Conflict("A payment with this id is recorded for another account.")
    return payment


def import_payments(*, file: BankFile, source: PaymentSource, at: datetime, actor_id: int | None) -> Imported:
    """Record the payments of a bank's file, each in a transaction of its own: those whose reference names invoices of
    one account are matched, the others wait for a person. A file read again changes nothing.
    """
    prefixes = list(Issuer.objects.values_list("number_prefix", flat=True))
    matched = unmatched = known = 0
    for incoming in file.payments:
        outcome = _import_one(incoming=incoming, source=source, prefixes=prefixes, at=at, actor_id=actor_id)
        matched += outcome == "matched"
        unmatched += outcome == "unmatched"
        known += outcome == "known"
    return Imported(matched=matched, unmatched=unmatched, known=known, skipped=file.skipped)


@transaction.atomic
def _import_one(
    *, incoming: Incoming, source: PaymentSource, prefixes: Iterable[str], at: datetime, actor_id: int | None
) -> str:
    payment = Payment(
        source=source,
        external_id=incoming.external_id,
        amount=incoming.amount,
        currency=incoming.currency,
        paid_on=incoming.paid_on,
        payer=incoming.payer,
        reference=incoming.reference,
        recorded_at=at,
        recorded_by_id=actor_id,
    )
    Payment.objects.bulk_create([payment], ignore_conflicts=True)
    stored = Payment.objects.select_for_update(of=("self",)).get(external_id=incoming.external_id)
    if (
        stored.recorded_at != at
        or stored.matched_at is not None
        or MoneyMovement.objects.filter(payment=stored).exists()
    ):
        return "known"
    numbers = numbers_in(reference=incoming.reference, prefixes=prefixes)
    accounts = {
        invoice.account_id
        for invoice in Invoice.objects.filter(number__in=numbers, currency=incoming.currency, kind=DocumentKind.INVOICE)
    }
    if len(accounts) != 1:
        return "unmatched"
    _match(payment=stored, account=locked_account(accounts.pop()), at=at, actor_id=actor_id)
    return "matched"


@transaction.atomic
def match_payment(*, payment_id: int, account_id: int, at: datetime, actor_id: int | None) -> Payment:
    """Say whose an unmatched payment is; Conflict where that is known."""
    account = locked_account(account_id)
    payment = Payment.objects.select_for_update(of=("self",)).filter(pk=payment_id).first()
    if payment is None:
        raise NotFound("There is no such payment.")
    if payment.account_id is not None:
        raise Conflict("The payment is matched already.")
    _match(payment=payment, account=account, at=at, actor_id=actor_id)
    return payment


@transaction.atomic
def settle_from_wallet(*, account_id: int, currency: str, at: datetime, actor_id: int | None) -> int:
    """Pay an account's open invoices from its wallet, the longest due first; return how many got money."""
    account = locked_account(account_id)
    return _settle(open_invoices(account_id=account.pk, currency=currency), at=at, actor_id=actor_id)


@transaction.atomic
def refund_wallet(
    *, account_id: int, amount: Decimal, currency: str, note: str, at: datetime, actor_id: int | None
) -> MoneyMovement:
    """Note that money went back to the account from its wallet; Conflict where the wallet holds less."""
    account = locked_account(account_id)
    _check_amount(amount=amount, currency=currency)
    balance = wallet_balances(account_id=account.pk).get(currency, Decimal(0))
    if amount > balance:
        raise Conflict(f"The wallet holds {balance} {currency}.", data={"balance": str(balance)})
    movement = _move(
        account_id=account.pk,
        kind=MovementKind.REFUND,
        currency=currency,
        legs=[(Book.WALLET, None, -amount), (Book.BANK, None, amount)],
        at=at,
        actor_id=actor_id,
        note=note,
    )
    data = {"amount": str(amount), "currency": currency}
    audit.record(action="wallet.refunded", target=movement, actor_id=actor_id, account_id=account.pk, data=data)
    return movement


def settle_document(*, invoice: Invoice, at: datetime, actor_id: int | None) -> None:
    """Settle what issuing a document changes, within its transaction: an invoice takes money from the wallet; what a
    credit note leaves overpaid goes into it.
    """
    if invoice.corrects is not None:
        left = owed(invoice=invoice.corrects, on=date.min)
        surplus = min(-left.open, left.paid)
        if surplus > 0:
            _move(
                account_id=invoice.account_id,
                kind=MovementKind.SURPLUS,
                currency=invoice.currency,
                legs=[(Book.INVOICE, invoice.corrects, -surplus), (Book.WALLET, None, surplus)],
                at=at,
                actor_id=actor_id,
            )
        return
    _settle([invoice], at=at, actor_id=actor_id)


def _match(*, payment: Payment, account: Account, at: datetime, actor_id: int | None) -> None:
    payment.account, payment.matched_at = account, at
    payment.save(update_fields=["account", "matched_at"])
    _book(payment=payment, account=account, at=at, actor_id=actor_id)


def _book(*, payment: Payment, account: Account, at: datetime, actor_id: int | None) -> None:
    """Put a payment into the wallet, and from there onto the invoices its reference names."""
    _move(
        account_id=account.pk,
        kind=MovementKind.PAYMENT,
        currency=payment.currency,
        legs=[(Book.BANK, None, -payment.amount), (Book.WALLET, None, payment.amount)],
        at=at,
        actor_id=actor_id,
        payment=payment,
    )
    data = {"amount": str(payment.amount), "currency": payment.currency, "reference": payment.reference}
    audit.record(action="payment.booked", target=payment, actor_id=actor_id, account_id=account.pk, data=data)
    numbers = numbers_in(
        reference=payment.reference, prefixes=list(Issuer.objects.values_list("number_prefix", flat=True))
    )
    named = Invoice.objects.filter(
        account=account,
        number__in=numbers,
        currency=payment.currency,
        status=InvoiceStatus.ISSUED,
        kind=DocumentKind.INVOICE,
    )
    _settle(named.order_by("due_on", "pk"), at=at, actor_id=actor_id)


def _settle(invoices: Iterable[Invoice], *, at: datetime, actor_id: int | None) -> int:
    settled = 0
    for invoice in invoices:
        balance = wallet_balances(account_id=invoice.account_id).get(invoice.currency, Decimal(0))
        amount = min(balance, owed(invoice=invoice, on=date.min).open)
        if amount <= 0:
            continue
        _move(
            account_id=invoice.account_id,
            kind=MovementKind.SETTLEMENT,
            currency=invoice.currency,
            legs=[(Book.WALLET, None, -amount), (Book.INVOICE, invoice, amount)],
            at=at,
            actor_id=actor_id,
        )
        settled += 1
    return settled


def _move(
    *,
    account_id: int,
    kind: MovementKind,
    currency: str,
    legs: Iterable[tuple[Book, Invoice | None, Decimal]],
    at: datetime,
    actor_id: int | None,
    payment: Payment | None = None,
    note: str = "",
) -> MoneyMovement:
    movement = MoneyMovement.objects.create(
        account_id=account_id, kind=kind, payment=payment, note=note, moved_at=at, moved_by_id=actor_id
    )
    MoneyEntry.objects.bulk_create(
        MoneyEntry(
            account_id=account_id, movement=movement, book=book, invoice=invoice, currency=currency, amount=amount
        )
        for book, invoice, amount in legs
    )
    return movement


def _check_amount(*, amount: Decimal, currency: str) -> None:
    if amount <= 0:
        raise Invalid("An amount is above zero.", field="amount")
    try:
        units_from_decimal(amount=amount, digits=currency_digits(currency=currency))
    except ValueError as error:
        raise Invalid(f"{error}.", field="amount") from error
