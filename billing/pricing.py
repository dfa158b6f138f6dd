"""Pricing: from rated usage to the lines, taxes and totals of a bill. The one engine behind quote, accrual, simulation
and invoice.

Steps 6 to 10 of the order of computation. Prices are exact fractions until each line is rounded once; every total is a
sum of rounded lines, so that the document adds up as printed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from billing.money import currency_digits, decimal_from_units
from billing.rating import RatedContact, RatedRate, Usage, rate_usage
from billing.rounding import allot_shares, round_to_units
from billing.terms import ComponentKind, Counts, Fee, Minimum, Names, PriceComponent, Rate, TariffTerms, TaxCategory

MINUTE_MS = 60_000


class LineKind(StrEnum):
    """What an invoice line charges for."""

    USAGE = "usage"
    RECURRING = "recurring"
    TRUE_UP = "true_up"
    SET_UP = "set_up"
    CREDIT = "credit"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a period under one tariff version: its usage, the share of the period's days, whether the contract
    begins in it, its days as text.
    """

    terms: TariffTerms
    usage: Sequence[Usage]
    share: Fraction = Fraction(1)
    is_first: bool = False
    key: str = ""


class PricedContact(NamedTuple):
    """A contact on a line: the exact price of one charged unit, and its part of the rounded line in smallest units."""

    rated: RatedContact
    unit_price: Fraction
    units: int

    @property
    def exact(self) -> Fraction:
        """The contact's price before any rounding of money."""
        return self.unit_price * self.rated.charged


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the component behind it, the exact amount, the amount in whole units of 10^-digits, and the contacts
    that make it up.
    """

    kind: LineKind
    component: PriceComponent
    segment: Segment
    exact: Fraction
    units: int
    digits: int
    usage: RatedRate | None = None
    contacts: tuple[PricedContact, ...] = ()
    counted_units: int = 0

    @property
    def amount(self) -> Decimal:
        """The line's rounded amount."""
        return self.money(units=self.units)

    def money(self, *, units: int) -> Decimal:
        """Write whole units of the line's currency as a decimal."""
        return decimal_from_units(units=units, digits=self.digits)

    @property
    def names(self) -> Names:
        """The component's name by language."""
        return self.component.names

    @property
    def tax(self) -> TaxCategory:
        """The line's tax category."""
        return self.segment.terms.tax(code=self.component.tax)


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """The tax of one category: rounded once, from the sum of its lines."""

    category: TaxCategory
    base_units: int
    units: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a period costs. total = net + tax; net is the sum of the lines, tax that of the categories."""

    currency: str
    digits: int
    lines: tuple[Line, ...]
    taxes: tuple[TaxTotal, ...]
    unpriced: tuple[Usage, ...]

    @property
    def net_units(self) -> int:
        """The sum of the lines."""
        return sum(line.units for line in self.lines)

    @property
    def tax_units(self) -> int:
        """The sum of the tax categories."""
        return sum(tax.units for tax in self.taxes)

    @property
    def total_units(self) -> int:
        """What is to be paid."""
        return self.net_units + self.tax_units

    def money(self, *, units: int) -> Decimal:
        """Write whole units of the bill's currency as a decimal."""
        return decimal_from_units(units=units, digits=self.digits)


class MixedCurrencies(ValueError):
    """The versions that cover one period are priced in different currencies."""


def price_period(*, segments: Sequence[Segment]) -> Bill:
    """Price a period. Usually one segment; several where the contract or the version changed within the period.

    MixedCurrencies where the segments disagree; ValueError without any segment; UsageConflict as rate_usage.
    """
    currencies = {segment.terms.currency for segment in segments}
    if not currencies:
        raise ValueError("a period without any tariff version cannot be priced")
    if len(currencies) > 1:
        raise MixedCurrencies(f"one period is priced in {' and '.join(sorted(currencies))}")
    currency = currencies.pop()
    digits = currency_digits(currency=currency)
    lines: list[Line] = []
    unpriced: list[Usage] = []
    for segment in segments:
        segment_lines, segment_unpriced = _price_segment(segment=segment, digits=digits)
        lines += segment_lines
        unpriced += segment_unpriced
    return Bill(
        currency=currency, digits=digits, lines=tuple(lines), taxes=tax_totals(lines=lines), unpriced=tuple(unpriced)
    )


