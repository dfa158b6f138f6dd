"""Contracts and versions laid over a month: which days fall under which terms."""

from datetime import date
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.periods import month_period
from billing.segments import ContractDays, VersionDays, plan_windows

JUNE = month_period(label="2026-06", zone="Europe/Madrid")
FROM_JANUARY = (VersionDays(1, date(2026, 1, 1)),)


def test_a_running_contract_covers_the_whole_month() -> None:
    (window,) = plan_windows(period=JUNE, contracts=[ContractDays(7, date(2026, 1, 1), None, FROM_JANUARY)])
    assert (window.key, window.share, window.is_first) == ("2026-06-01/2026-06-30", Fraction(1), False)
    assert (window.contract_id, window.version_id) == (7, 1)
    assert window.bounds == (JUNE.starts_at, JUNE.ends_at)


def test_a_contract_that_begins_in_the_month_is_first_in_it() -> None:
    (window,) = plan_windows(period=JUNE, contracts=[ContractDays(7, date(2026, 6, 16), None, FROM_JANUARY)])
    assert (window.key, window.share, window.is_first) == ("2026-06-16/2026-06-30", Fraction(1, 2), True)


def test_two_contracts_and_a_gap_leave_the_gap_uncovered() -> None:
    contracts = [
        ContractDays(2, date(2026, 6, 21), None, FROM_JANUARY),
        ContractDays(1, date(2026, 1, 1), date(2026, 6, 11), FROM_JANUARY),
    ]
    windows = plan_windows(period=JUNE, contracts=contracts)
    assert [(window.key, window.share, window.is_first) for window in windows] == [
        ("2026-06-01/2026-06-10", Fraction(1, 3), False),
        ("2026-06-21/2026-06-30", Fraction(1, 3), True),
    ]


def test_a_new_version_splits_the_month_on_its_day() -> None:
    versions = (VersionDays(2, date(2026, 6, 11)), VersionDays(1, date(2026, 1, 1)), VersionDays(3, date(2026, 7, 1)))
    windows = plan_windows(period=JUNE, contracts=[ContractDays(7, date(2026, 1, 1), None, versions)])
    assert [(window.version_id, window.key) for window in windows] == [
        (1, "2026-06-01/2026-06-10"),
        (2, "2026-06-11/2026-06-30"),
    ]


def test_days_before_the_first_version_are_uncovered_and_the_first_covered_day_is_the_contracts_first() -> None:
    contract = ContractDays(7, date(2026, 6, 1), None, (VersionDays(1, date(2026, 6, 16)),))
    (window,) = plan_windows(period=JUNE, contracts=[contract])
    assert (window.key, window.is_first) == ("2026-06-16/2026-06-30", True)


def test_contracts_outside_the_month_or_without_a_version_give_no_window() -> None:
    contracts = [
        ContractDays(1, date(2026, 1, 1), date(2026, 6, 1), FROM_JANUARY),
        ContractDays(2, date(2026, 7, 1), None, FROM_JANUARY),
        ContractDays(3, date(2026, 6, 1), None, ()),
    ]
    assert plan_windows(period=JUNE, contracts=contracts) == []


@given(st.lists(st.dates(date(2026, 5, 20), date(2026, 7, 10)), min_size=1, max_size=6, unique=True))
def test_windows_of_one_contract_tile_its_days_and_their_shares_sum(days: list[date]) -> None:
    versions = tuple(VersionDays(number, day) for number, day in enumerate(days))
    windows = plan_windows(period=JUNE, contracts=[ContractDays(1, date(2026, 1, 1), None, versions)])
    covered = max(0, (JUNE.ends_on - max(JUNE.starts_on, min(days))).days)
    assert sum((window.ends_on - window.starts_on).days for window in windows) == covered
    assert sum(window.share for window in windows) == Fraction(covered, 30)
    for window, following in pairwise(windows):
        assert window.bounds[1] == following.bounds[0]
