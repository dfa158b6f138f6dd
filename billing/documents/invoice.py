"""An invoice as PDF: its rows turned into texts, set by typst with the fonts it carries. Reads only."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst

from billing.documents.einvoice import REASONS
from billing.documents.wording import BASIS_TEXTS, Wording
from billing.models import DocumentKind, Invoice, InvoiceLine, InvoiceLineUsage
from billing.money import money_text

TEMPLATE = Path(__file__).with_name("invoice.typ")
MOST_CONTACTS = 2000


def invoice_filename(*, invoice: Invoice, ending: str = "pdf") -> str:
    """Return a name for the file: the number, or the draft's period."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", invoice.number or f"draft-{invoice.period}") + f".{ending}"


def invoice_pdf(*, invoice: Invoice) -> bytes:
    """Return the document as PDF/A-3 in the client's language, with every contact in the appendix (the first 2,000).

    An issued document gives the same bytes whenever it is set: its instant of issue is the file's.
    """
    data = json.dumps(invoice_texts(invoice=invoice), ensure_ascii=False)
    made = typst.compile(
        TEMPLATE,
        format="pdf",
        sys_inputs={"data": data},
        ignore_system_fonts=True,
        pdf_standards="a-3b",
        timestamp=int((invoice.issued_at or invoice.built_at).timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made).__name__} instead of one file")
    return made


def invoice_texts(*, invoice: Invoice) -> dict[str, Any]:
    """Return everything the template prints, as texts in the client's language."""
    words = Wording(invoice.language)
    last_day = invoice.period_end.fromordinal(invoice.period_end.toordinal() - 1)
    lines = list(invoice.lines.order_by("position"))
    is_credit = invoice.kind == DocumentKind.CREDIT_NOTE
    facts = [
        [words.text("issued"), _issued(invoice, words)],
        [words.text("period"), f"{words.day(on=invoice.period_start)} – {words.day(on=last_day)}"],
    ]
    if invoice.corrects is not None:
        facts.append([words.text("corrects"), str(invoice.corrects.number)])
    else:
        facts.append([words.text("due"), words.day(on=invoice.due_on) if invoice.due_on else "–"])
    return {
        "title": words.text("credit_note" if is_credit else "invoice"),
        "total_name": words.text("total_credit" if is_credit else "total"),
        "is_credit_note": is_credit,
        "reason": f"{words.text('reason')}: {invoice.reason}" if invoice.reason else "",
        "words": words.texts(),
        "language": invoice.language,
        "number": invoice.number or words.text("draft"),
        "is_draft": invoice.number is None,
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "facts": facts,
        "lines": [_line(line, invoice, words) for line in lines],
        "net": _money(invoice.net, invoice, words),
        "taxes": [[_tax_name(tax, invoice, words), _text(tax["amount"], invoice, words)] for tax in invoice.taxes],
        "total": _money(invoice.total, invoice, words),
        "unpriced": words.text("unpriced", count=invoice.unpriced) if invoice.unpriced else "",
        "hash": invoice.content_hash,
        "appendix_note": words.text("appendix_note", zone=invoice.time_zone),
        "appendix": _appendix(lines, invoice, words),
    }


def _issued(invoice: Invoice, words: Wording) -> str:
    if invoice.issued_at is None:
        return words.text("not_issued")
    return words.day(on=invoice.issued_at.astimezone(ZoneInfo(invoice.time_zone)).date())


def _tax_name(tax: dict[str, str], invoice: Invoice, words: Wording) -> str:
    name = words.text("tax_of", percent=words.number(text=tax["percent"]), base=_text(tax["base"], invoice, words))
    reason = REASONS.get(tax["category"], ("zero_rate" if tax["category"] == "Z" else "", ""))[0]
    return f"{name} · {words.text(reason)}" if reason else name


def _money(amount: Decimal, invoice: Invoice, words: Wording) -> str:
    return _text(money_text(amount=amount, digits=invoice.digits), invoice, words)


def _text(amount: str, invoice: Invoice, words: Wording) -> str:
    # a credit note is printed, as the norms have it, with what it takes back above zero
    if invoice.kind == DocumentKind.CREDIT_NOTE:
        amount = amount.removeprefix("-") if amount.startswith("-") or not amount.strip("0.") else f"-{amount}"
    return words.money(amount=amount, currency=invoice.currency)


def _price(exact: str, invoice: Invoice, words: Wording) -> str:
    return words.price(text=exact, currency=invoice.currency)


def _line(line: InvoiceLine, invoice: Invoice, words: Wording) -> dict[str, Any]:
    told = line.explanation
    printed = {"name": line.name, "detail": "", "used": "", "included": "", "above": "", "rate": ""}
    if told.get("unit") == "ms":
        unit = words.text("minute")
        printed |= {name: f"{words.minutes(milliseconds=told[key])}\u00a0{unit}" for name, key in _QUANTITIES}
        printed["rate"] = _rate(told, invoice, words, per=words.text(f"per_{told['rate_per']}"))
        printed["detail"] = " · ".join([_time_detail(told, words), *_prepaid(told, words)])
    elif "unit" in told:
        printed |= {name: words.number(text=str(told[key])) for name, key in _QUANTITIES}
        printed["rate"] = _rate(told, invoice, words, per=words.text("each"))
        printed["detail"] = " · ".join(_prepaid(told, words))
    else:
        printed["detail"] = _change_detail(told, invoice, words)
    if told["share_of_period"] != "1" and told.get("prorated"):
        share = words.text("share", days=_days(line), all=(invoice.period_end - invoice.period_start).days)
        printed["detail"] = f"{printed['detail']} · {share}" if printed["detail"] else share
    return printed | {"amount": _money(line.amount, invoice, words)}


