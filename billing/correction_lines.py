"""Late usage as lines of a later bill: what an invoiced period costs by all of its usage, less what is booked. Pure.

delta = rate(all) - booked (corrections.py), charge by charge. A correction is a JSON value, copied into the
invoice that charges it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from billing.bill import Bill, Line, LineKind, Segment
from billing.corrections import Charge, Delta, charge_of, deltas
from billing.money import exact_text
from billing.pricing import with_lines
from billing.terms import ComponentKind, Fee, Names, TariffTerms, TaxCategory

# what follows usage; fees do not change because of a late contact
USAGE_KINDS = frozenset(
    {LineKind.USAGE, LineKind.SURCHARGE, LineKind.DISCOUNT, LineKind.CAP, LineKind.TRUE_UP, LineKind.HOLIDAY}
)


def corrections_of(
    *, bill: Bill, booked: Mapping[Charge, int], drawn: Mapping[Charge, Mapping[str, int]] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Return the corrections that bring what is booked to what the bill of all usage says; none where they agree.

    drawn: what is booked of prepaid units, by grant; a correction of nothing but these is one of no money. Amounts in
    whole units. A charge that is booked and no longer on the bill is taken back whole, without names or tax.
    """
    lines = {charge_of(line=line): line for line in bill.lines if line.kind in USAGE_KINDS}
    usage = replace(bill, lines=tuple(line for line in bill.lines if line.kind in USAGE_KINDS))
    prepaid = _prepaid_changes(lines=lines, drawn=drawn)
    changed = {delta.charge: delta for delta in deltas(now=usage, booked=booked)}
    for charge in prepaid:
        changed.setdefault(charge, Delta(charge, booked.get(charge, 0), booked.get(charge, 0)))
    found: list[dict[str, Any]] = []
    for charge, delta in changed.items():
        found.append(
            {
                **charge._asdict(),
                "before": delta.booked_units,
                "after": delta.now_units,
                "units": delta.units,
            }
        )
        if charge in prepaid:
            found[-1]["prepaid"] = prepaid[charge]
        if charge in lines:
            found[-1] |= {
                "names": dict(lines[charge].names.by_language),
                "tax_category": _tax(lines[charge].tax),
            }
    return found


def drawn_by(*, corrections: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return what corrections draw of prepaid units, by grant; below zero: what they give back."""
    drawn: dict[str, int] = {}
    for correction in corrections:
        for grant, units in correction.get("prepaid", {}).items():
            drawn[grant] = drawn.get(grant, 0) + units
    return drawn


def _prepaid_changes(
    *, lines: Mapping[Charge, Line], drawn: Mapping[Charge, Mapping[str, int]]
) -> dict[Charge, dict[str, int]]:
    """What prepaid units all usage draws beyond what is booked as drawn (below zero: gives back), where it differs."""
    found: dict[Charge, dict[str, int]] = {}
    for charge in [*lines, *(charge for charge in drawn if charge not in lines)]:
        rated = lines[charge].usage if charge in lines else None
        now, before = (rated.drawn if rated else {}), drawn.get(charge, {})
        changes = {grant: now.get(grant, 0) - before.get(grant, 0) for grant in {**before, **now}}
        if any(changes.values()):
            found[charge] = {grant: units for grant, units in sorted(changes.items()) if units}
    return found


def _tax(category: TaxCategory) -> dict[str, str]:
    return {"code": category.code, "percent": exact_text(value=category.percent), "category": category.letter}


def corrected(*, bill: Bill, corrections: Sequence[Mapping[str, Any]]) -> Bill:
    """Return the bill with a line for each correction."""
    if not corrections:
        return bill
    known = {line.tax.code: line.tax for line in bill.lines}
    lines = []
    for correction in corrections:
        category = _category(correction["tax_category"], known=known)
        known.setdefault(category.code, category)
        lines.append(_line(correction, category=category, bill=bill))
    return with_lines(bill=bill, lines=lines)


def _category(tax: Mapping[str, str], *, known: Mapping[str, TaxCategory]) -> TaxCategory:
    """The tax that held in the corrected period; where the bill uses its code for another rate, under a longer code."""
    category = TaxCategory(code=tax["code"], percent=Fraction(tax["percent"]), letter=tax["category"])
    if known.get(category.code, category) == category:
        return category
    return replace(category, code=longer_code(tax=tax))


def longer_code(*, tax: Mapping[str, str]) -> str:
    """Return the code of a tax beside another one that has its code: with its category and rate."""
    return f"{tax['code']} {tax['category']} {tax['percent']}"


def _line(correction: Mapping[str, Any], *, category: TaxCategory, bill: Bill) -> Line:
    exact = Fraction(correction["units"], 10**bill.digits)
    component = Fee(
        code=correction["component"],
        names=Names({language: f"{name} · {correction['period']}" for language, name in correction["names"].items()}),
        kind=ComponentKind.ONE_OFF,
        amount=abs(exact),
        tax=category.code,
        prorate=False,
    )
    terms = TariffTerms(name="", currency=bill.currency, taxes=(category,))
    segment = Segment(terms=terms, usage=(), key=correction["segment"])
    return Line(LineKind.CORRECTION, component, segment, exact, correction["units"], bill.digits)


def explain_correction(*, correction: Mapping[str, Any], digits: int) -> dict[str, Any]:
    """Return what a correction line tells: which invoice it corrects, what was booked, what all usage gives."""
    scale = 10**digits
    return {
        "corrects": correction["invoice"],
        "period": correction["period"],
        "before": exact_text(value=Fraction(correction["before"], scale)),
        "after": exact_text(value=Fraction(correction["after"], scale)),
        "late_contacts": correction["contacts"],
        "late_usage": list(correction["usage"]),
        **({"prepaid": dict(correction["prepaid"])} if correction.get("prepaid") else {}),
    }
