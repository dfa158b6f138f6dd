"""The only place where time or money is rounded; every rule has a name.

Time is rounded once per contact (rounding 1), money once per line and once per tax category (roundings 2 and 3); what a
rounded total leaves over is allotted by the largest remainder, so that the parts always sum to the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from billing.money import currency_digits, decimal_from_units


class MoneyRule(StrEnum):
    """How an exact amount becomes a whole number of units. Symmetric in sign. The product rounds half up; the others
    serve foreign documents.
    """

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class DurationRule:
    """How one contact's time becomes billed time: up to first_ms at once, then in steps of step_ms; up to grace_ms is
    free. step_ms 0 = actual time.
    """

    first_ms: int = 0
    step_ms: int = 0
    grace_ms: int = 0

    @property
    def is_exact(self) -> bool:
        """True where the actual time is billed ("none")."""
        return self.step_ms == 0

    @property
    def name(self) -> str:
        """The rule as people write it: none, 6/6, 60/6, 60/60 with 5 s grace."""
        base = "none" if self.is_exact else f"{_seconds(self.first_ms)}/{_seconds(self.step_ms)}"
        return base if self.grace_ms == 0 else f"{base}, {_seconds(self.grace_ms)} s free"


def _seconds(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds, 1000)
    return str(whole) if rest == 0 else f"{whole}.{rest:03d}".rstrip("0")


def round_duration(*, duration_ms: int, rule: DurationRule) -> int:
    """Return the billed milliseconds of one contact.

    d <= grace gives 0, else first + ceil(max(0, d - first) / step) x step; "none" keeps the actual time (anchors of
    usage rating, step 4; the grammar of first and next increment is that of CGRateS). A contact without any billable
    time is billed none. ValueError on a negative duration.
    """
    if duration_ms < 0:
        raise ValueError(f"a duration cannot be negative: {duration_ms} ms")
    if duration_ms <= rule.grace_ms:
        return 0
    if rule.step_ms == 0:
        return duration_ms
    beyond_first = max(0, duration_ms - rule.first_ms)
    return rule.first_ms - (-beyond_first // rule.step_ms) * rule.step_ms


def round_to_units(*, value: Fraction, digits: int, rule: MoneyRule = MoneyRule.HALF_UP) -> int:
    """Return the whole units of 10^-digits nearest to value by the named rule, the same for both signs."""
    scaled = abs(value) * 10**digits
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice_rest = 2 * rest
    match rule:
        case MoneyRule.HALF_UP:
            goes_up = twice_rest >= scaled.denominator
        case MoneyRule.HALF_EVEN:
            goes_up = twice_rest > scaled.denominator or (twice_rest == scaled.denominator and whole % 2 == 1)
        case MoneyRule.UP:
            goes_up = rest > 0
        case MoneyRule.DOWN:
            goes_up = False
    units: int = whole + goes_up
    return units if value >= 0 else -units


def round_money(*, value: Fraction, currency: str) -> Decimal:
    """Return the amount to the currency's digits, half up and away from zero: 12.345 gives 12.35, -12.345 gives -12.35
    (EN 16931 rounds so).
    """
    digits = currency_digits(currency=currency)
    return decimal_from_units(units=round_to_units(value=value, digits=digits), digits=digits)


def allot_shares(*, total_units: int, numerators: Sequence[int], denominator: int) -> list[int]:
    """Turn exact shares (numerator / denominator units each) into whole units that sum to total_units, each within one
    unit of its share.

    total_units is the rounded sum of the shares. Largest remainder; the earlier of two equal remainders gets the unit,
    so that a replay gives the same parts. ValueError where the total is not a rounding of the sum.
    """
    parts: list[int] = []
    remainders: list[int] = []
    for numerator in numerators:
        part, remainder = divmod(numerator, denominator)
        parts.append(part)
        remainders.append(remainder)
    left = total_units - sum(parts)
    if left < 0 or left > sum(1 for remainder in remainders if remainder):
        raise ValueError(f"{total_units} is not a rounding of {sum(numerators)}/{denominator}")
    # a reversed sort is stable: of two equal remainders the earlier stays first
    for index in sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)[:left]:
        parts[index] += 1
    return parts


def allot(*, total_units: int, weights: Sequence[int]) -> list[int]:
    """Share whole units by weight (not negative) so that the parts sum to the total; the sign of the total carries over
    to the parts.

    Where all weights are zero only a total of zero can be shared; ValueError otherwise.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight cannot be negative")
    whole = sum(weights)
    if whole == 0:
        if total_units:
            raise ValueError(f"{total_units} units cannot be shared over nothing")
        return [0] * len(weights)
    sign, target = (1, total_units) if total_units >= 0 else (-1, -total_units)
    parts = allot_shares(total_units=target, numerators=[weight * target for weight in weights], denominator=whole)
    return [sign * part for part in parts]
