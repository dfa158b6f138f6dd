"""What a credit note takes back: amounts of an invoice's lines and the tax on them, to the last unit. Pure.

Whole units of the currency throughout, below zero where the invoice charged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.rounding import round_to_units


class CreditRefused(ValueError):
    """The amount cannot be taken back; `line` is the position of the line at fault, None for the whole."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class CreditableLine:
    """A line of an invoice: what it charged, and what earlier credit notes took back of it (of the other sign)."""

    position: int
    tax_code: str
    units: int
    credited_units: int = 0

    @property
    def left_units(self) -> int:
        """What can still be taken back, with the sign of the charge."""
        return self.units + self.credited_units


@dataclass(frozen=True, slots=True)
class CreditableTax:
    """A tax category of an invoice, and the tax that earlier credit notes took back in it (of the other sign)."""

    code: str
    percent: Fraction
    units: int
    credited_units: int = 0


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note's amounts: (position, units) of each line, (code, base units, tax units) of each category."""

    lines: tuple[tuple[int, int], ...]
    taxes: tuple[tuple[str, int, int], ...]

    @property
    def net_units(self) -> int:
        """The sum of the lines."""
        return sum(units for _, units in self.lines)

    @property
    def tax_units(self) -> int:
        """The sum of the categories' taxes."""
        return sum(units for _, _, units in self.taxes)


def credit_lines(
    *, lines: Sequence[CreditableLine], taxes: Sequence[CreditableTax], wanted: Mapping[int, int] | None
) -> Credit:
    """Return the credit of the wanted units by line position; None takes back all that is left.

    Where nothing is left of any line, the whole is every line at zero, with no tax.

    Tax is that of everything credited so far less what was credited before, and all that is left where a category is
    taken back whole: then invoice and credit notes sum to zero in every category, however many notes there were.
    CreditRefused where a line is unknown, has less left, or nothing would be taken back.
    """
    by_position = {line.position: line for line in lines}
    if wanted is None:
        wanted = {line.position: line.left_units for line in lines}
    is_nothing_left = not any(line.left_units for line in lines)
    if is_nothing_left and wanted == dict.fromkeys(by_position, 0):
        chosen = dict(wanted)
    else:
        chosen = {position: units for position, units in wanted.items() if units}
        _check(chosen=chosen, lines=by_position)
    return Credit(
        lines=tuple((position, -chosen[position]) for position in sorted(chosen)),
        taxes=tuple(
            part
            for tax in taxes
            if (part := _credited_tax(tax=tax, lines=[line for line in lines if line.tax_code == tax.code], by=chosen))
        ),
    )


def _check(*, chosen: Mapping[int, int], lines: Mapping[int, CreditableLine]) -> None:
    for position, units in chosen.items():
        line = lines.get(position)
        if line is None:
            raise CreditRefused("there is no such line on the invoice", line=position)
        if units * line.left_units <= 0 or abs(units) > abs(line.left_units):
            raise CreditRefused("more would be taken back than is left of the line", line=position)
    if not chosen:
        raise CreditRefused("nothing would be taken back")


def _credited_tax(
    *, tax: CreditableTax, lines: Sequence[CreditableLine], by: Mapping[int, int]
) -> tuple[str, int, int] | None:
    touched = [line for line in lines if line.position in by]
    if not touched:
        return None
    base = -sum(by[line.position] for line in touched)
    whole = all(line.left_units == by.get(line.position, 0) for line in lines)
    credited_base = base + sum(line.credited_units for line in lines)
    so_far = -tax.units if whole else round_to_units(value=credited_base * tax.percent / 100, digits=0)
    return tax.code, base, so_far - tax.credited_units
