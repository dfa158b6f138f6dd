"""Rounding of time and money. Expected values: public price pages and tests named in the cases, or worked by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import currency_digits, decimal_from_units, exact_text, exact_value, units_from_decimal
from billing.rounding import DurationRule, MoneyRule, allot, allot_shares, round_duration, round_to_units

SIXTY_SIX = DurationRule(first_ms=60_000, step_ms=6000)
rules = st.builds(
    DurationRule,
    first_ms=st.integers(0, 120_000),
    step_ms=st.integers(1, 120_000),
    grace_ms=st.integers(0, 30_000),
)
durations = st.integers(0, 10_000_000)


@pytest.mark.parametrize(("duration_s", "billed_s"), [(0, 0), (1, 60), (60, 60), (61, 66), (66, 66), (67, 72)])
def test_first_minute_is_whole_then_steps_of_six_seconds(duration_s: int, billed_s: int) -> None:
    assert round_duration(duration_ms=duration_s * 1000, rule=SIXTY_SIX) == billed_s * 1000


def test_a_single_millisecond_begins_a_new_step() -> None:
    assert round_duration(duration_ms=60_001, rule=SIXTY_SIX) == 66_000


def test_none_bills_the_actual_milliseconds() -> None:
    assert round_duration(duration_ms=85_123, rule=DurationRule()) == 85_123


def test_time_within_the_grace_is_free_and_time_beyond_is_billed_whole() -> None:
    rule = DurationRule(first_ms=6000, step_ms=6000, grace_ms=5000)
    assert round_duration(duration_ms=5000, rule=rule) == 0
    assert round_duration(duration_ms=5001, rule=rule) == 6000


@pytest.mark.parametrize(
    ("seconds", "billed"),
    # steps of 6 s, at least 30 s, up to 5 s free: 30 s are billed from beyond the grace up to 30 s, 31 s become 36
    [(5, 0), (6, 30), (30, 30), (31, 36)],
)
def test_contact_beyond_the_grace_is_billed_the_least_at_least(seconds: int, billed: int) -> None:
    rule = DurationRule(first_ms=6_000, step_ms=6_000, grace_ms=5_000, least_ms=30_000)
    assert round_duration(duration_ms=seconds * 1000, rule=rule) == billed * 1000


def test_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative: -1 ms"):
        round_duration(duration_ms=-1, rule=DurationRule())


def test_rules_are_named_as_people_write_them() -> None:
    assert DurationRule().name == "none"
    assert SIXTY_SIX.name == "60/6"
    assert DurationRule(first_ms=500, step_ms=1500, grace_ms=3000).name == "0.5/1.5, 3 s free"


@given(duration=durations, rule=rules)
def test_billed_time_is_never_below_raw_and_less_than_a_step_above_it(duration: int, rule: DurationRule) -> None:
    billed = round_duration(duration_ms=duration, rule=rule)
    if duration <= rule.grace_ms:
        assert billed == 0
        return
    assert billed >= duration
    assert billed >= rule.first_ms
    if duration > rule.first_ms:
        assert billed - duration < rule.step_ms
        assert (billed - rule.first_ms) % rule.step_ms == 0
    else:
        assert billed == rule.first_ms


@given(first=durations, second=durations, rule=rules)
def test_billed_time_never_falls_as_duration_grows(first: int, second: int, rule: DurationRule) -> None:
    shorter, longer = sorted((first, second))
    assert round_duration(duration_ms=shorter, rule=rule) <= round_duration(duration_ms=longer, rule=rule)


@pytest.mark.parametrize(
    ("rule", "digits", "value", "units"),
    [
        (MoneyRule.HALF_UP, 2, "16.125", 1613),
        (MoneyRule.HALF_EVEN, 2, "16.125", 1612),
        (MoneyRule.HALF_EVEN, 2, "16.135", 1614),
        (MoneyRule.UP, 1, "0.33", 4),
        (MoneyRule.DOWN, 1, "0.33", 3),
        (MoneyRule.HALF_UP, 0, "0.5", 1),
        (MoneyRule.HALF_UP, 0, "0.4999", 0),
    ],
)
def test_each_money_rule_rounds_alike_on_both_sides_of_zero(
    rule: MoneyRule, digits: int, value: str, units: int
) -> None:
    assert round_to_units(value=Fraction(value), digits=digits, rule=rule) == units
    assert round_to_units(value=-Fraction(value), digits=digits, rule=rule) == -units


@pytest.mark.parametrize(
    ("currency", "value", "amount"),
    [
        ("EUR", "12.345", "12.35"),
        ("EUR", "-12.345", "-12.35"),
        ("JPY", "12.5", "13"),
        ("KWD", "1.0005", "1.001"),
        ("EUR", "0", "0.00"),
    ],
)
def test_money_is_rounded_to_the_digits_of_its_currency(currency: str, value: str, amount: str) -> None:
    digits = currency_digits(currency=currency)
    units = round_to_units(value=Fraction(value), digits=digits)
    assert str(decimal_from_units(units=units, digits=digits)) == amount


def test_units_of_an_amount_with_too_many_digits_are_refused() -> None:
    assert units_from_decimal(amount=Decimal("1.42"), digits=2) == 142
    with pytest.raises(ValueError, match="more than 2 digits"):
        units_from_decimal(amount=Decimal("1.425"), digits=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1/8", "0.125"), ("17/12", "17/12"), ("-3/2", "-1.5"), ("1000", "1000"), ("0", "0"), ("1/20", "0.05")],
)
def test_exact_text_loses_nothing(value: str, text: str) -> None:
    assert exact_text(value=Fraction(value)) == text


@given(st.fractions())
def test_exact_text_reads_back(value: Fraction) -> None:
    assert exact_value(text=exact_text(value=value)) == value


def test_largest_remainder_gives_the_earlier_of_equals_the_unit() -> None:
    assert allot(total_units=600, weights=[10, 5]) == [400, 200]
    assert allot(total_units=5, weights=[1, 1, 1]) == [2, 2, 1]
    assert allot(total_units=-5, weights=[1, 1, 1]) == [-2, -2, -1]


def test_nothing_cannot_be_shared_unless_the_total_is_nothing() -> None:
    assert allot(total_units=0, weights=[0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="over nothing"):
        allot(total_units=1, weights=[0, 0])
    with pytest.raises(ValueError, match="negative"):
        allot(total_units=1, weights=[1, -1])


@given(total=st.integers(-10_000, 10_000), weights=st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any))
def test_allotted_parts_sum_to_the_total_each_within_one_unit(total: int, weights: list[int]) -> None:
    parts = allot(total_units=total, weights=weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(numerators=st.lists(st.integers(0, 10**9), max_size=40), denominator=st.integers(1, 10**6))
def test_rounded_shares_sum_to_the_rounded_sum_each_within_one_unit(numerators: list[int], denominator: int) -> None:
    total = round_to_units(value=Fraction(sum(numerators), denominator), digits=0)
    parts = allot_shares(total_units=total, numerators=numerators, denominator=denominator)
    assert sum(parts) == total
    for part, numerator in zip(parts, numerators, strict=True):
        assert abs(part - Fraction(numerator, denominator)) < 1


def test_a_total_that_is_no_rounding_of_the_shares_is_refused() -> None:
    with pytest.raises(ValueError, match="not a rounding"):
        allot_shares(total_units=3, numerators=[1, 1], denominator=2)
