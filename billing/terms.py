"""What a tariff version promises: its price components as frozen values. terms_document.py reads and writes their JSON
form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from billing.rounding import DurationRule


class Channel(StrEnum):
    """The channels a contact can come by."""

    VOICE = "voice"
    EMAIL = "email"
    CHAT = "chat"
    SMS = "sms"
    SOCIAL = "social"


class Direction(StrEnum):
    """Who began the contact: the client's customer (in) or the operator (out)."""

    IN = "in"
    OUT = "out"


class TimeClass(StrEnum):
    """The classes of an operator's time on one contact, as the time ledger names them."""

    TALK = "talk"
    HOLD = "hold"
    WRAP = "wrap"
    FOCUS = "focus"
    OPEN = "open"


# Talk is the interacting time on a call; focus is the same for what is written; open is a chat that waits without
# focus.
BASIS_BY_NAME: Mapping[str, frozenset[TimeClass]] = {
    "talk": frozenset({TimeClass.TALK}),
    "talk_hold": frozenset({TimeClass.TALK, TimeClass.HOLD}),
    "all_work": frozenset(TimeClass),
}


class ComponentKind(StrEnum):
    """What a price component charges for."""

    PER_MINUTE = "per_minute"
    PER_CONTACT = "per_contact"
    MINIMUM = "minimum"
    SET_UP = "set_up"
    RECURRING = "recurring"
    CREDIT = "credit"


class Counts(StrEnum):
    """What a minimum is measured against."""

    USAGE = "usage"
    USAGE_AND_RECURRING = "usage_and_recurring"


@dataclass(frozen=True, slots=True)
class Names:
    """What the client reads, by language; "" holds the text for any language that has none of its own."""

    by_language: Mapping[str, str]

    def text(self, *, language: str) -> str:
        """Return the name in this language, else the general one, else the English one, else any."""
        for key in (language, "", "en"):
            if self.by_language.get(key):
                return self.by_language[key]
        return next(iter(self.by_language.values()))


@dataclass(frozen=True, slots=True)
class TaxCategory:
    """A tax category of the tariff: percent of the base, and the EN 16931 category letter (S standard, Z zero, E
    exempt, AE reverse charge, O none).
    """

    code: str
    percent: Fraction
    letter: str = "S"


UNTAXED = TaxCategory(code="untaxed", percent=Fraction(0), letter="O")


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which contacts a rate prices. An empty set matches everything."""

    channels: frozenset[Channel] = frozenset()
    directions: frozenset[Direction] = frozenset()

    def fits(self, *, channel: str, direction: str) -> bool:
        """Say whether a contact of this channel and direction is priced by the rate."""
        return (not self.channels or channel in self.channels) and (not self.directions or direction in self.directions)


@dataclass(frozen=True, slots=True)
class Rate:
    """A usage price. kind per_minute: price per minute of the basis after rounding; per_contact: price per contact.

    included is free in each period: milliseconds for per_minute, contacts for per_contact.
    """

    code: str
    names: Names
    kind: ComponentKind
    price: Fraction
    tax: str
    match: Matcher = field(default_factory=Matcher)
    basis_name: str = "all_work"
    basis: frozenset[TimeClass] = BASIS_BY_NAME["all_work"]
    rounding: DurationRule = field(default_factory=DurationRule)
    included: Fraction = Fraction(0)
    prorate: bool = True


@dataclass(frozen=True, slots=True)
class Fee:
    """A fixed amount. kind set_up: once, in the contract's first period; recurring: each period; credit: taken off each
    period.
    """

    code: str
    names: Names
    kind: ComponentKind
    amount: Fraction
    tax: str
    prorate: bool = True


@dataclass(frozen=True, slots=True)
class Minimum:
    """A commitment: where what it counts stays below the amount, a true-up line makes up the difference."""

    code: str
    names: Names
    amount: Fraction
    tax: str
    counts: Counts = Counts.USAGE
    prorate: bool = True


PriceComponent: TypeAlias = Rate | Fee | Minimum
"""One row of a tariff version."""


@dataclass(frozen=True, slots=True)
class TariffTerms:
    """One tariff version. Rates are tried in order; the first that fits a contact prices it."""

    name: str
    currency: str
    rates: tuple[Rate, ...] = ()
    fees: tuple[Fee, ...] = ()
    minimum: Minimum | None = None
    taxes: tuple[TaxCategory, ...] = (UNTAXED,)

    def tax(self, *, code: str) -> TaxCategory:
        """Return the category a component names; parsing has made sure that it exists."""
        return next(category for category in self.taxes if category.code == code)
