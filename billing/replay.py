"""Compute an invoice again from its own snapshot: its terms, its contacts' rows, its parties. Reads only."""

from billing.booked import credit_note_hash, creditable
from billing.crediting import Credit, credit_lines
from billing.models import DocumentKind, Invoice, InvoiceLine, InvoiceLineUsage
from billing.money import units_from_decimal
from billing.pricing import Bill, price_period
from billing.queries import USAGE_COLUMNS, usage_from_row
from billing.rating import Usage
from billing.snapshot import chain_hash, content_hash, restore_segment


def replay_bill(*, invoice: Invoice) -> Bill:
    """Return the bill that the invoice's snapshot gives today: the engine run again on its terms and usage lines."""
    by_segment: dict[str, list[Usage]] = {segment["key"]: [] for segment in invoice.tariff}
    rows = InvoiceLineUsage.objects.filter(line__invoice=invoice).order_by("line__position", "position")
    columns = [f"usage_line__{name}" for name in USAGE_COLUMNS]
    for segment, *row in rows.values_list("line__segment", *columns).iterator(chunk_size=5000):
        by_segment[segment].append(usage_from_row(tuple(row)))
    return price_period(
        segments=[restore_segment(document=document, usage=by_segment[document["key"]]) for document in invoice.tariff]
    )


def replay_credit(*, note: Invoice) -> Credit:
    """Return the amounts of a credit note computed again from the invoice it corrects and the notes before it."""
    if note.corrects is None:
        raise ValueError("a credit note corrects an invoice")
    lines, taxes = creditable(invoice=note.corrects, before=note)
    amounts = InvoiceLine.objects.filter(invoice=note).values_list("credits__position", "amount")
    wanted = {position: -units_from_decimal(amount=amount, digits=note.digits) for position, amount in amounts}
    return credit_lines(lines=lines, taxes=taxes, wanted=wanted)


def replay_hash(*, invoice: Invoice) -> str:
    """Return the content hash of the replayed document; for an untouched one it equals invoice.content_hash."""
    if invoice.kind == DocumentKind.CREDIT_NOTE:
        return credit_note_hash(note=invoice, credit=replay_credit(note=invoice))
    return bill_hash(invoice=invoice, bill=replay_bill(invoice=invoice))


def bill_hash(*, invoice: Invoice, bill: Bill) -> str:
    """Return the content hash of an invoice with this bill."""
    return content_hash(
        bill=bill,
        unpriced=invoice.unpriced,
        segments=invoice.tariff,
        language=invoice.language,
        period=invoice.period,
        seller=invoice.seller,
        buyer=invoice.buyer,
    )


def replay_chain(*, invoice: Invoice) -> str:
    """Return the link of an issued document to the one before, computed again from what it says."""
    if invoice.number is None or invoice.issued_at is None or invoice.due_on is None:
        raise ValueError("only an issued document is in the chain")
    return chain_hash(
        previous=invoice.previous_hash,
        number=invoice.number,
        issued_at=invoice.issued_at,
        due_on=invoice.due_on,
        content=invoice.content_hash,
    )
