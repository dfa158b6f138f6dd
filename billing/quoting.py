"""What a tariff will cost for expected volumes: the engine of the invoices over contacts that are made up. Pure.

quote(usage) = invoice(usage): every amount here is a bill of billing.pricing. The range says how much chance alone
moves a usual period: the 10th and the 90th of a hundred (nearest rank) of possible periods, each priced whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

from billing.bill import Bill, Line, Segment
from billing.explanation import bill_document
from billing.money import decimal_from_units
from billing.periods import Cycle, Period, cycle_period, following_period
from billing.pricing import price_period
from billing.synthesis import expected_usage, possible_usage
from billing.terms import TariffTerms
from billing.volumes import Volumes

LOW, HIGH = 10, 90
MOST_RUNS, FEWEST_RUNS = 100, 7
CONTACTS_IN_ALL = 40_000
RESAMPLES = 500
_BITS = 32


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to be expected, in smallest units without tax.

    first: the bill of the contract's first period, as it will be invoiced. usual: that of the first whole period after
    it, each fee in its own period. low and high: of the usual period; total: of all periods.
    """

    first: Bill
    usual: Bill
    usual_period: Period
    first_period: Period
    periods: int
    runs: int
    low: int
    high: int
    total: int
    total_low: int
    total_high: int
    line_ranges: Mapping[str, tuple[int, int]]


def estimate(*, terms: TariffTerms, volumes: Volumes, zone: str, starts_on: date, seed: int) -> Estimate:
    """Price what is expected of a contract that begins on a day; the same inputs and seed give the same figures.

    The total is the first period's cost and that of the usual one for each further period; its range comes from
    sums of possible periods drawn at random about it, with the first as expected.
    """
    first_period = _first_period(terms=terms, starts_on=starts_on, zone=zone)
    usual_period = following_period(period=first_period)
    if first_period.starts_on == starts_on:
        usual_period = first_period
    opening = _segment(terms, first_period, since=starts_on, is_first=True)
    opening = replace(opening, usage=expected_usage(volumes=volumes, period=first_period, since=starts_on, seed=seed))
    ahead = _segment(terms, following_period(period=first_period), since=None, is_first=False)
    first = price_period(segments=[opening], following=[ahead])
    first_cost = price_period(segments=[opening], paid_ahead={}).net_units
    plain = _segment(terms, usual_period, since=None, is_first=False)
    expected = expected_usage(volumes=volumes, period=usual_period, since=usual_period.starts_on, seed=seed)
    usual = price_period(segments=[replace(plain, usage=expected)], paid_ahead={})
    runs = max(FEWEST_RUNS, min(MOST_RUNS, CONTACTS_IN_ALL // max(1, volumes.contacts)))
    possible = [
        price_period(
            segments=[replace(plain, usage=possible_usage(volumes=volumes, period=usual_period, seed=seed + run))],
            paid_ahead={},
        )
        for run in range(1, runs + 1)
    ]
    nets = [bill.net_units for bill in possible]
    sums = _possible_sums(nets=nets, usual=usual.net_units, count=volumes.periods - 1, seed=seed)
    return Estimate(
        first=first,
        usual=usual,
        usual_period=usual_period,
        first_period=first_period,
        periods=volumes.periods,
        runs=runs,
        low=percentile(values=nets, percent=LOW),
        high=percentile(values=nets, percent=HIGH),
        total=first_cost + usual.net_units * (volumes.periods - 1),
        total_low=first_cost + percentile(values=sums, percent=LOW),
        total_high=first_cost + percentile(values=sums, percent=HIGH),
        line_ranges=_line_ranges(usual=usual, possible=possible),
    )


def percentile(*, values: Sequence[int], percent: int) -> int:
    """Return the value that so many of a hundred do not exceed, by nearest rank."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def estimate_document(*, found: Estimate, language: str) -> dict[str, Any]:
    """Return an estimate as JSON values: the usual period's lines explained, with ranges, the first bill, totals."""
    usual, first = (bill_document(bill=bill, language=language) for bill in (found.usual, found.first))
    digits = found.usual.digits

    def money(units: int) -> str:
        return str(decimal_from_units(units=units, digits=digits))

    for line, told in zip(found.usual.lines, usual["lines"], strict=True):
        low, high = found.line_ranges[line_key(line=line)]
        told |= {"low": money(low), "high": money(high)}
    return {
        "currency": found.usual.currency,
        "usual_period": found.usual_period.label,
        "first_period": found.first_period.label,
        "usual": usual | {"low": money(found.low), "high": money(found.high)},
        "first": first,
        "total": {
            "periods": found.periods,
            "net": money(found.total),
            "low": money(found.total_low),
            "high": money(found.total_high),
        },
        "runs": found.runs,
    }


def line_key(*, line: Line) -> str:
    """Return what tells a line of a one-segment bill apart."""
    return f"{line.kind} {line.component.code} {line.tax_code}"


def _first_period(*, terms: TariffTerms, starts_on: date, zone: str) -> Period:
    label = f"{starts_on:%Y-%m}" if terms.cycle is Cycle.MONTH else starts_on.isoformat()
    return cycle_period(cycle=terms.cycle, label=label, zone=zone)


def _segment(terms: TariffTerms, period: Period, *, since: date | None, is_first: bool) -> Segment:
    starts_on = since or period.starts_on
    return Segment(
        terms=terms,
        usage=(),
        share=period.share(starts_on=starts_on, ends_on=period.ends_on),
        is_first=is_first,
        key=f"{starts_on}/{date.fromordinal(period.ends_on.toordinal() - 1)}",
        zone=period.zone,
        starts_on=starts_on,
        ends_on=period.ends_on,
    )


def _possible_sums(*, nets: Sequence[int], usual: int, count: int, seed: int) -> list[int]:
    """What so many periods may cost: how possible ones differ from their mean, drawn at random, about the expected."""
    chance = Random(seed)
    mean = sum(nets) // len(nets)
    moves = [net - mean for net in nets]
    return [
        usual * count + sum(moves[chance.getrandbits(_BITS) * len(moves) >> _BITS] for _ in range(count))
        for _ in range(RESAMPLES)
    ]


def _line_ranges(*, usual: Bill, possible: Sequence[Bill]) -> dict[str, tuple[int, int]]:
    """Each line's low and high; a line that a possible period lacks was nothing in it."""
    amounts = [{line_key(line=line): line.units for line in bill.lines} for bill in possible]
    ranges = {}
    for line in usual.lines:
        key = line_key(line=line)
        values = [found.get(key, 0) for found in amounts]
        ranges[key] = (percentile(values=values, percent=LOW), percentile(values=values, percent=HIGH))
    return ranges
