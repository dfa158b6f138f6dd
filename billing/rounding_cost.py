"""What the rounding of time cost: a bill beside the bill of the same usage to the millisecond. Pure.

Both are priced by the one engine, included units, tiers, caps and minimums included: where a minimum is due anyway the
rounding of a line costs nothing in the end, and the minimum's line shows it. Free seconds of a grace stay free.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from billing.bill import Bill, Line
from billing.money import exact_text
from billing.rating import UsageTotals
from billing.rounding import DurationRule, TimeRule
from billing.running_sums import is_summable
from billing.terms import Rate, TariffTerms


def without_rounding(*, terms: TariffTerms) -> TariffTerms:
    """Return terms that bill the actual time; what a grace makes free stays free."""
    return replace(terms, rates=tuple(_exact(rate) for rate in terms.rates))


def _exact(rate: Rate) -> Rate:
    return replace(
        rate,
        rounding=DurationRule(grace_ms=rate.rounding.grace_ms),
        stages=tuple(replace(stage, step_ms=0) for stage in rate.stages),
    )


def is_told_by_sums(*, terms: TariffTerms) -> bool:
    """Say whether sums are enough: what was waived is a grace or the rounding, not both, and no fee hangs on it."""
    return is_summable(terms=terms) and all(
        rate.rounding.rule is TimeRule.UP or not (rate.rounding.grace_ms or rate.connect_fee) for rate in terms.rates
    )


def unrounded(*, rate: Rate, totals: UsageTotals) -> UsageTotals:
    """Return the sums of a rate's contacts as if their actual time had been billed (is_told_by_sums)."""
    if not rate.quantity.is_time:
        return totals
    waived = totals.waived if rate.rounding.rule is TimeRule.UP else 0
    return totals._replace(waived=waived, rounding=0, billed=totals.raw - waived)


def rounding_document(*, bill: Bill, exact: Bill, language: str) -> dict[str, Any]:
    """Return what rounding cost as JSON values: by line and in all. exact: the bill without rounding.

    cost is of the printed amounts, so that the lines sum to the total; exact_cost is the line against its exact amount
    to the millisecond, without any rounding of money.
    """
    theirs: dict[tuple[str, ...], Line] = {_place(line): line for line in exact.lines}
    lines = [_told(bill, line, theirs.pop(_place(line), None), language) for line in bill.lines]
    lines += [_told(bill, None, line, language) for line in theirs.values()]
    added, waived, raw = (sum(line[name] for line in lines) for name in ("added_ms", "waived_ms", "raw_ms"))
    return {
        "currency": bill.currency,
        "net": str(bill.money(units=bill.net_units)),
        "unrounded": str(bill.money(units=exact.net_units)),
        "cost": str(bill.money(units=bill.net_units - exact.net_units)),
        "added_ms": added,
        "waived_ms": waived,
        "raw_ms": raw,
        "lines": [line for line in lines if line["added_ms"] or line["waived_ms"] or line["cost"] != _nothing(bill)],
    }


def _place(line: Line) -> tuple[str, ...]:
    return line.segment.key, str(line.kind), line.component.code, line.tax_code, str(line.is_ahead)


def _nothing(bill: Bill) -> str:
    return str(bill.money(units=0))


def _told(bill: Bill, line: Line | None, exact: Line | None, language: str) -> dict[str, Any]:
    shown = line or exact
    if shown is None:
        raise ValueError("a line of one of the bills is needed")
    units, exact_units = (found.units if found else 0 for found in (line, exact))
    is_time = isinstance(shown.component, Rate) and shown.component.quantity.is_time
    totals = (line.totals if line and is_time else None) or UsageTotals()
    return {
        "kind": str(shown.kind),
        "code": shown.component.code,
        "name": shown.names.text(language=language),
        "segment": shown.segment.key,
        "amount": str(bill.money(units=units)),
        "unrounded": str(bill.money(units=exact_units)),
        "cost": str(bill.money(units=units - exact_units)),
        "exact_cost": exact_text(value=Fraction(units, 10**bill.digits) - (exact.exact if exact else Fraction(0))),
        "raw_ms": totals.raw,
        "added_ms": totals.rounding,
        "waived_ms": totals.waived,
    }


def line_totals(*, explanation: Mapping[str, Any], rate: Rate) -> UsageTotals:
    """Return the sums that a stored line's explanation tells."""
    told = {name: int(explanation.get(name, 0)) for name in ("contacts", "raw", "waived", "rounding", "billed")}
    return UsageTotals(**told, connects=int(explanation.get("connects", 0)))
