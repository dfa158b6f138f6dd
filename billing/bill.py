"""A bill: its lines, the contacts on them, its taxes and totals. Values only; pricing.py makes them. Pure.

Amounts are exact fractions until a line is rounded once; every total is a sum of rounded lines, so that the document
adds up as printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from billing.matching import on_holiday
from billing.money import currency_digits, decimal_from_units
from billing.rating import RatedContact, RatedRate, Usage, UsageTotals
from billing.terms import Fee, Names, PriceComponent, TariffTerms, TaxCategory
from billing.wallet import Draw

REVERSE_CHARGE = "AE"


class LineKind(StrEnum):
    """What an invoice line charges for."""

    USAGE = "usage"
    SURCHARGE = "surcharge"
    DISCOUNT = "discount"
    CAP = "cap"
    RECURRING = "recurring"
    TRUE_UP = "true_up"
    SET_UP = "set_up"
    HOLIDAY = "holiday"
    ONE_OFF = "one_off"
    CREDIT = "credit"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Booking:
    """An add-on or one-off that the account took: so many of it. Without approval it is not charged."""

    code: str
    quantity: Fraction = Fraction(1)
    on: date | None = None
    is_approved: bool = True


@dataclass(frozen=True, slots=True)
class AgreedFee:
    """A fee beside the tariff that both sides agreed to: an add-on for its days [starts_on, ends_on), ends_on None
    meaning until further notice, or a one-off.

    The fee's code is the reference that both sides know it by. Without proration it is charged once, in the segment
    that holds it. add_on_id: the row it comes from. facts: what its line tells beside the price (who agreed, when).
    """

    add_on_id: int
    fee: Fee
    starts_on: date
    ends_on: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a period under one tariff version: its usage, the share of the period's days, whether the contract
    begins in it, its days as text.

    zone and starts_on, ends_on (half-open) place time bands and holidays; quantities replace those of per-seat and
    other repeated fees, by code; agreed: fees beside the tariff; is_reverse_charge: the buyer owes the tax.
    """

    terms: TariffTerms
    usage: Sequence[Usage]
    share: Fraction = Fraction(1)
    is_first: bool = False
    key: str = ""
    zone: str = "UTC"
    starts_on: date | None = None
    ends_on: date | None = None
    quantities: Mapping[str, Fraction] = field(default_factory=dict)
    bookings: tuple[Booking, ...] = ()
    agreed: tuple[AgreedFee, ...] = ()
    is_reverse_charge: bool = False

    @property
    def digits(self) -> int:
        """How many digits after the point an amount of the segment's currency has."""
        return currency_digits(currency=self.terms.currency)

    @property
    def holiday_count(self) -> int:
        """How many of the segment's days are holidays of its tariff."""
        if self.starts_on is None or self.ends_on is None:
            return 0
        holidays = frozenset(self.terms.holidays)
        days = (self.starts_on + timedelta(days=number) for number in range((self.ends_on - self.starts_on).days))
        return sum(1 for day in days if on_holiday(day=day, holidays=holidays))

    def tax(self, *, code: str) -> TaxCategory:
        """Return a category as it applies to this buyer."""
        category = self.terms.tax(code=code)
        if self.is_reverse_charge and category.percent:
            return TaxCategory(code=category.code, percent=Fraction(0), letter=REVERSE_CHARGE)
        return category


class PricedContact(NamedTuple):
    """A contact on a line: its exact price, and its part of the rounded line in smallest units."""

    rated: RatedContact
    exact: Fraction
    units: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the component behind it, the exact amount, the amount in whole units of 10^-digits, and the contacts
    that make it up.

    totals: the sums of a usage line's contacts, be they on it or not. unit_price: where the line is nothing but
    quantity x price, the exact price of one of the engine's units (a millisecond, a contact, ...); None where fees,
    tiers, caps or stages take part. counted_units: what a cap, minimum or percentage was measured against. quantity:
    how many fees. agreed: the agreement behind a fee that is not the tariff's.
    """

    kind: LineKind
    component: PriceComponent
    segment: Segment
    exact: Fraction
    units: int
    digits: int
    usage: RatedRate | None = None
    totals: UsageTotals | None = None
    contacts: tuple[PricedContact, ...] = ()
    counted_units: int = 0
    unit_price: Fraction | None = None
    quantity: Fraction = Fraction(1)
    tax_code: str = ""
    agreed: AgreedFee | None = None
    is_ahead: bool = False
    paid_ahead_units: int = 0

    @property
    def amount(self) -> Decimal:
        """The line's rounded amount."""
        return self.money(units=self.units)

    def money(self, *, units: int) -> Decimal:
        """Write whole units of the line's currency as a decimal."""
        return decimal_from_units(units=units, digits=self.digits)

    @property
    def charge(self) -> str:
        """What charges the line's contacts, each once: the component, and the tax code where a line follows others'."""
        return f"{self.component.code} {self.tax_code}".rstrip()

    @property
    def names(self) -> Names:
        """The component's name by language."""
        return self.component.names

    @property
    def tax(self) -> TaxCategory:
        """The line's tax category."""
        return self.segment.tax(code=self.tax_code or self.component.tax)


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """The tax of one category: rounded once, from the sum of its lines."""

    category: TaxCategory
    base_units: int
    units: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a period costs. total = net + tax; net is the sum of the lines, tax that of the categories.

    draws: what contacts took from prepaid units. pending: bookings that wait for approval and are not charged.
    """

    currency: str
    digits: int
    lines: tuple[Line, ...]
    taxes: tuple[TaxTotal, ...]
    unpriced: tuple[Usage, ...]
    draws: tuple[Draw, ...] = ()
    pending: tuple[Booking, ...] = ()

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