def usage_price(*, rate: Rate, charged: int) -> Fraction:
    """Return the exact price of charged units: milliseconds x rate / 60000, or contacts x rate."""
    return rate.price * charged / MINUTE_MS if rate.kind is ComponentKind.PER_MINUTE else rate.price * charged


def _price_segment(*, segment: Segment, digits: int) -> tuple[list[Line], tuple[Usage, ...]]:
    terms = segment.terms
    rating = rate_usage(terms=terms, usage=segment.usage, share=segment.share)
    recurring = [
        _fee_line(fee=fee, segment=segment, digits=digits) for fee in terms.fees if fee.kind is ComponentKind.RECURRING
    ]
    usage = [_usage_line(rated=rated, segment=segment, digits=digits) for rated in rating.rates]
    true_up = _true_up_line(minimum=terms.minimum, segment=segment, digits=digits, usage=usage, recurring=recurring)
    set_up = [
        _fee_line(fee=fee, segment=segment, digits=digits)
        for fee in terms.fees
        if fee.kind is ComponentKind.SET_UP and segment.is_first
    ]
    credits = [
        _fee_line(fee=fee, segment=segment, digits=digits) for fee in terms.fees if fee.kind is ComponentKind.CREDIT
    ]
    return [*recurring, *usage, *true_up, *set_up, *credits], rating.unpriced


def _usage_line(*, rated: RatedRate, segment: Segment, digits: int) -> Line:
    rate = rated.rate
    unit_price = usage_price(rate=rate, charged=1)
    exact = unit_price * sum(contact.charged for contact in rated.contacts)
    units = round_to_units(value=exact, digits=digits)
    # every contact's exact share has the denominator of the unit price, so that the shares are whole numerators over it
    scale = unit_price.numerator * 10**digits
    parts = allot_shares(
        total_units=units,
        numerators=[contact.charged * scale for contact in rated.contacts],
        denominator=unit_price.denominator,
    )
    contacts = tuple(
        PricedContact(contact, unit_price, part) for contact, part in zip(rated.contacts, parts, strict=True)
    )
    return Line(LineKind.USAGE, rate, segment, exact, units, digits, usage=rated, contacts=contacts)


def _fee_line(*, fee: Fee, segment: Segment, digits: int) -> Line:
    exact = fee.amount * segment.share if fee.prorate and fee.kind is not ComponentKind.SET_UP else fee.amount
    if fee.kind is ComponentKind.CREDIT:
        exact = -exact
    return Line(LineKind(fee.kind.value), fee, segment, exact, round_to_units(value=exact, digits=digits), digits)


def _true_up_line(
    *, minimum: Minimum | None, segment: Segment, digits: int, usage: Iterable[Line], recurring: Iterable[Line]
) -> list[Line]:
    if minimum is None:
        return []
    counted = list(usage) + (list(recurring) if minimum.counts is Counts.USAGE_AND_RECURRING else [])
    committed = minimum.amount * segment.share if minimum.prorate else minimum.amount
    # Measured against the rounded lines, not their exact amounts: then lines plus true-up print exactly the commitment.
    counted_units = sum(line.units for line in counted)
    units = round_to_units(value=committed, digits=digits) - counted_units
    if units <= 0:
        return []
    return [
        Line(
            LineKind.TRUE_UP,
            minimum,
            segment,
            committed - Fraction(counted_units, 10**digits),
            units,
            digits,
            counted_units=counted_units,
        )
    ]


def with_lines(*, bill: Bill, lines: Sequence[Line]) -> Bill:
    """Return the bill with further lines behind its own, of the same currency; its taxes are summed anew."""
    every = (*bill.lines, *lines)
    return replace(bill, lines=every, taxes=tax_totals(lines=every))


def tax_totals(*, lines: Iterable[Line]) -> tuple[TaxTotal, ...]:
    """Return the tax of each category, in the order in which the lines name them (rounding 3)."""
    base_by_category: dict[TaxCategory, int] = {}
    for line in lines:
        base_by_category[line.tax] = base_by_category.get(line.tax, 0) + line.units
    return tuple(
        TaxTotal(
            category=category, base_units=base, units=round_to_units(value=base * category.percent / 100, digits=0)
        )
        for category, base in base_by_category.items()
    )
