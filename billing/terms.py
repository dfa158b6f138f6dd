"""What a tariff version promises: its price components as frozen values.

terms_document.py reads their JSON form, terms_writing.py writes it, terms_schema.py says what it may hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from billing.matching import Channel, Direction, Matcher
from billing.periods import Cycle
from billing.rounding import DurationRule
from billing.tiers import Tiers

__all__ = ["Channel", "Cycle", "Direction", "Matcher"]


class TimeClass(StrEnum):
    """The classes of time on one contact, or on an account: what the time ledger and the phone system know.

    talk, hold, wrap, focus, open: an operator's work on a contact. patched: the caller speaks with whom they were put
    through to. ivr: the caller is in the menu. idle: the account's share of waiting. operator: booked operator time.
    """

    TALK = "talk"
    HOLD = "hold"
    WRAP = "wrap"
    FOCUS = "focus"
    OPEN = "open"
    PATCHED = "patched"
    IVR = "ivr"
    IDLE = "idle"
    OPERATOR = "operator"
    INTERPRETER = "interpreter"


WORK_CLASSES = (TimeClass.TALK, TimeClass.HOLD, TimeClass.WRAP, TimeClass.FOCUS, TimeClass.OPEN)

# Talk is the interacting time on a call; focus is the same for what is written; open is a chat that waits without
# focus.
BASIS_BY_NAME: Mapping[str, frozenset[TimeClass]] = {
    "talk": frozenset({TimeClass.TALK}),
    "talk_hold": frozenset({TimeClass.TALK, TimeClass.HOLD}),
    "all_work": frozenset(WORK_CLASSES),
    "patched": frozenset({TimeClass.PATCHED}),
    "ivr": frozenset({TimeClass.IVR}),
    "idle": frozenset({TimeClass.IDLE}),
    "operator": frozenset({TimeClass.OPERATOR}),
    "interpreter": frozenset({TimeClass.INTERPRETER}),
}


class ComponentKind(StrEnum):
    """What a price component charges for, or how it changes what others charge."""

    PER_MINUTE = "per_minute"
    PER_HOUR = "per_hour"
    PER_CONTACT = "per_contact"
    PER_MESSAGE = "per_message"
    PER_SEGMENT = "per_segment"
    PER_ORDER = "per_order"
    SURCHARGE = "surcharge"
    DISCOUNT = "discount"
    CAP = "cap"
    MINIMUM_VOLUME = "minimum_volume"
    MINIMUM = "minimum"
    SET_UP = "set_up"
    RECURRING = "recurring"
    PER_SEAT = "per_seat"
    IVR_TREE = "ivr_tree"
    ADD_ON = "add_on"
    HOLIDAY = "holiday"
    ONE_OFF = "one_off"
    CREDIT = "credit"


class Quantity(NamedTuple):
    """What a kind of rate counts: its word, and how many of the engine's whole units one price unit has (60,000 ms)."""

    word: str
    scale: int
    is_time: bool = False

    @property
    def unit(self) -> str:
        """The engine's whole unit: ms, or what is counted."""
        return "ms" if self.is_time else self.word


QUANTITY_BY_KIND: Mapping[ComponentKind, Quantity] = {
    ComponentKind.PER_MINUTE: Quantity("minute", 60_000, is_time=True),
    ComponentKind.PER_HOUR: Quantity("hour", 3_600_000, is_time=True),
    ComponentKind.PER_CONTACT: Quantity("contact", 1),
    ComponentKind.PER_MESSAGE: Quantity("message", 1),
    ComponentKind.PER_SEGMENT: Quantity("segment", 1),
    ComponentKind.PER_ORDER: Quantity("order", 1),
}
RECURRING_KINDS = frozenset(
    {ComponentKind.RECURRING, ComponentKind.PER_SEAT, ComponentKind.IVR_TREE, ComponentKind.ADD_ON}
)
"""Fees that a period charges in full and a part of a period by its share of days."""
BOOKED_KINDS = frozenset({ComponentKind.ADD_ON, ComponentKind.ONE_OFF})
"""Fees that are charged only where the account has booked them."""


class Counts(StrEnum):
    """What a minimum is measured against."""

    USAGE = "usage"
    USAGE_AND_RECURRING = "usage_and_recurring"


class Bucket(StrEnum):
    """Whose included units a rate uses up: those of the whole cycle, whatever version covers its days, or the version's
    own.
    """

    CYCLE = "cycle"
    VERSION = "version"


