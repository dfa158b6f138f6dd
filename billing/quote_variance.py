"""Reads: each invoice of an account against the quote that it accepted.

Every function runs inside an account scope that its caller has opened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from billing.booked import standing_invoices
from billing.documents.variance_wording import VarianceWording
from billing.models import Invoice, InvoiceLine, PriceAcceptance, Quote
from billing.money import decimal_from_units, units_from_decimal
from billing.quote_figures import names_of
from billing.variance import Figures, KindVariance, figures_of, variance
from contactcenter.tenancy.models import Account

MOST = 24
"""So many invoices are compared, the newest."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An invoice beside its quote; kinds is None where they are in different currencies.

    is_first: the quote's first period, compared with its first bill. is_part: its prices hold for a part of the period.
    """

    invoice: Invoice
    quote: Quote
    kinds: list[KindVariance] | None
    is_first: bool
    is_part: bool


def quote_variances(*, account: Account) -> list[Compared]:
    """Return the account's standing invoices of periods under an accepted quote, newest first; none without one."""
    accepted = list(
        PriceAcceptance.objects.filter(account=account, quote__isnull=False)
        .select_related("quote__tariff_version")
        .order_by("-effective_from", "-pk")
    )
    found: list[Compared] = []
    if not accepted:
        return found
    invoices = standing_invoices().filter(account=account, period_end__gt=accepted[-1].effective_from)
    lines = InvoiceLine.objects.order_by("position")
    newest = invoices.order_by("-period_start", "-pk").prefetch_related(Prefetch("lines", queryset=lines))[:MOST]
    for invoice in newest:
        under = next(row for row in accepted if row.effective_from < invoice.period_end)
        if under.quote is not None:
            is_part = under.effective_from > invoice.period_start
            found.append(_compared(invoice, under.quote, is_part=is_part))
    return found


def _compared(invoice: Invoice, quote: Quote, *, is_part: bool) -> Compared:
    estimate = quote.estimate
    is_first = estimate["first_period"] == invoice.period
    if estimate["currency"] != invoice.currency:
        return Compared(invoice, quote, None, is_first=is_first, is_part=is_part)
    expected = figures_of(lines=estimate["first" if is_first else "usual"]["lines"], digits=invoice.digits)
    billed = [
        {"kind": line.kind, "code": line.code, "amount": line.amount, "explanation": line.explanation}
        for line in invoice.lines.all()
    ]
    actual = figures_of(lines=billed, digits=invoice.digits)
    return Compared(
        invoice, quote, variance(expected=expected, actual=actual), is_first=is_first, is_part=is_part and not is_first
    )


def variance_document(*, compared: Compared, language: str) -> dict[str, Any]:
    """Return a comparison as JSON values, its names and its explanation in a language."""
    invoice, quote, digits = compared.invoice, compared.quote, compared.invoice.digits
    kinds = compared.kinds or []
    # what the quote does not know (an add-on, say) is called as the invoice calls it
    names = {line.code: line.name for line in invoice.lines.all()}
    names |= names_of(quote=quote, language=language)

    def money(units: int) -> str:
        return str(decimal_from_units(units=units, digits=digits))

    usual = quote.estimate["usual"]
    bounds: tuple[int, int] | None = None
    if not compared.is_first and compared.kinds is not None:
        low, high = (units_from_decimal(amount=usual[key], digits=digits) for key in ("low", "high"))
        bounds = low, high
    expected, actual = (sum(getattr(kind, name) for kind in kinds) for name in ("expected", "actual"))
    told: dict[str, Any] = {
        "invoice": invoice.pk,
        "number": invoice.number,
        "period": invoice.period,
        "currency": invoice.currency,
        "quote": quote.pk,
        "quote_number": quote.number,
        "is_first": compared.is_first,
        "is_part": compared.is_part,
        "is_comparable": compared.kinds is not None,
        "expected": money(expected),
        "low": None if bounds is None else money(bounds[0]),
        "high": None if bounds is None else money(bounds[1]),
        "actual": money(
            actual if compared.kinds is not None else units_from_decimal(amount=invoice.net, digits=digits)
        ),
        "difference": money(actual - expected),
        "kinds": [
            {
                "kind": str(kind.kind),
                **_parts(kind.expected, kind.actual, *(kind.total(name) for name in PARTS), digits=digits),
                "lines": list(_lines(kind, names=names, digits=digits)),
            }
            for kind in kinds
        ],
        "explanation": [],
    }
    if compared.kinds is not None:
        told["explanation"] = VarianceWording(language).sentences(
            kinds=kinds, names=names, digits=digits, currency=invoice.currency, bounds=bounds, is_part=compared.is_part
        )
    return told


PARTS = ("volume", "price", "other")


def _lines(kind: KindVariance, *, names: Mapping[str, str], digits: int) -> Iterator[dict[str, Any]]:
    for line in kind.lines:
        yield {
            "code": line.code,
            "name": names.get(line.code, line.code),
            **_parts(line.expected.amount, line.actual.amount, line.volume, line.price, line.other, digits=digits),
            "unit": line.actual.unit or line.expected.unit,
            "expected_quantity": _quantity(line.expected),
            "actual_quantity": _quantity(line.actual),
        }


def _quantity(figures: Figures) -> int:
    return figures.quantity or 0


def _parts(expected: int, actual: int, volume: int, price: int, other: int, *, digits: int) -> dict[str, str]:
    values = {
        "expected": expected,
        "actual": actual,
        "difference": actual - expected,
        "volume": volume,
        "price": price,
        "other": other,
    }
    return {name: str(decimal_from_units(units=units, digits=digits)) for name, units in values.items()}
