"""Late usage by delta: what a period costs with everything that is known now, less what was booked for it. Pure.

The bill of all usage is made by the one engine; nothing is priced here. Delta rating follows OpenMeter: rate the
cumulative total, subtract what was booked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from billing.bill import Bill, Line


class Charge(NamedTuple):
    """What a line is a line of: the days it covers, its component, its tax category."""

    segment: str
    component: str
    tax: str


@dataclass(frozen=True, slots=True)
class Delta:
    """A charge whose amount is no longer what was booked, in smallest units: the booked amount is reversed and the new
    one booked instead.
    """

    charge: Charge
    booked_units: int
    now_units: int

    @property
    def reversal_units(self) -> int:
        """What takes the booked amount back."""
        return -self.booked_units

    @property
    def units(self) -> int:
        """What is charged (or, below zero, given back) beyond what was booked."""
        return self.now_units - self.booked_units


def charge_of(*, line: Line) -> Charge:
    """Return what a line is a line of."""
    return Charge(segment=line.segment.key, component=line.component.code, tax=line.tax.code)


def booked_by(*, lines: Iterable[Line]) -> dict[Charge, int]:
    """Return what some lines book, by charge in smallest units."""
    booked: dict[Charge, int] = {}
    for line in lines:
        charge = charge_of(line=line)
        booked[charge] = booked.get(charge, 0) + line.units
    return booked


def deltas(*, now: Bill, booked: Mapping[Charge, int]) -> list[Delta]:
    """Return every charge that changed, in the order of the bill, then those that are gone.

    Booked amounts plus all deltas give the bill; where nothing changed there are none.
    """
    current = booked_by(lines=now.lines)
    every = [*current, *(charge for charge in booked if charge not in current)]
    found = [Delta(charge, booked.get(charge, 0), current.get(charge, 0)) for charge in every]
    return [delta for delta in found if delta.units]
