"""When units bought ahead are expected to be used up within a period, as JSON values. Pure."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from billing.bill import Bill
from billing.periods import local_day
from billing.terms import Rate
from billing.wallet import Grant


def told_grants(
    *,
    grants: Sequence[Grant],
    so_far: Bill,
    expected: Bill | None = None,
    day_of: Callable[[Grant], tuple[date | None, date | None, date | None]] | None = None,
) -> list[dict[str, Any]]:
    """Return for each grant what is left of it to the period (allowance), what usage drew of it by now, and what it is
    expected to need of it by the end: more than the allowance where an overage comes.

    day_of: the day on which a grant is expected to be used up, the earliest and the latest.
    """
    found = []
    for grant in grants:
        used = drawn(bill=so_far, grant=grant)
        is_used_up = used >= grant.units
        days = day_of(grant) if day_of is not None and not is_used_up else (None, None, None)
        found.append(
            {
                "code": grant.id,
                "unit": grant.unit,
                "allowance": grant.units,
                "used": used,
                "expected": None if expected is None else _needed(grant=grant, so_far=so_far, expected=expected),
                "is_used_up": is_used_up,
                **dict(
                    zip(
                        ("runs_out_on", "earliest", "latest"),
                        (day.isoformat() if day else None for day in days),
                        strict=True,
                    )
                ),
            }
        )
    return found


def drawn(*, bill: Bill, grant: Grant) -> int:
    """Return what a bill draws of a grant."""
    return sum(draw.units for draw in bill.draws if draw.grant == grant.id)


def day_used_up(*, bill: Bill, grant: Grant, zone: str) -> date | None:
    """Return the day of the contact that takes the last unit of a grant, of a bill with its contacts; None where some
    is left.
    """
    started = {one.rated.usage.id: one.rated.usage.started_at for line in bill.lines for one in line.contacts}
    left = grant.units
    for draw in sorted((one for one in bill.draws if one.grant == grant.id), key=lambda one: started[one.taker]):
        left -= draw.units
        if left <= 0:
            return local_day(at=started[draw.taker], zone=zone)
    return None


def _needed(*, grant: Grant, so_far: Bill, expected: Bill) -> int:
    taken = drawn(bill=expected, grant=grant)
    if taken < grant.units:
        return taken
    return taken + max(0, _charged(bill=expected, grant=grant) - _charged(bill=so_far, grant=grant))


def _charged(*, bill: Bill, grant: Grant) -> int:
    """Units of the rates that a grant is for which nothing covers."""
    return sum(
        line.totals.charged
        for line in bill.lines
        if line.totals is not None
        and isinstance(line.component, Rate)
        and grant.serves(code=line.component.code, unit=line.component.quantity.unit)
    )
