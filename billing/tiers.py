"""Prices by the quantity of a period: graduated, volume, packages, flat fees. Exact, no rounding of money. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class TierMode(StrEnum):
    """graduated: each tier prices the units that fall into it. volume: the tier that the whole quantity reaches prices
    all.
    """

    GRADUATED = "graduated"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including up_to (None: without end) cost price each, and flat once the tier is reached.

    block: sold in packages of so many units, a begun one counts whole; price is then that of a package.
    """

    up_to: Fraction | None
    price: Fraction = Fraction(0)
    flat: Fraction = Fraction(0)
    block: Fraction | None = None

    def cost(self, *, units: Fraction) -> Fraction:
        """Return what units cost at this tier's price, without its flat fee."""
        return self.price * (units if self.block is None else -(-units // self.block))


@dataclass(frozen=True, slots=True)
class Tiers:
    """Tiers in order of up_to; the last one has no end. The first tier's flat fee is charged even for no units."""

    mode: TierMode
    steps: tuple[Tier, ...]

    def cost(self, *, units: Fraction) -> Fraction:
        """Return what a period's units cost, flat fees included."""
        if self.mode is TierMode.VOLUME:
            reached = self._reached(units=units)
            return reached.flat + reached.cost(units=units)
        total, below = Fraction(0), Fraction(0)
        for tier in self.steps:
            until = units if tier.up_to is None else min(units, tier.up_to)
            total += tier.flat + tier.cost(units=until - below)
            if tier.up_to is None or units <= tier.up_to:
                break
            below = tier.up_to
        return total

    def parts(self, *, before: Fraction | None, units: Sequence[Fraction], total: Fraction) -> list[Fraction]:
        """Share the cost of consecutive quantities of a period, of which `total` come in all. The parts sum to the cost
        of these quantities.

        before: what came and was priced earlier in the period; None where nothing was, not even the first flat fee.
        Graduated: each pays what it adds. Volume: all pay the same for a unit. Where nothing was used, the first pays
        the flat fee.
        """
        if not units:
            return []
        if self.mode is TierMode.VOLUME:
            cost = self.cost(units=total)
            if not total:
                return [cost if before is None else Fraction(0), *(Fraction(0) for _ in units[1:])]
            return [cost * part / total for part in units]
        used, paid = (Fraction(0), Fraction(0)) if before is None else (before, self.cost(units=before))
        parts: list[Fraction] = []
        for part in units:
            used += part
            now = self.cost(units=used) if part or not parts else paid
            parts.append(now - paid)
            paid = now
        return parts

    def _reached(self, *, units: Fraction) -> Tier:
        return next(tier for tier in self.steps if tier.up_to is None or units <= tier.up_to)
