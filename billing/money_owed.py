"""Reads of money: what of an invoice is open, what is in a wallet, what an account owes.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db.models import QuerySet, Sum

from billing.booked import standing_invoices
from billing.models import Book, DocumentKind, Invoice, InvoiceStatus, MoneyEntry


class PaymentState(StrEnum):
    """How far an issued invoice is paid. Credited: nothing of it is owed, though nothing was paid."""

    DRAFT = "draft"
    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    CREDITED = "credited"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice's money: paid so far, and what is open after its credit notes (below zero: paid too much)."""

    paid: Decimal
    open: Decimal
    state: PaymentState


def owed_by_invoice(*, invoices: Iterable[Invoice], on: date) -> dict[int, Owed]:
    """Return the money of documents by id, in one query for the payments and one for the credits."""
    rows = list(invoices)
    ids = [invoice.pk for invoice in rows]
    entries = MoneyEntry.objects.filter(invoice__in=ids).values_list("invoice_id").annotate(total=Sum("amount"))
    paid = dict(entries)
    notes = Invoice.objects.filter(corrects__in=ids, status=InvoiceStatus.ISSUED).order_by()
    credited = dict(notes.values_list("corrects_id").annotate(total=Sum("total")))
    return {
        invoice.pk: _owed(
            invoice, paid=paid.get(invoice.pk, Decimal(0)), credited=credited.get(invoice.pk, Decimal(0)), on=on
        )
        for invoice in rows
    }


def owed(*, invoice: Invoice, on: date) -> Owed:
    """Return the money of one document."""
    return owed_by_invoice(invoices=[invoice], on=on)[invoice.pk]


def _owed(invoice: Invoice, *, paid: Decimal, credited: Decimal, on: date) -> Owed:
    if invoice.status != InvoiceStatus.ISSUED:
        return Owed(paid=Decimal(0), open=Decimal(0), state=PaymentState.DRAFT)
    if invoice.kind == DocumentKind.CREDIT_NOTE:
        return Owed(paid=Decimal(0), open=Decimal(0), state=PaymentState.CREDITED)
    left = invoice.total + credited - paid
    if left <= 0:
        state = PaymentState.CREDITED if credited and not paid else PaymentState.PAID
    elif invoice.due_on is not None and invoice.due_on < on:
        state = PaymentState.OVERDUE
    else:
        state = PaymentState.PARTLY_PAID if paid else PaymentState.OPEN
    return Owed(paid=paid, open=left, state=state)


def open_invoices(*, account_id: int, currency: str) -> list[Invoice]:
    """Return an account's issued invoices with money open, the longest due first."""
    found = list(_payable().filter(account_id=account_id, currency=currency).order_by("due_on", "pk"))
    money = owed_by_invoice(invoices=found, on=date.min)
    return [invoice for invoice in found if money[invoice.pk].open > 0]


def overdue_invoices(*, on: date) -> list[Invoice]:
    """Return the invoices within reach that are past due with money open, the longest due first."""
    found = list(_payable().filter(due_on__lt=on).select_related("account").order_by("due_on", "pk"))
    money = owed_by_invoice(invoices=found, on=on)
    return [invoice for invoice in found if money[invoice.pk].open > 0]


def _payable() -> QuerySet[Invoice]:
    return standing_invoices().filter(total__gt=0)


def wallet_balances(*, account_id: int) -> dict[str, Decimal]:
    """Return what is in an account's wallet, by currency."""
    rows = MoneyEntry.objects.filter(account_id=account_id, book=Book.WALLET).values_list("currency")
    return dict(rows.annotate(total=Sum("amount")).order_by("currency"))


def open_balances(*, account_id: int) -> dict[str, Decimal]:
    """Return what an account owes on its invoices, by currency, before what is in its wallet."""
    invoices = list(standing_invoices().filter(account_id=account_id))
    money = owed_by_invoice(invoices=invoices, on=date.min)
    found: dict[str, Decimal] = {}
    for invoice in invoices:
        found[invoice.currency] = found.get(invoice.currency, Decimal(0)) + money[invoice.pk].open
    return found
