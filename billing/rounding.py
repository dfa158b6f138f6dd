"""The only place where time or money is rounded; every rule has a name.

Time is rounded once per contact (rounding 1), money once per line and once per tax category (roundings 2 and 3); what a
rounded total leaves over is allotted by the largest remainder, so that the parts always sum to the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias

Whole: TypeAlias = Any
"""A whole number, or a column of whole numbers that knows the same arithmetic."""


class MoneyRule(StrEnum):
    """How an exact amount becomes a whole number of units. Symmetric in sign. The product rounds half up; the others
    serve foreign documents.
    """

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


class TimeRule(StrEnum):
    """How time beyond the first step becomes whole steps: a begun step counts, the nearest one, or full steps alone.

    An exact half goes up or down as the name says.
    """

    UP = "up"
    HALF_UP = "half_up"
    HALF_DOWN = "half_down"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class DurationRule:
    """How one contact's time becomes billed time: up to first_ms at once, then in steps of step_ms by the named rule.

    Up to grace_ms is free; least_ms is the least that a contact beyond the grace is billed. step_ms 0 = actual time.
    """

    first_ms: int = 0
    step_ms: int = 0
    grace_ms: int = 0
    least_ms: int = 0
    rule: TimeRule = TimeRule.UP

    @property
    def is_exact(self) -> bool:
        """True where the actual time is billed ("none")."""
        return self.step_ms == 0

    @property
    def name(self) -> str:
        """The rule as people write it: none, 6/6, 60/6, 60/60, half_up, at least 60 s, 5 s free."""
        parts = ["none" if self.is_exact else f"{_seconds(self.first_ms)}/{_seconds(self.step_ms)}"]
        if self.rule is not TimeRule.UP:
            parts.append(self.rule.value)
        if self.least_ms:
            parts.append(f"at least {_seconds(self.least_ms)} s")
        if self.grace_ms:
            parts.append(f"{_seconds(self.grace_ms)} s free")
        return ", ".join(parts)


def _seconds(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds, 1000)
    return str(whole) if rest == 0 else f"{whole}.{rest:03d}".rstrip("0")


def whole_steps(*, value: Whole, step: int, rule: TimeRule = TimeRule.UP) -> Whole:
    """Return the multiple of step that value becomes by the rule.

    Written in floor division, products and sums alone, so that one definition serves a single whole number and a column
    of them (billing.set_rating).
    """
    match rule:
        case TimeRule.UP:
            return -(-value // step) * step
        case TimeRule.HALF_UP:
            return (2 * value + step) // (2 * step) * step
        case TimeRule.HALF_DOWN:
            return -((step - 2 * value) // (2 * step)) * step
        case TimeRule.DOWN:
            return value // step * step


def billed_time(*, duration: Whole, rule: DurationRule) -> Whole:
    """Return the billed milliseconds of a duration that is not negative; a whole number or a column of them.

    d <= grace gives 0, else max(least, first + steps(max(0, d - first))); "none" keeps the actual time (anchors of
    usage rating, step 4; the grammar of first and next increment is that of CGRateS).
    """
    billed = duration
    if rule.step_ms:
        beyond = (duration - rule.first_ms) * (duration > rule.first_ms)
        billed = rule.first_ms + whole_steps(value=beyond, step=rule.step_ms, rule=rule.rule)
    if rule.least_ms:
        billed = billed + (rule.least_ms - billed) * (billed < rule.least_ms)
    # a contact without any billable time is within every grace and billed none
    return billed * (duration > rule.grace_ms)


def round_duration(*, duration_ms: int, rule: DurationRule) -> int:
    """Return the billed milliseconds of one contact (billed_time); ValueError on a negative duration."""
    if duration_ms < 0:
        raise ValueError(f"a duration cannot be negative: {duration_ms} ms")
    billed: int = billed_time(duration=duration_ms, rule=rule)
    return billed


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


def allot_exact(*, total_units: int, shares: Sequence[Fraction], digits: int) -> list[int]:
    """Turn exact amounts into whole units of 10^-digits that sum to total_units, as allot_shares does."""
    denominator = lcm(*(share.denominator for share in shares))
    scale = denominator * 10**digits
    return allot_shares(
        total_units=total_units,
        numerators=[share.numerator * (scale // share.denominator) for share in shares],
        denominator=denominator,
    )


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
