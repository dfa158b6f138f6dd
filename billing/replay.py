"""Compute an invoice again from its own snapshot: its terms, its contacts' rows, its parties. Reads only."""

from billing.models import Invoice, InvoiceLineUsage
from billing.pricing import Bill, price_period
from billing.queries import USAGE_COLUMNS, usage_from_row
from billing.rating import Usage
from billing.snapshot import content_hash, restore_segment


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


def replay_hash(*, invoice: Invoice) -> str:
    """Return the content hash of the replayed bill; for an untouched invoice it equals invoice.content_hash."""
    return content_hash(
        bill=replay_bill(invoice=invoice),
        unpriced=invoice.unpriced,
        segments=invoice.tariff,
        language=invoice.language,
        period=invoice.period,
        seller=invoice.seller,
        buyer=invoice.buyer,
    )
