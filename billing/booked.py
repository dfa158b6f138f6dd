"""Reads of what is booked: issued invoices, what their credit notes took back, and what of them is left.

Every function runs inside an account scope that its caller has opened.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.crediting import Credit, CreditableLine, CreditableTax
from billing.models import CreditReason, DocumentKind, Invoice, InvoiceLine, InvoiceStatus
from billing.money import decimal_from_units, units_from_decimal
from billing.replay_file import credit_content_hash


def cancellations() -> QuerySet[Invoice]:
    """Return the credit notes that cancel the invoice of an outer query."""
    return Invoice.objects.filter(corrects=OuterRef("pk"), reason_code=CreditReason.CANCELLATION)


def standing_invoices() -> QuerySet[Invoice]:
    """Return issued invoices that no credit note has cancelled."""
    return Invoice.objects.filter(~Exists(cancellations()), kind=DocumentKind.INVOICE, status=InvoiceStatus.ISSUED)


def standing_invoice(*, account_id: int, period: str) -> Invoice | None:
    """Return the invoice by which a period is billed, if it is."""
    return standing_invoices().filter(account_id=account_id, period=period).order_by("-revision").first()


def is_cancelled(*, invoice: Invoice) -> bool:
    """Say whether a credit note took the whole invoice back."""
    return Invoice.objects.filter(corrects=invoice, reason_code=CreditReason.CANCELLATION).exists()


def invoices_for(*, account_id: int | None, include_drafts: bool) -> QuerySet[Invoice]:
    """Return the documents within reach, newest first; clients are shown issued ones alone.

    Each with `cancelled`, and `credited`, the sum of its credit notes, below zero.
    """
    found = Invoice.objects.select_related("account", "corrects", "approved_by").order_by("-period_start", "-id")
    if not include_drafts:
        found = found.filter(status=InvoiceStatus.ISSUED)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    notes = Invoice.objects.filter(corrects=OuterRef("pk"), status=InvoiceStatus.ISSUED).order_by()
    total = notes.values("corrects").annotate(total=Sum("total")).values("total")
    return found.annotate(cancelled=Exists(cancellations()), credited=Coalesce(Subquery(total), Decimal(0)))


def creditable(*, invoice: Invoice, before: Invoice | None = None) -> tuple[list[CreditableLine], list[CreditableTax]]:
    """Return an issued invoice's lines and taxes with what its credit notes took back, those before one of them."""
    notes = Invoice.objects.filter(corrects=invoice, status=InvoiceStatus.ISSUED)
    if before is not None:
        notes = notes.filter(pk__lt=before.pk)
    sums = InvoiceLine.objects.filter(invoice__in=notes).values_list("credits_id").annotate(total=Sum("amount"))
    credited = dict(sums)
    taxed: dict[str, int] = {}
    for taxes in notes.values_list("taxes", flat=True):
        for tax in taxes:
            taxed[tax["code"]] = taxed.get(tax["code"], 0) + _units(invoice, tax["amount"])
    lines = [
        CreditableLine(
            position=line.position,
            tax_code=line.tax_code,
            units=_units(invoice, line.amount),
            credited_units=_units(invoice, credited.get(line.pk, 0)),
        )
        for line in InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    ]
    return lines, [
        CreditableTax(
            code=tax["code"],
            percent=Fraction(tax["percent"]),
            units=_units(invoice, tax["amount"]),
            credited_units=taxed.get(tax["code"], 0),
        )
        for tax in invoice.taxes
    ]


# what a credit note has of the invoice it corrects
COPIED = ("period", "revision", "period_start", "period_end", "language", "time_zone", "currency", "digits")


def credit_fields(*, invoice: Invoice, credit: Credit) -> dict[str, Any]:
    """Return the columns of a credit note that its amounts give."""

    def money(units: int) -> Decimal:
        return decimal_from_units(units=units, digits=invoice.digits)

    by_code = {tax["code"]: tax for tax in invoice.taxes}
    return {
        "net": money(credit.net_units),
        "tax": money(credit.tax_units),
        "total": money(credit.net_units + credit.tax_units),
        "taxes": [
            by_code[code] | {"base": str(money(base)), "amount": str(money(units))}
            for code, base, units in credit.taxes
        ],
    }


def credit_note_document(*, note: Invoice) -> dict[str, Any]:
    """Return what a credit note says of itself, as its hash and its replay file take it."""
    invoice = note.corrects
    if invoice is None:
        raise ValueError("a credit note corrects an invoice")
    return {
        "corrects": {"number": invoice.number, "hash": invoice.content_hash},
        "reason": [note.reason_code, note.reason],
        "language": note.language,
        "currency": note.currency,
        "digits": note.digits,
        "seller": note.seller,
        "buyer": note.buyer,
    }


def credit_note_hash(*, note: Invoice, credit: Credit) -> str:
    """Return the content hash of a credit note with these amounts."""
    invoice = note.corrects
    if invoice is None:
        raise ValueError("a credit note corrects an invoice")
    categories = {tax["code"]: tax for tax in invoice.taxes}
    return credit_content_hash(document=credit_note_document(note=note), credit=credit, categories=categories)


def _units(invoice: Invoice, amount: object) -> int:
    return units_from_decimal(amount=Decimal(str(amount)), digits=invoice.digits)
