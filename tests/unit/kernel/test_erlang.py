"""Erlang B, C and A against published values, and what must hold for every demand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactcenter.kernel.erlang import (
    Demand,
    erlang_b,
    erlang_c,
    expectation,
    operators_needed,
    pool_needed,
    pooled,
    with_shrinkage,
)

# callcentrehelper.com, "Erlang C formula made simple": 100 calls in 30 minutes, 180 s each
EXAMPLE = Demand(rate=100 / 1800, aht_s=180)
# Gans, Koole, Mandelbaum (2003), table 1: 50 operators, 48 calls a minute, 1 minute each, patience 2 minutes
PATIENT = Demand(rate=48 / 60, aht_s=60)
IMPATIENT = Demand(rate=48 / 60, aht_s=60, patience_s=120)


@pytest.mark.parametrize(("load", "operators"), [(4.461, 10), (37.90, 50), (84.06, 100)])
def test_erlang_b_loses_one_percent_at_the_tabulated_load(load: float, operators: int) -> None:
    # Cooper; ITU-T tables of Erlang B at 1 %
    assert erlang_b(load=load, operators=operators) == pytest.approx(0.01, abs=1e-5)


def test_erlang_b_of_few_operators_is_what_the_formula_gives_by_hand() -> None:
    assert erlang_b(load=2, operators=0) == 1
    assert erlang_b(load=2, operators=1) == pytest.approx(2 / 3)
    assert erlang_b(load=2, operators=2) == pytest.approx(2 / 5)


def test_erlang_c_gives_the_published_example() -> None:
    found = expectation(demand=EXAMPLE, operators=14, within_s=20)
    assert found.waits == pytest.approx(0.1741, abs=5e-5)
    assert found.service_level == pytest.approx(0.8883, abs=1e-4)
    assert found.asa_s == pytest.approx(7.8, abs=0.05)
    assert found.occupancy == pytest.approx(0.714, abs=5e-4)
    assert operators_needed(demand=EXAMPLE, target=0.8, within_s=20).operators == 14
    assert with_shrinkage(operators=14, shrinkage=0.3) == 20


def test_erlang_a_gives_the_published_table() -> None:
    calm = expectation(demand=PATIENT, operators=50, within_s=20)
    assert calm.asa_s == pytest.approx(20.8, abs=0.05)
    assert calm.occupancy == pytest.approx(0.96)
    left = expectation(demand=IMPATIENT, operators=50, within_s=20)
    assert left.abandons == pytest.approx(0.031, abs=5e-4)
    assert left.asa_s == pytest.approx(3.7, abs=0.05)
    assert left.occupancy == pytest.approx(0.93, abs=5e-4)


def test_one_operator_and_one_who_waits_is_what_a_hand_gives() -> None:
    # M/M/1+M with rate = 1/AHT = 1/patience = 1: states are Poisson(1) distributed, so P(0) = 1/e
    found = expectation(demand=Demand(rate=1, aht_s=1, patience_s=1), operators=1, within_s=0)
    assert found.waits == pytest.approx(1 - 1 / math.e)
    assert found.service_level == pytest.approx(1 / math.e)
    # mean queue = sum over n of (n - 1) P(n) = 1 - (1 - 1/e)
    assert found.abandons == pytest.approx(1 / math.e)
    assert found.occupancy == pytest.approx(1 - 1 / math.e)


def test_great_patience_is_erlang_c() -> None:
    patient = expectation(demand=Demand(rate=2, aht_s=600, patience_s=1e7), operators=1240, within_s=20)
    endless = expectation(demand=Demand(rate=2, aht_s=600), operators=1240, within_s=20)
    assert patient.service_level == pytest.approx(endless.service_level, abs=1e-4)
    assert patient.asa_s == pytest.approx(endless.asa_s, rel=1e-3)


def test_thousands_of_operators_neither_overflow_nor_vanish() -> None:
    crowd = operators_needed(demand=Demand(rate=10, aht_s=600), target=0.8, within_s=20)
    assert 6000 < crowd.operators < 6100
    assert expectation(demand=Demand(rate=2, aht_s=600, patience_s=1e6), operators=1100, within_s=20).abandons == (
        pytest.approx(1 - 1100 / 1200, rel=1e-6)
    )
    assert expectation(demand=Demand(rate=0.001, aht_s=60, patience_s=60), operators=3000, within_s=20).waits == 0


def test_growing_queue_has_no_service_level_and_no_end() -> None:
    found = expectation(demand=EXAMPLE, operators=10, within_s=20)
    assert found.service_level == 0
    assert math.isinf(found.asa_s)
    assert erlang_c(load=10, operators=10) == 1


def test_nothing_to_do_needs_nobody() -> None:
    assert operators_needed(demand=Demand(rate=0, aht_s=180), target=0.8, within_s=20).operators == 0


def test_impossible_inputs_are_refused() -> None:
    for bad in ({"rate": -1, "aht_s": 1}, {"rate": 1, "aht_s": 0}, {"rate": 1, "aht_s": 1, "patience_s": 0}):
        with pytest.raises(ValueError, match="more than 0"):
            Demand(**bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="target"):
        operators_needed(demand=EXAMPLE, target=1, within_s=20)
    with pytest.raises(ValueError, match="shrinkage"):
        with_shrinkage(operators=3, shrinkage=1)


RATES = st.floats(0.0005, 0.2)
TIMES = st.floats(20, 900)
PATIENCE = st.none() | st.floats(10, 3000)


@settings(max_examples=150, deadline=None)
@given(rate=RATES, aht_s=TIMES, patience_s=PATIENCE, operators=st.integers(0, 150), within_s=st.floats(0, 300))
def test_more_operators_never_lower_the_service_level(rate, aht_s, patience_s, operators, within_s) -> None:
    demand = Demand(rate=rate, aht_s=aht_s, patience_s=patience_s)
    fewer = expectation(demand=demand, operators=operators, within_s=within_s)
    more = expectation(demand=demand, operators=operators + 1, within_s=within_s)
    assert more.service_level >= fewer.service_level - 1e-9
    assert more.abandons <= fewer.abandons + 1e-9
    for found in (fewer, more):
        assert 0 <= found.service_level <= 1
        assert 0 <= found.occupancy <= 1


@settings(max_examples=60, deadline=None)
@given(
    streams=st.lists(st.tuples(RATES, TIMES), min_size=2, max_size=4),
    patience_s=PATIENCE,
    target=st.floats(0.3, 0.95),
    within_s=st.floats(5, 120),
)
def test_one_pool_never_needs_more_than_the_sum_of_its_parts(streams, patience_s, target, within_s) -> None:
    demands = [Demand(rate=rate, aht_s=aht_s, patience_s=patience_s) for rate, aht_s in streams]
    together = pool_needed(demands=demands, target=target, within_s=within_s)
    apart = sum(operators_needed(demand=demand, target=target, within_s=within_s).operators for demand in demands)
    assert together.operators <= apart
    assert together.service_level >= target - 1e-9


@settings(max_examples=60, deadline=None)
@given(rates=st.lists(RATES, min_size=2, max_size=4), aht_s=TIMES, target=st.floats(0.5, 0.95))
def test_pooling_who_never_give_up_saves_by_itself(rates, aht_s, target) -> None:
    demands = [Demand(rate=rate, aht_s=aht_s) for rate in rates]
    together = operators_needed(demand=pooled(demands=demands), target=target, within_s=20)
    assert together.operators <= sum(
        operators_needed(demand=demand, target=target, within_s=20).operators for demand in demands
    )


def test_overloaded_impatient_pool_is_worked_as_its_parts() -> None:
    part = Demand(rate=0.125, aht_s=132, patience_s=10)
    alone = operators_needed(demand=part, target=0.5, within_s=5)
    assert operators_needed(demand=pooled(demands=[part, part]), target=0.5, within_s=5).operators == (
        2 * alone.operators + 1
    )
    shared = pool_needed(demands=[part, part], target=0.5, within_s=5)
    assert shared.operators == 2 * alone.operators
    assert shared.service_level == pytest.approx(alone.service_level)


@given(operators=st.integers(0, 500), percent=st.integers(0, 90))
def test_shrinkage_leaves_enough_at_work_and_not_one_more(operators, percent) -> None:
    rostered = with_shrinkage(operators=operators, shrinkage=percent / 100)
    assert rostered * (100 - percent) >= operators * 100
    assert (rostered - 1) * (100 - percent) < operators * 100
