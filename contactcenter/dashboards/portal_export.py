"""The list of contacts, and an invoice with every contact behind it, as CSV, streamed."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from billing.models import Invoice, InvoiceLine, InvoiceLineUsage
from billing.money import money_text
from contactcenter.dashboards.portal_costs import contact_costs
from contactcenter.dashboards.portal_queries import ContactFilter, Place, contact_page
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account

EXPORT_PAGE = 500


class _Line:
    """A file that hands back each line csv writes."""

    def write(self, text: str) -> str:
        return text


def csv_line(row: Iterable[Any]) -> str:
    """Return one line of CSV."""
    return str(csv.writer(_Line()).writerow(row))


COLUMNS = (
    "started_at",
    "ended_at",
    "channel",
    "direction",
    "contact",
    "point",
    "ticket",
    "operator",
    "outcome",
    "disposition",
    "wait_ms",
    "talk_ms",
    "hold_ms",
    "wrap_ms",
    "focus_ms",
    "open_ms",
    "amount",
    "currency",
)


def contacts_csv(*, account: Account, wanted: ContactFilter, priced: bool) -> Iterator[str]:
    """Yield the list of contacts as lines of CSV, page by page, so that memory does not grow with the list.

    Without `priced` the amounts stay empty.
    """
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    after: Place | None = None
    while True:
        # the response is streamed after the middleware has closed its scope
        with open_account(account.pk):
            rows, after = contact_page(wanted=wanted, after=after, size=EXPORT_PAGE)
            costs = contact_costs(account=account, rows=rows) if priced else {}
        for row in rows:
            amount, currency = costs.get(row.place, ("", ""))
            yield writer.writerow(
                [
                    row.started_at.isoformat(),
                    row.ended_at.isoformat() if row.ended_at else "",
                    row.channel,
                    row.direction,
                    inert(text=row.contact_name),
                    inert(text=row.contact_point),
                    row.ticket_number or "",
                    inert(text=row.operator or ""),
                    row.outcome,
                    inert(text=row.disposition or ""),
                    "" if row.wait_ms is None else row.wait_ms,
                    *(row.times[name] for name in ("talk_ms", "hold_ms", "wrap_ms", "focus_ms", "open_ms")),
                    amount,
                    currency,
                ]
            )
        if after is None:
            return


def inert(*, text: str) -> str:
    """Return text that a spreadsheet will not run as a formula (OWASP, CSV injection); plain numbers stay."""
    if text[:1] in ("=", "@", "\t", "\r") or (text[:1] in ("+", "-") and not text[1:].replace(" ", "").isdigit()):
        return f"'{text}"
    return text


INVOICE_COLUMNS = (
    "line",
    "service",
    "kind",
    "started_at",
    "channel",
    "direction",
    "contact",
    "point",
    "ticket",
    "unit",
    "raw",
    "waived",
    "rounding",
    "billed",
    "included",
    "charged",
    "rate",
    "amount",
    "currency",
)


def invoice_csv(*, invoice: Invoice) -> Iterator[str]:
    """Yield an invoice as lines of CSV: one row a contact on usage lines, one row a line elsewhere.

    Times are whole milliseconds (unit "ms"). The amounts of all rows sum to the invoice's net.
    """
    writer = csv.writer(_Line())
    yield writer.writerow(INVOICE_COLUMNS)
    with open_account(invoice.account_id):
        lines = list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))
    for line in lines:
        told = line.explanation
        ends = (str(told.get("rate", "")), invoice.currency)
        count = 0
        for contact in _line_contacts(invoice=invoice, line=line):
            count += 1
            usage = contact.usage_line
            yield writer.writerow(
                [
                    line.position,
                    inert(text=line.name),
                    line.kind,
                    usage.started_at.isoformat(),
                    usage.channel,
                    usage.direction,
                    inert(text=usage.contact_name),
                    inert(text=usage.contact_point),
                    usage.ticket_number,
                    told["unit"],
                    contact.raw,
                    contact.waived,
                    contact.rounding,
                    contact.billed,
                    contact.included,
                    contact.charged,
                    ends[0],
                    money_text(amount=contact.amount, digits=invoice.digits),
                    ends[1],
                ]
            )
        if count == 0:
            amount = money_text(amount=line.amount, digits=invoice.digits)
            yield writer.writerow(
                [line.position, inert(text=line.name), line.kind, *[""] * 13, ends[0], amount, ends[1]]
            )


def _line_contacts(*, invoice: Invoice, line: InvoiceLine) -> Iterator[InvoiceLineUsage]:
    after = -1
    while True:
        with open_account(invoice.account_id):
            rows = list(
                InvoiceLineUsage.objects.filter(line=line, position__gt=after)
                .select_related("usage_line")
                .order_by("position")[:EXPORT_PAGE]
            )
        yield from rows
        if len(rows) < EXPORT_PAGE:
            return
        after = rows[-1].position
