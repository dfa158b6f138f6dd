"""An invoice against what a quote expected: how far volume, price and the rest account for the difference. Pure.

The usual split of a variance: volume = (actual - expected quantity) x expected average price, price = what remains of
the line's difference. Quantities are what is billed before anything included is taken off, so that a price is the
line's average: included units, tiers and time bands are part of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from billing.bill import LineKind
from billing.money import units_from_decimal
from billing.rounding import round_to_units


class Figures(NamedTuple):
    """What lines of one component come to: amount in smallest units; quantity in whole `unit`s, None of a fee."""

    amount: int = 0
    quantity: int | None = None
    unit: str = ""

    def plus(self, other: "Figures") -> "Figures":
        """Return both together: lines of one component in several segments."""
        quantity = None if other.quantity is None else (self.quantity or 0) + other.quantity
        return Figures(self.amount + other.amount, quantity, other.unit)


@dataclass(frozen=True, slots=True)
class LineVariance:
    """One component: volume + price + other = actual - expected."""

    kind: LineKind
    code: str
    expected: Figures
    actual: Figures
    volume: int = 0
    price: int = 0
    other: int = 0


@dataclass(slots=True)
class KindVariance:
    """The components of one kind, and their sums."""

    kind: LineKind
    lines: list[LineVariance] = field(default_factory=list)

    def total(self, name: str) -> int:
        """Return the sum of volume, price or other."""
        return sum(getattr(line, name) for line in self.lines)

    @property
    def expected(self) -> int:
        """What the quote expected."""
        return sum(line.expected.amount for line in self.lines)

    @property
    def actual(self) -> int:
        """What the invoice charges."""
        return sum(line.actual.amount for line in self.lines)


Key = tuple[LineKind, str]


def figures_of(*, lines: Iterable[Mapping[str, Any]], digits: int) -> dict[Key, Figures]:
    """Sum lines (kind, code, amount as a decimal, explanation) by kind and component."""
    found: dict[Key, Figures] = {}
    for line in lines:
        key = (LineKind(line["kind"]), str(line["code"]))
        told = line["explanation"]
        is_counted = key[0] is LineKind.USAGE and "billed" in told
        own = Figures(
            amount=units_from_decimal(amount=line["amount"], digits=digits),
            quantity=told["billed"] if is_counted else None,
            unit=told["unit"] if is_counted else "",
        )
        found[key] = found[key].plus(own) if key in found else own
    return found


def variance(*, expected: Mapping[Key, Figures], actual: Mapping[Key, Figures]) -> list[KindVariance]:
    """Return the difference by kind and component, in the order of LineKind; what is nothing on both sides is left out.

    What was not expected at all is volume; what is counted in no units, or in others than expected, is other.
    """
    found: dict[LineKind, KindVariance] = {}
    for key in [*expected, *(key for key in actual if key not in expected)]:
        line = _line(key, expected.get(key, Figures()), actual.get(key, Figures()))
        if line.expected.amount or line.actual.amount or line.expected.quantity or line.actual.quantity:
            found.setdefault(key[0], KindVariance(kind=key[0])).lines.append(line)
    return [found[kind] for kind in LineKind if kind in found]


def _line(key: Key, expected: Figures, actual: Figures) -> LineVariance:
    difference = actual.amount - expected.amount
    units = {figures.unit for figures in (expected, actual) if figures.quantity is not None}
    if len(units) != 1:
        return LineVariance(*key, expected, actual, other=difference)
    if not expected.quantity:
        return LineVariance(*key, expected, actual, volume=difference)
    more = (actual.quantity or 0) - expected.quantity
    volume = round_to_units(value=Fraction(more * expected.amount, expected.quantity), digits=0)
    return LineVariance(*key, expected, actual, volume=volume, price=difference - volume)
