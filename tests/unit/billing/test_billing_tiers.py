"""Prices by the quantity of a period, at their bounds. Worked by hand."""

from fractions import Fraction

import pytest

from billing.tiers import Tier, TierMode, Tiers

# 1.00 each up to 100, 0.50 beyond; 10.00 once the first tier is reached, 5.00 the second
STEPS = (
    Tier(up_to=Fraction(100), price=Fraction(1), flat=Fraction(10)),
    Tier(up_to=None, price=Fraction("0.5"), flat=Fraction(5)),
)


@pytest.mark.parametrize(
    ("units", "cost"),
    [
        ("0", "10"),
        ("100", "110"),  # the bound is of the tier below it: 10 + 100
        ("101", "55.5"),  # 5 + 101 at 0.50
    ],
)
def test_volume_prices_all_by_the_tier_that_is_reached(units: str, cost: str) -> None:
    assert Tiers(mode=TierMode.VOLUME, steps=STEPS).cost(units=Fraction(units)) == Fraction(cost)


@pytest.mark.parametrize(
    ("units", "cost"),
    [
        ("0", "10"),
        ("100", "110"),  # the second tier is not reached: no 5
        ("101", "115.5"),  # 10 + 100, 5 + 1 at 0.50
    ],
)
def test_graduated_prices_what_falls_into_each_tier(units: str, cost: str) -> None:
    assert Tiers(mode=TierMode.GRADUATED, steps=STEPS).cost(units=Fraction(units)) == Fraction(cost)


def test_a_begun_package_counts_whole() -> None:
    packages = Tiers(mode=TierMode.VOLUME, steps=(Tier(up_to=None, price=Fraction(9), block=Fraction(50)),))
    assert [packages.cost(units=Fraction(units)) for units in (0, 1, 50, 51)] == [0, 9, 9, 18]
