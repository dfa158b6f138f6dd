"""What the same work would cost with the client's own staff, from inputs the client can edit. Pure, exact until shown.

Paid hours = productive hours / productive share, since breaks, training, absence and waiting are paid too; cost = paid
hours x wage x load (usually 2 to 2.5: taxes, seats, software, management).
"""

from dataclasses import dataclass
from fractions import Fraction

from billing.rounding import round_to_units

USUAL_PRODUCTIVE_SHARE = Fraction(3, 4)
USUAL_LOAD = Fraction(9, 4)


@dataclass(frozen=True, slots=True)
class InHouse:
    """Own staff for so many productive hours: hours to pay, whole ones as people plan them, and the exact cost."""

    productive_hours: Fraction
    productive_share: Fraction
    wage_per_hour: Fraction
    load: Fraction

    @property
    def paid_hours(self) -> Fraction:
        """The hours to pay, exactly."""
        return self.productive_hours / self.productive_share

    @property
    def whole_paid_hours(self) -> int:
        """The hours to pay, to the nearest hour."""
        return round_to_units(value=self.paid_hours, digits=0)

    @property
    def cost(self) -> Fraction:
        """What they cost, exactly."""
        return self.paid_hours * self.wage_per_hour * self.load


def in_house(
    *,
    productive_hours: Fraction,
    wage_per_hour: Fraction = Fraction(0),
    productive_share: Fraction = USUAL_PRODUCTIVE_SHARE,
    load: Fraction = USUAL_LOAD,
) -> InHouse:
    """Return what own staff needs; ValueError where the share is not above 0 and at most 1, or a value is negative."""
    if not 0 < productive_share <= 1:
        raise ValueError(f"the productive share must be above 0 and at most 1, not {productive_share}")
    if min(productive_hours, wage_per_hour, load) < 0:
        raise ValueError("hours, wage and load must not be negative")
    return InHouse(productive_hours, productive_share, wage_per_hour, load)
