"""A bill so far beside the expected one, as JSON values."""

from collections.abc import Sequence
from typing import Any

from billing.prepaid_forecast import told_grants
from billing.pricing import Bill, Line, LineKind
from billing.proration import fixed_parts
from billing.terms import Counts, Rate
from billing.wallet import Grant

ONCE_KINDS = frozenset({LineKind.SET_UP, LineKind.HOLIDAY, LineKind.ONE_OFF, LineKind.CREDIT})


def standing(bill: Bill, *, grants: Sequence[Grant]) -> dict[str, Any]:
    """What is known by now without any forecast."""
    return {
        "currency": bill.currency,
        "so_far": net_text(bill),
        "included": [told for line in bill.lines if (told := included_units(line)) is not None],
        "prepaid": told_grants(grants=grants, so_far=bill),
        "minimum": told_minimum(so_far=bill, expected=None),
    }


def told_outlook(*, so_far: Bill, expected: Bill, low: Bill | None, high: Bill | None, tests: int) -> dict[str, Any]:
    """What a period is expected to cost, and from what to what, by so many back-tests."""
    return {
        "expected": net_text(expected),
        "expected_total": str(expected.money(units=expected.total_units)),
        "low": net_text(low) if low else None,
        "high": net_text(high) if high else None,
        "back_tests": tests,
        "lines": [told_line(line, so_far) for line in expected.lines],
        "minimum": told_minimum(so_far=so_far, expected=expected),
    }


def included_units(line: Line) -> dict[str, Any] | None:
    """What a rate includes, and what usage needs of it: all but what it draws of units bought ahead."""
    rate = line.component
    if not isinstance(rate, Rate) or line.usage is None or not line.usage.allowance or line.totals is None:
        return None
    return {
        "code": rate.code,
        "name": dict(line.names.by_language),
        "unit": rate.quantity.unit,
        "allowance": line.usage.allowance,
        "used": uncovered_units(line),
        "expected": None,
        "is_used_up": uncovered_units(line) > line.usage.allowance,
        "runs_out_on": None,
        "earliest": None,
        "latest": None,
    }


def lines_of(bill: Bill, code: str) -> list[Line]:
    return [line for line in bill.lines if line.component.code == code]


def uncovered_units(line: Line) -> int:
    """What a line bills but for what it draws of units bought ahead: that leaves the plan's own as they are."""
    return (line.totals.billed if line.totals else 0) - drawn_units(line)


def drawn_units(line: Line) -> int:
    return sum(line.usage.drawn.values()) if line.usage else 0


def net_text(bill: Bill) -> str:
    return str(bill.money(units=bill.net_units))


def told_line(line: Line, so_far: Bill) -> dict[str, Any]:
    same = [
        one.units
        for one in so_far.lines
        if (one.segment.key, one.kind, one.component.code, one.tax_code, one.is_ahead)
        == (line.segment.key, line.kind, line.component.code, line.tax_code, line.is_ahead)
    ]
    return {
        "kind": str(line.kind),
        "code": line.component.code,
        "name": dict(line.names.by_language),
        "segment": line.segment.key,
        "so_far": str(line.money(units=sum(same))),
        "expected": str(line.amount),
    }


def told_minimum(*, so_far: Bill, expected: Bill | None) -> dict[str, Any] | None:
    """The commitments of a period, what counts towards them by now and at the end."""
    found = [line.segment.terms.minimum for line in so_far.lines if line.segment.terms.minimum is not None]
    if not found:
        return None
    return {
        "name": dict(found[-1].names.by_language),
        "commitment": str(so_far.money(units=_committed(so_far))),
        "so_far": str(so_far.money(units=_counted(so_far))),
        "expected": str(expected.money(units=_counted(expected))) if expected else None,
    }


def _counted(bill: Bill) -> int:
    """What counts towards the minimum, as billing.adjustments.minimum_lines counts it."""
    return sum(
        line.units
        for line in bill.lines
        if line.segment.terms.minimum is not None
        and line.kind not in ONCE_KINDS
        and line.component is not line.segment.terms.minimum
        and (line.kind is not LineKind.RECURRING or line.segment.terms.minimum.counts is Counts.USAGE_AND_RECURRING)
        and not line.is_ahead
    )


def _committed(bill: Bill) -> int:
    """The commitments of all segments of a bill."""
    segments = list({line.segment.key: line.segment for line in bill.lines if not line.is_ahead}.values())
    return sum(
        parts[segment.terms.minimum.code]
        for segment, parts in zip(segments, fixed_parts(segments=segments, digits=bill.digits), strict=True)
        if segment.terms.minimum is not None
    )