class Timing(StrEnum):
    """When a recurring fee is charged: with the usage of its period, or with that of the period before."""

    ARREARS = "arrears"
    ADVANCE = "advance"


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
class Wrap:
    """What counts as a contact's wrap-up: the recorded time up to most_ms, or fixed_ms whatever was recorded."""

    most_ms: int | None = None
    fixed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A price by how long one contact has lasted: from from_ms on, in begun steps of step_ms (0: actual time)."""

    from_ms: int
    price: Fraction
    step_ms: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """A usage price per minute, hour, contact, message, SMS segment or order.

    included is free in each period, in the engine's whole units (milliseconds, contacts, ...). connect_fee is charged
    for each contact of which anything is billed, cap_per_contact is the most one contact costs. is_beside: charged
    beside whatever rate takes the contact. grace_contacts: so many contacts of a period have the grace of the rounding.
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
    bucket: Bucket = Bucket.CYCLE
    connect_fee: Fraction = Fraction(0)
    cap_per_contact: Fraction | None = None
    tiers: Tiers | None = None
    stages: tuple[Stage, ...] = ()
    wrap: Wrap | None = None
    grace_contacts: int | None = None
    is_beside: bool = False

    @property
    def quantity(self) -> Quantity:
        """What the rate counts."""
        return QUANTITY_BY_KIND[self.kind]

    @property
    def lane(self) -> str:
        """Rates of one lane compete: the first that fits takes the contact. Other lanes are charged beside it."""
        if self.is_beside:
            return f"beside {self.code}"
        if self.kind is ComponentKind.PER_CONTACT or (self.quantity.is_time and self.basis & set(WORK_CLASSES)):
            return HANDLING
        if self.quantity.is_time:
            return "+".join(sorted(self.basis))
        return self.quantity.word


HANDLING = "handling"
"""The lane of the rates that price the handling of a contact, by time or as a whole."""


@dataclass(frozen=True, slots=True)
class Surcharge:
    """A percentage on what matching contacts cost, or an amount for each of them. of: the rates it is for, none meaning
    all.
    """

    code: str
    names: Names
    tax: str
    match: Matcher = field(default_factory=Matcher)
    percent: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage off the usage of the rates named in `of` (none: all), or so many price units of each that cost
    nothing.
    """

    code: str
    names: Names
    tax: str
    percent: Fraction = Fraction(0)
    units: Fraction = Fraction(0)
    of: frozenset[str] = frozenset()
    prorate: bool = True


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that the usage of a period costs, surcharges and discounts included; what exceeds it is taken off."""

    code: str
    names: Names
    amount: Fraction
    tax: str
    prorate: bool = True


@dataclass(frozen=True, slots=True)
class MinimumVolume:
    """A commitment in price units of one rate: what is missing to it is charged at that rate's price."""

    code: str
    names: Names
    of: str
    units: Fraction
    tax: str
    prorate: bool = True


@dataclass(frozen=True, slots=True)
class Fee:
    """A fixed amount. set_up: once, in the contract's first period; recurring, per_seat, ivr_tree: each period, times
    quantity; holiday: for each holiday of the period; add_on and one_off: where booked; credit: taken off each period.
    """

    code: str
    names: Names
    kind: ComponentKind
    amount: Fraction
    tax: str
    prorate: bool = True
    quantity: Fraction = Fraction(1)
    timing: Timing = Timing.ARREARS


@dataclass(frozen=True, slots=True)
class Minimum:
    """A commitment: where what it counts stays below the amount, a true-up line makes up the difference."""

    code: str
    names: Names
    amount: Fraction
    tax: str
    counts: Counts = Counts.USAGE
    prorate: bool = True


PriceComponent: TypeAlias = Rate | Surcharge | Discount | Cap | MinimumVolume | Minimum | Fee
"""One row of a tariff version."""


@dataclass(frozen=True, slots=True)
class TariffTerms:
    """One tariff version. Rates of a lane are tried by weight, then in order; the first that fits prices the contact.

    holidays are local days: a date (2026-12-25) or a day of every year (12-25).
    """

    name: str
    currency: str
    rates: tuple[Rate, ...] = ()
    fees: tuple[Fee, ...] = ()
    minimum: Minimum | None = None
    taxes: tuple[TaxCategory, ...] = (UNTAXED,)
    surcharges: tuple[Surcharge, ...] = ()
    discounts: tuple[Discount, ...] = ()
    cap: Cap | None = None
    minimum_volumes: tuple[MinimumVolume, ...] = ()
    holidays: tuple[str, ...] = ()
    cycle: Cycle = Cycle.MONTH

    def tax(self, *, code: str) -> TaxCategory:
        """Return the category a component names; parsing has made sure that it exists."""
        return next(category for category in self.taxes if category.code == code)

    @property
    def components(self) -> tuple[PriceComponent, ...]:
        """All rows: usage prices first, then what changes them, then fees and the minimum."""
        return (
            *self.rates,
            *self.surcharges,
            *self.discounts,
            *((self.cap,) if self.cap else ()),
            *self.minimum_volumes,
            *self.fees,
            *((self.minimum,) if self.minimum else ()),
        )
