"""Split whole units among several so that every unit has one owner. Pure."""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    """Gives each unit to whoever is owed most, and remembers the remainder for the next time.

    With every unit each claimant earns its weight's part of a unit; the one that is owed most gets the unit (ties: the
    last in the order given) and owes it. Nobody is ever overpaid by a whole unit, whole rounds come out exact, and
    because unit follows unit it makes no difference where a long stretch is cut into shorter ones.
    """

    def __init__(self) -> None:
        self._owed: dict[K, Fraction] = {}

    def share(self, *, units: int, weights: Sequence[tuple[K, int]]) -> dict[K, int]:
        """Return the units of each claimant; they sum to `units`. Raises ValueError without any positive weight."""
        claims = [(key, weight) for key, weight in weights if weight > 0]
        if not claims:
            raise ValueError("weights: at least one must be above zero")
        if len(claims) == 1:
            return {claims[0][0]: units}
        divisor = gcd(*(weight for _, weight in claims))
        turn = sum(weight for _, weight in claims) // divisor
        before = [self._owed.get(key, Fraction(0)) for key, _ in claims]
        scale = lcm(turn, *(owed.denominator for owed in before))
        owed = [int(part * scale) for part in before]
        earned = [weight // divisor * (scale // turn) for _, weight in claims]
        got = [0] * len(claims)
        left = units
        while left >= turn:
            start = list(owed)
            counts = _take(owed, earned, scale, turn)
            # After a whole round the debts repeat at once or after a few rounds; then the rest is multiplication.
            rounds = left // turn if owed == start else 1
            got = [had + rounds * more for had, more in zip(got, counts, strict=True)]
            left -= rounds * turn
        got = [had + more for had, more in zip(got, _take(owed, earned, scale, left), strict=True)]
        for (key, _), part in zip(claims, owed, strict=True):
            self._owed[key] = Fraction(part, scale)
        return {key: count for (key, _), count in zip(claims, got, strict=True) if count}


def by_remainder(*, units: int, weights: Sequence[tuple[K, int]]) -> dict[K, int]:
    """Return the units of each claimant in proportion to their weights, however large these are; they sum to `units`.

    Everybody gets the whole units of their exact part, the rest goes to the largest remainders (ties: the last in the
    order given), so that nobody is a whole unit away. Where units do not exceed the sum of the weights, nobody gets
    more than their weight. Raises ValueError without any positive weight.
    """
    whole = sum(weight for _, weight in weights)
    if whole <= 0:
        raise ValueError("weights: at least one must be above zero")
    parts = [divmod(units * weight, whole) for _, weight in weights]
    left = units - sum(part for part, _ in parts)
    extra = set(sorted(range(len(parts)), key=lambda index: (parts[index][1], index))[len(parts) - left :])
    got = {key: part + (index in extra) for index, ((key, _), (part, _)) in enumerate(zip(weights, parts, strict=True))}
    return {key: count for key, count in got.items() if count}


def deal(*, lengths: Sequence[int], among: Sequence[tuple[K, int]]) -> list[dict[K, int]]:
    """Deal what each claimant has to consecutive stretches, in proportion to their lengths, in whole units.

    The lengths and what the claimants have sum to the same; so does every stretch to its length, and over all
    stretches every claimant gets exactly what they have.
    """
    left = dict(among)
    dealt = []
    for length in lengths:
        part = by_remainder(units=length, weights=list(left.items())) if length else {}
        for key, count in part.items():
            left[key] -= count
        dealt.append(part)
    return dealt


def _take(owed: list[int], earned: list[int], scale: int, units: int) -> list[int]:
    """Hand out units one by one; changes `owed`, returns how many each got."""
    counts = [0] * len(owed)
    for _ in range(units):
        most = 0
        for index, part in enumerate(earned):
            owed[index] += part
            if owed[index] >= owed[most]:
                most = index
        owed[most] -= scale
        counts[most] += 1
    return counts
