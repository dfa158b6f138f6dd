"""Which alerts a forecast gives: rules and figures in, what fires out. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any


class AlertMeasure(StrEnum):
    """What an alert watches: an amount before tax, the minimum commitment, or units that the plan includes or that were
    bought ahead.
    """

    AMOUNT = "amount"
    MINIMUM = "minimum"
    INCLUDED = "included"


class AlertMoment(StrEnum):
    """When an alert fires: once it is so, or already when the forecast says that it will be by the period's end."""

    REACHED = "reached"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Watch:
    """A rule as values: percent of what, and when. amount is the budget, exactly."""

    id: int
    measure: str
    moment: str
    percent: int
    amount: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that a forecast fulfils; code: of the rate, or of the purchase, whose units it is about."""

    rule: int
    code: str
    figures: Mapping[str, Any]


def fired(*, watches: Iterable[Watch], told: Mapping[str, Any]) -> list[Fired]:
    """Return what fires on a forecast (billing.forecast_queries).

    reached: the figure by now is at least the threshold. expected: it is below by now, and at least that (of included
    units: more than that) at the end of the period as the forecast expects it.
    """
    return [hit for watch in watches for hit in _hits(watch, told)]


def _hits(watch: Watch, told: Mapping[str, Any]) -> Iterator[Fired]:
    match watch.measure:
        case AlertMeasure.AMOUNT:
            if told["so_far"] is not None and watch.amount is not None:
                threshold = watch.amount * watch.percent / 100
                expected = told["expected"]
                now, end = Fraction(told["so_far"]), None if expected is None else Fraction(expected)
                if _is_hit(watch, now=now, end=end, threshold=threshold):
                    yield Fired(watch.id, "", {"now": told["so_far"], "expected": expected})
        case AlertMeasure.MINIMUM:
            minimum = told["minimum"]
            if minimum is not None:
                threshold = Fraction(minimum["commitment"]) * watch.percent / 100
                end = None if minimum["expected"] is None else Fraction(minimum["expected"])
                if _is_hit(watch, now=Fraction(minimum["so_far"]), end=end, threshold=threshold):
                    figures = {"now": minimum["so_far"], "of": minimum["commitment"], "expected": minimum["expected"]}
                    yield Fired(watch.id, "", {**figures, "name": minimum["name"]})
        case AlertMeasure.INCLUDED:
            for included, is_prepaid in _units(told):
                threshold = Fraction(included["allowance"] * watch.percent, 100)
                end = None if included["expected"] is None else Fraction(included["expected"])
                if _is_hit(watch, now=Fraction(included["used"]), end=end, threshold=threshold):
                    yield Fired(
                        watch.id,
                        included["code"],
                        {
                            "now": included["used"],
                            "of": included["allowance"],
                            "expected": included["expected"],
                            "unit": included["unit"],
                            "name": included["name"],
                            "on": included["runs_out_on"] if watch.percent == 100 else None,
                            **({"is_prepaid": True} if is_prepaid else {}),
                        },
                    )


def _units(told: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """What the plan includes (False), then what was bought ahead (True)."""
    yield from ((one, False) for one in told["included"])
    yield from ((one, True) for one in told["prepaid"])


def _is_hit(watch: Watch, *, now: Fraction, end: Fraction | None, threshold: Fraction) -> bool:
    if watch.moment == AlertMoment.REACHED:
        return now >= threshold
    if end is None or now >= threshold:
        return False
    # included units that are used to the last one are no overage yet
    return end > threshold if watch.measure == AlertMeasure.INCLUDED else end >= threshold
