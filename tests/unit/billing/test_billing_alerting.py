"""Which alerts a forecast gives, each threshold from both sides."""

from fractions import Fraction
from typing import Any

import pytest

from billing.alerting import Watch, fired


def told(**more: Any) -> dict[str, Any]:
    return {"so_far": "80.00", "expected": "120.00", "minimum": None, "included": [], "prepaid": [], **more}


def minutes(*, used: int, expected: int | None, on: str | None = None) -> dict[str, Any]:
    return {"code": "phone", "name": {"": "Phone"}, "unit": "ms", "allowance": 100, "used": used, "expected": expected,
            "runs_out_on": on}  # fmt: skip


@pytest.mark.parametrize(
    ("percent", "moment", "is_fired"),
    [
        (80, "reached", True),
        (81, "reached", False),
        # 80 is reached already, 120 is expected
        (80, "expected", False),
        (81, "expected", True),
        (120, "expected", True),
        (121, "expected", False),
    ],
)
def test_an_amount_fires_at_its_threshold(percent: int, moment: str, is_fired: bool) -> None:
    watch = Watch(id=7, measure="amount", moment=moment, percent=percent, amount=Fraction(100))
    hits = fired(watches=[watch], told=told())
    assert [(hit.rule, hit.code, hit.figures) for hit in hits] == (
        [(7, "", {"now": "80.00", "expected": "120.00"})] if is_fired else []
    )


def test_without_a_forecast_only_what_is_reached_fires() -> None:
    watches = [Watch(1, "amount", moment, 100, Fraction(70)) for moment in ("reached", "expected")]
    assert [hit.rule for hit in fired(watches=watches, told=told(expected=None))] == [1]
    assert fired(watches=watches, told=told(so_far=None, expected=None)) == []


@pytest.mark.parametrize(
    ("used", "expected", "fires"),
    [(99, 100, []), (99, 101, ["expected"]), (100, 150, ["reached"]), (150, None, ["reached"])],
)
def test_included_units_warn_before_the_overage_starts(used: int, expected: int | None, fires: list[str]) -> None:
    watches = [Watch(1, "included", "reached", 100), Watch(2, "included", "expected", 100)]
    hits = fired(watches=watches, told=told(included=[minutes(used=used, expected=expected, on="2026-06-21")]))
    assert [{1: "reached", 2: "expected"}[hit.rule] for hit in hits] == fires
    assert all(hit.code == "phone" and hit.figures["on"] == "2026-06-21" for hit in hits)


def test_every_rate_with_included_units_fires_for_itself() -> None:
    rows = [minutes(used=80, expected=90), {**minutes(used=10, expected=20), "code": "chat"}]
    assert [hit.code for hit in fired(watches=[Watch(1, "included", "reached", 80)], told=told(included=rows))] == [
        "phone"
    ]


def test_the_minimum_fires_by_what_counts_towards_it() -> None:
    minimum = {"name": {"": "Least"}, "commitment": "200.00", "so_far": "99.99", "expected": "200.00"}
    watches = [
        Watch(1, "minimum", "reached", 50),
        Watch(2, "minimum", "expected", 50),
        Watch(3, "minimum", "expected", 101),
    ]
    assert [hit.rule for hit in fired(watches=watches, told=told(minimum=minimum))] == [2]
