"""An issued document as an e-invoice: its rows turned into the facts of EN 16931, written as UBL or CII. Reads only."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from billing.documents.cii import cii_document
from billing.documents.facts import (
    CREDIT_NOTE_CODE,
    INVOICE_CODE,
    ONE,
    SECOND,
    Facts,
    ItemLine,
    Party,
    TaxLine,
)
from billing.documents.ubl import ubl_document
from billing.documents.wording import Wording
from billing.models import DocumentKind, Invoice, InvoiceLine
from billing.money import decimal_from_units, exact_text, units_from_decimal
from billing.rounding import round_to_units
from contactcenter.kernel.errors import DomainError

# reasons that EN 16931 wants where no tax is charged: text key, VATEX code
REASONS = {
    "E": ("exempt", ""),
    "AE": ("reverse_charge", "VATEX-EU-AE"),
    "K": ("intra_community", "VATEX-EU-IC"),
    "G": ("export", "VATEX-EU-G"),
    "O": ("not_subject", "VATEX-EU-O"),
}
# Greece writes its VAT identifiers with its own letters, Northern Ireland with XI (BR-CO-09)
VAT_COUNTRIES = {"EL": "GR", "XI": "GB"}
MOST_DIGITS = 2
SECONDS_OF = {"minute": 60, "hour": 3600}


class NoEInvoice(DomainError):
    """The document lacks what EN 16931 asks for; `data` lists every field at fault."""

    code = "no_e_invoice"
    status = 409


def invoice_ubl(*, invoice: Invoice) -> bytes:
    """Return an issued document as UBL; NoEInvoice where it lacks what the norm asks for."""
    return ubl_document(facts=invoice_facts(invoice=invoice))


def invoice_cii(*, invoice: Invoice) -> bytes:
    """Return an issued document as CII; NoEInvoice where it lacks what the norm asks for."""
    return cii_document(facts=invoice_facts(invoice=invoice))


def invoice_facts(*, invoice: Invoice) -> Facts:
    """Return what an e-invoice says of an issued document, from its own copy; NoEInvoice naming all that is missing."""
    if invoice.number is None or invoice.issued_at is None or invoice.due_on is None:
        raise NoEInvoice("Only an issued document can be an e-invoice.", data={"problems": ["number"]})
    words = Wording(invoice.language)
    is_credit = invoice.kind == DocumentKind.CREDIT_NOTE
    sign = -1 if is_credit else 1
    taxes = _taxes(invoice, words, sign=sign)
    is_untaxed = any(tax.letter == "O" for tax in taxes)
    corrected = invoice.corrects
    facts = Facts(
        number=invoice.number,
        type_code=CREDIT_NOTE_CODE if is_credit else INVOICE_CODE,
        issued_on=_local_day(invoice),
        due_on=invoice.due_on,
        currency=invoice.currency,
        language=invoice.language,
        period_starts_on=invoice.period_start,
        period_last_on=invoice.period_end - timedelta(days=1),
        seller=_party(invoice.seller, is_untaxed=is_untaxed, is_seller=True),
        buyer=_party(invoice.buyer, is_untaxed=is_untaxed, is_seller=False),
        lines=tuple(_line(line, invoice, words, sign=sign) for line in invoice.lines.order_by("position")),
        taxes=taxes,
        net=_money(invoice, invoice.net, sign=sign),
        tax=_money(invoice, invoice.tax, sign=sign),
        total=_money(invoice, invoice.total, sign=sign),
        note=invoice.reason,
        terms=words.text("credited_to", number=corrected.number) if is_credit and corrected else "",
        bank_account="" if is_credit else re.sub(r"\s", "", invoice.seller["bank_account"]),
        buyer_reference=invoice.buyer.get("reference", ""),
        corrects_number=str(corrected.number) if corrected else "",
        corrects_issued_on=_local_day(corrected) if corrected else None,
    )
    problems = list(_problems(facts, digits=invoice.digits))
    if problems:
        raise NoEInvoice(
            f"{invoice.number} cannot be an e-invoice: {'; '.join(problems)}.", data={"problems": problems}
        )
    return facts


def _local_day(invoice: Invoice) -> date:
    if invoice.issued_at is None:
        raise ValueError("a draft has no day of issue")
    return invoice.issued_at.astimezone(ZoneInfo(invoice.time_zone)).date()


def _party(particulars: Mapping[str, str], *, is_untaxed: bool, is_seller: bool) -> Party:
    number = re.sub(r"\s", "", particulars["tax_id"])
    letters = number[:2].upper() if re.match(r"[A-Za-z]{2}.", number) else ""
    country = particulars.get("country") or VAT_COUNTRIES.get(letters, letters)
    # a number without its country's letters is no VAT identifier; without tax no VAT identifier may stand (BR-O-02)
    vat_id = number if letters and not is_untaxed else ""
    plain = number if number and not vat_id else ""
    registration = particulars.get("registration", "") or plain
    return Party(
        name=particulars["legal_name"],
        country=country,
        address=" ".join(particulars["legal_address"].split()),
        city=particulars.get("city", ""),
        postcode=particulars.get("postcode", ""),
        email=particulars["email"],
        vat_id=vat_id,
        registration=registration,
        tax_registration=plain if is_seller and not is_untaxed else "",
    )


def _taxes(invoice: Invoice, words: Wording, *, sign: int) -> tuple[TaxLine, ...]:
    """Codes of the tariff that mean one category at one rate are one line of the breakdown (BR-S-08 and its kin)."""
    sums: dict[tuple[str, Decimal], list[Decimal]] = {}
    for tax in invoice.taxes:
        found = sums.setdefault((tax["category"], Decimal(tax["percent"])), [Decimal(0), Decimal(0)])
        found[0] += Decimal(tax["base"])
        found[1] += Decimal(tax["amount"])
    lines = []
    for (letter, percent), (base, amount) in sums.items():
        key, code = REASONS.get(letter, ("", ""))
        lines.append(
            TaxLine(
                letter=letter,
                percent=percent,
                base=_money(invoice, base, sign=sign),
                amount=_money(invoice, amount, sign=sign),
                reason=words.text(key) if key else "",
                reason_code=code,
            )
        )
    return tuple(lines)


def _money(invoice: Invoice, amount: Decimal, *, sign: int) -> Decimal:
    return decimal_from_units(
        units=sign * units_from_decimal(amount=amount, digits=invoice.digits), digits=invoice.digits
    )


def _line(line: InvoiceLine, invoice: Invoice, words: Wording, *, sign: int) -> ItemLine:
    amount = _money(invoice, line.amount, sign=sign)
    quantity, unit, price, base = _quantity(line.explanation, amount=amount, digits=invoice.digits, sign=sign)
    tax = next(tax for tax in invoice.taxes if tax["code"] == line.tax_code)
    return ItemLine(
        position=line.position,
        name=line.name,
        note=_note(line, words),
        quantity=quantity,
        unit=unit,
        price=price,
        base_quantity=base,
        amount=amount,
        letter=tax["category"],
        percent=Decimal(tax["percent"]),
    )


def _note(line: InvoiceLine, words: Wording) -> str:
    told = line.explanation
    if told.get("unit") != "ms":
        return ""
    return " · ".join(
        f"{words.text(name)} {words.minutes(milliseconds=told[key])}"
        for name, key in (("used", "billed"), ("included", "included"), ("above", "charged"))
        if key in told
    )


def _quantity(
    told: Mapping[str, Any], *, amount: Decimal, digits: int, sign: int
) -> tuple[Decimal, str, Decimal, Decimal]:
    """Return quantity, unit, price and base quantity of which the amount is the rounded product.

    Time is written in seconds with the price of sixty of them, or of an hour's, so that it holds to the millisecond;
    whatever has no such product (a fee, a true-up, steps of a price, a credit) is one piece at its amount. A price is
    never below zero (BR-27): the quantity is.
    """
    unit, rate, charged = told.get("unit"), str(told.get("rate", "")), told.get("charged")
    if unit and isinstance(charged, int) and rate and "/" not in rate and charged and sign > 0:
        base = SECONDS_OF[told["rate_per"]] if unit == "ms" else 1
        quantity = Fraction(charged, 1000) if unit == "ms" else Fraction(charged)
        product = round_to_units(value=quantity * Fraction(rate) / base, digits=digits)
        if decimal_from_units(units=product, digits=digits) == amount:
            return Decimal(exact_text(value=quantity)), SECOND if unit == "ms" else ONE, Decimal(rate), Decimal(base)
    one = Decimal(1) if amount >= 0 else Decimal(-1)
    return one, ONE, abs(amount), Decimal(1)


def _problems(facts: Facts, *, digits: int) -> list[str]:
    """What the norm would refuse, named by the fields that people fill in."""
    found = []
    if digits > MOST_DIGITS:
        found.append(f"currency: {facts.currency} has more than two digits (BR-DEC)")
    for who, party in (("seller", facts.seller), ("buyer", facts.buyer)):
        if not re.fullmatch(r"[A-Z]{2}", party.country):
            found.append(f"{who}.country: is missing (BR-09, BR-11)")
    letters = {tax.letter for tax in facts.taxes}
    if not (facts.seller.vat_id or facts.seller.registration):
        found.append("seller.tax_id: is missing (BR-CO-26)")
    if letters & {"AE", "K"} and not facts.seller.vat_id:
        found.append("seller.tax_id: must be a VAT identifier with its country's letters (BR-AE-03, BR-IC-03)")
    if "AE" in letters and not (facts.buyer.vat_id or facts.buyer.registration):
        found.append("buyer.tax_id: is missing (BR-AE-02)")
    if letters & {"K"} and not facts.buyer.vat_id:
        found.append("buyer.tax_id: must be a VAT identifier with its country's letters (BR-IC-02)")
    if "O" in letters and len(letters) > 1:
        found.append("taxes: what is not subject to tax stands on a document of its own (BR-O-11)")
    if any(tax.letter == "S" and tax.percent == 0 for tax in facts.taxes):
        found.append("taxes: the standard category has a rate above 0; a rate of 0 is Z, E, AE or O (BR-S-05)")
    if any(tax.letter != "S" and tax.letter not in ("L", "M") and tax.percent != 0 for tax in facts.taxes):
        found.append("taxes: only the standard category has a rate above 0 (BR-Z-05, BR-E-05, BR-AE-05)")
    return found