def _prepaid(told: dict[str, Any], words: Wording) -> list[str]:
    """What of the included units was bought ahead, by its reference."""
    return [
        words.text(
            "prepaid",
            reference=reference,
            units=words.minutes(milliseconds=units) if told["unit"] == "ms" else words.number(text=str(units)),
        )
        for reference, units in told.get("prepaid", {}).items()
    ]


def _rate(told: dict[str, Any], invoice: Invoice, words: Wording, *, per: str) -> str:
    if "tiers" in told or "stages" in told:
        return words.text("by_tiers")
    return f"{_price(told['rate'], invoice, words)}\u00a0{per}"


def _change_detail(told: dict[str, Any], invoice: Invoice, words: Wording) -> str:
    """Why a line that is no usage has its amount: a commitment, a cap, a percentage, a number of fees."""
    counted = _text(told["counted"], invoice, words) if "counted" in told else ""
    if "commitment" in told:
        return words.text("true_up", commitment=_price(told["commitment"], invoice, words), counted=counted)
    if "missing_units" in told:
        return words.text("missing_volume", count=words.number(text=told["missing_units"]))
    if "cap" in told:
        return words.text("cap_of", cap=_price(told["cap"], invoice, words), counted=counted)
    if "percent" in told:
        percent = words.number(text=told["percent"])
        return words.text("percent_of" if counted else "percent", percent=percent, counted=counted)
    parts = []
    if "quantity" in told:
        price = _price(told["fee"], invoice, words)
        parts.append(words.text("times", count=words.number(text=told["quantity"]), price=price))
    if told.get("in_advance"):
        parts.append(words.text("in_advance"))
    return " · ".join(parts)


def _days(line: InvoiceLine) -> int:
    first, last = (date.fromisoformat(day) for day in line.segment.split("/"))
    return (last - first).days + 1


_QUANTITIES = (("used", "billed"), ("included", "included"), ("above", "charged"))


def _time_detail(told: dict[str, Any], words: Wording) -> str:
    if told["basis"] in BASIS_TEXTS:
        basis = words.text(BASIS_TEXTS[told["basis"]])
    else:
        basis = " + ".join(words.text(f"basis_{name}") for name in told["basis"].split("+"))
    if told["time_rounding"] == "none":
        rounding = words.text("rounding_none")
    else:
        added = words.minutes(milliseconds=told["rounding"])
        rounding = words.text("rounding_rule", rule=told["time_rounding"], added=added)
    return f"{words.text('contacts', count=told['contacts'])} · {basis} · {rounding}"


def _appendix(lines: list[InvoiceLine], invoice: Invoice, words: Wording) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = []
    left = MOST_CONTACTS
    for line in lines:
        if line.kind != "usage" or not line.explanation.get("contacts"):
            continue
        rows = list(InvoiceLineUsage.objects.filter(line=line).select_related("usage_line").order_by("position")[:left])
        left -= len(rows)
        told, is_timed = line.explanation, line.explanation["unit"] == "ms"
        every = told["contacts"]
        tables.append(
            {
                "name": line.name,
                "is_timed": is_timed,
                "rows": [_contact(row, invoice, words, is_timed=is_timed) for row in rows],
                "sums": [_amount_of(told[key], words, is_timed=is_timed) for key in _COLUMNS[is_timed]],
                "amount": _money(line.amount, invoice, words),
                "cut": words.text("appendix_cut", shown=len(rows), all=every) if len(rows) < every else "",
            }
        )
    return tables


_COLUMNS = {True: ("raw", "billed", "included", "charged"), False: ("billed", "included", "charged")}


def _amount_of(value: int, words: Wording, *, is_timed: bool) -> str:
    return words.seconds(milliseconds=value) if is_timed else words.number(text=str(value))


def _contact(row: InvoiceLineUsage, invoice: Invoice, words: Wording, *, is_timed: bool) -> list[str]:
    usage = row.usage_line
    local = usage.started_at.astimezone(ZoneInfo(invoice.time_zone))
    # time of no contact came by no channel: an operator's session, or a caller in the menu
    channel = words.text(usage.channel or ("of_operator" if usage.session_id is not None else "in_menu"))
    who = " · ".join(part for part in (usage.contact_name, usage.contact_point) if part)
    return [
        f"{local:%d.%m.%Y %H:%M:%S}" if invoice.language != "en" else f"{local:%Y-%m-%d %H:%M:%S}",
        f"{channel}, {words.text('out')}" if usage.direction == "out" else channel,
        who,
        usage.ticket_number,
        *(_amount_of(getattr(row, key), words, is_timed=is_timed) for key in _COLUMNS[is_timed]),
        _money(row.amount, invoice, words),
    ]
