"""A document as a workbook: its lines on one sheet, every contact behind them on the other. Reads only."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from billing.documents.wording import Wording
from billing.models import Invoice, InvoiceLine, InvoiceLineUsage

CHUNK = 2000


def invoice_xlsx(*, invoice: Invoice) -> bytes:
    """Return the workbook; amounts are numbers with the currency's digits, times whole milliseconds."""
    words = Wording(invoice.language)
    book = Workbook(write_only=True)
    lines = list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))
    sheet = book.create_sheet(words.text("service"))
    heads = ("#", words.text("service"), words.text("tax"), words.text("amount"), invoice.currency)
    sheet.append([_head(sheet, text) for text in heads[:4]])
    for line in lines:
        sheet.append([line.position, _text(sheet, line.name), _text(sheet, line.tax_code), line.amount])
    for name, amount in (("net", invoice.net), ("tax", invoice.tax), ("total", invoice.total)):
        sheet.append(["", _head(sheet, words.text(name)), invoice.currency, amount])
    detail = book.create_sheet(words.text("contact"))
    detail.append([_head(detail, text) for text in _columns(words)])
    for row in _contacts(lines):
        detail.append([_text(detail, value) if isinstance(value, str) else value for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _columns(words: Wording) -> list[str]:
    keys = ("service", "when", "channel", "contact", "ticket", "recorded", "billed", "included", "above", "amount")
    return ["#", *(words.text(key) for key in keys)]


def _contacts(lines: Sequence[InvoiceLine]) -> Iterator[list[Any]]:
    for line in lines:
        rows = InvoiceLineUsage.objects.filter(line=line).select_related("usage_line").order_by("position")
        for row in rows.iterator(chunk_size=CHUNK):
            usage = row.usage_line
            yield [
                line.position,
                line.name,
                usage.started_at.isoformat(),
                usage.channel,
                " · ".join(part for part in (usage.contact_name, usage.contact_point) if part),
                usage.ticket_number,
                row.raw,
                row.billed,
                row.included,
                row.charged,
                row.amount,
            ]


def _text(sheet: Any, text: str) -> WriteOnlyCell:
    """A cell that a spreadsheet takes as text, whatever it begins with: nobody's name becomes a formula."""
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def _head(sheet: Any, text: str) -> WriteOnlyCell:
    cell = _text(sheet, text)
    cell.font = Font(bold=True)
    return cell
