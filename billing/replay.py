"""Compute an invoice again from its own snapshot: its terms, its contacts' rows, its parties. Reads only."""

import json
from dataclasses import asdict
from typing import Any

from billing.booked import credit_note_document, credit_note_hash, creditable
from billing.correction_lines import corrected
from billing.crediting import Credit, credit_lines
from billing.late import price_snapshot
from billing.models import DocumentKind, Invoice, InvoiceLine, InvoiceLineUsage
from billing.money import exact_text, units_from_decimal
from billing.pricing import Bill
from billing.replay_file import FORMAT, usage_row
from billing.snapshot import chain_hash, content_hash
from billing.usage import FACTS, Usage, in_order, usage_from_row
from contactcenter.kernel.intervals import as_text


def replay_bill(*, invoice: Invoice) -> Bill:
    """Return the bill that the invoice's snapshot gives today: the engine run again on its terms and usage lines."""
    bill = price_snapshot(invoice=invoice, usage=usage_by_segment(invoice))
    return corrected(bill=bill, corrections=invoice.corrections)


def usage_by_segment(invoice: Invoice) -> dict[str, list[Usage]]:
    """Return the contacts on an invoice by the key of their segment."""
    by_segment: dict[str, list[Usage]] = {segment["key"]: [] for segment in invoice.tariff}
    rows = InvoiceLineUsage.objects.filter(line__invoice=invoice).order_by("line__position", "position")
    columns = [f"usage_line__{name}" for name in FACTS]
    for segment, *row in rows.values_list("line__segment", *columns).iterator(chunk_size=5000):
        by_segment[segment].append(usage_from_row(tuple(row)))
    return by_segment


def replay_file(*, invoice: Invoice) -> str:
    """Return an issued document with all it was computed from, for `manage.py rate --replay`."""
    said = {
        "number": invoice.number,
        "issued_at": as_text(invoice.issued_at) if invoice.issued_at else None,
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
        "content_hash": invoice.content_hash,
        "previous_hash": invoice.previous_hash,
        "chain_hash": invoice.chain_hash,
    }
    held: dict[str, Any]
    if invoice.corrects is not None:
        lines, taxes = creditable(invoice=invoice.corrects, before=invoice)
        held = {
            "document": credit_note_document(note=invoice) | said,
            "lines": [asdict(line) for line in lines],
            "taxes": [asdict(tax) | {"percent": exact_text(value=tax.percent)} for tax in taxes],
            "wanted": _wanted(invoice),
            "categories": {tax["code"]: tax for tax in invoice.corrects.taxes},
        }
    else:
        facts = ("period", "language", "currency", "digits", "unpriced", "seller", "buyer")
        held = {
            "document": {name: getattr(invoice, name) for name in facts} | said,
            "segments": invoice.tariff,
            "corrections": invoice.corrections,
            "usage": {
                key: [usage_row(usage=usage) for usage in in_order(usage=rows)]
                for key, rows in usage_by_segment(invoice).items()
            },
        }
    return json.dumps({"format": FORMAT, "kind": invoice.kind, **held}, ensure_ascii=False, indent=1)


def replay_credit(*, note: Invoice) -> Credit:
    """Return the amounts of a credit note computed again from the invoice it corrects and the notes before it."""
    if note.corrects is None:
        raise ValueError("a credit note corrects an invoice")
    lines, taxes = creditable(invoice=note.corrects, before=note)
    return credit_lines(lines=lines, taxes=taxes, wanted=_wanted(note))


def _wanted(note: Invoice) -> dict[int, int]:
    amounts = InvoiceLine.objects.filter(invoice=note).values_list("credits__position", "amount")
    return {position: -units_from_decimal(amount=amount, digits=note.digits) for position, amount in amounts}


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
        corrections=invoice.corrections,
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
