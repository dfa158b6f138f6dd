from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.dashboards.portal_months import (
    Month,
    days_of,
    month_bounds,
    month_of,
    parse_month,
    same_stretch_before,
    shifted,
)

MADRID = ZoneInfo("Europe/Madrid")


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc, arg-type]


def test_month_in_madrid_begins_at_local_midnight() -> None:
    bounds = month_bounds(month=Month(2026, 6), zone=MADRID)

    assert bounds == (utc(2026, 5, 31, 22), utc(2026, 6, 30, 22))


def test_month_with_the_spring_change_is_an_hour_short() -> None:
    start, end = month_bounds(month=Month(2026, 3), zone=MADRID)

    assert end - start == dt.timedelta(days=31) - dt.timedelta(hours=1)


def test_month_with_the_autumn_change_is_an_hour_long() -> None:
    start, end = month_bounds(month=Month(2026, 10), zone=MADRID)

    assert end - start == dt.timedelta(days=31) + dt.timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "2026-6", "2026-06-0", "0001-01"])
def test_text_that_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_month(text=text)


def test_shifting_crosses_the_year() -> None:
    assert shifted(month=Month(2026, 1), by=-1) == Month(2025, 12)
    assert shifted(month=Month(2025, 12), by=1) == Month(2026, 1)


def test_leap_february_has_29_days() -> None:
    assert len(days_of(month=Month(2028, 2))) == 29


def test_finished_month_is_compared_with_the_whole_month_before() -> None:
    stretch = same_stretch_before(month=Month(2026, 6), at=utc(2026, 7, 1), zone=MADRID)

    assert stretch == (utc(2026, 4, 30, 22), utc(2026, 5, 31, 22))


def test_running_month_is_compared_with_the_same_elapsed_time() -> None:
    stretch = same_stretch_before(month=Month(2026, 6), at=utc(2026, 6, 10, 22), zone=MADRID)

    assert stretch == (utc(2026, 4, 30, 22), utc(2026, 5, 10, 22))


def test_comparison_never_runs_past_the_shorter_month() -> None:
    stretch = same_stretch_before(month=Month(2026, 3), at=utc(2026, 3, 31, 12), zone=MADRID)

    assert stretch == (utc(2026, 1, 31, 23), utc(2026, 2, 28, 23))


@given(
    zone=st.sampled_from(sorted(available_timezones())),
    at=st.datetimes(
        min_value=dt.datetime(2001, 1, 1),  # noqa: DTZ001 (hypothesis wants its bounds naive)
        max_value=dt.datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(dt.UTC),
    ),
)
def test_every_instant_lies_in_exactly_its_own_month(zone: str, at: dt.datetime) -> None:
    here = ZoneInfo(zone)
    month = month_of(at=at, zone=here)

    start, end = month_bounds(month=month, zone=here)

    assert start <= at < end
    assert month_bounds(month=shifted(month=month, by=1), zone=here)[0] == end
    assert month_bounds(month=shifted(month=month, by=-1), zone=here)[1] == start


def test_a_cycle_of_28_days_is_named_by_its_first_day() -> None:
    cycle = parse_month(text="2026-03-16")
    assert str(cycle) == "2026-03-16"
    # over the change to summer time: 28 days less an hour
    assert month_bounds(month=cycle, zone=MADRID) == (utc(2026, 3, 15, 23), utc(2026, 4, 12, 22))
    assert len(days_of(month=cycle)) == 28
    assert str(shifted(month=cycle, by=1)) == "2026-04-13"
    assert str(shifted(month=cycle, by=-2)) == "2026-01-19"
    assert same_stretch_before(month=cycle, at=utc(2026, 3, 17, 23), zone=MADRID) == (
        utc(2026, 2, 15, 23),
        utc(2026, 2, 17, 23),
    )


@pytest.mark.parametrize("text", ["2026-03-32", "2026-03-1", "2026-03-16x", "2026-02-30"])
def test_a_day_that_is_none_names_no_cycle(text: str) -> None:
    with pytest.raises(ValueError, match="28-day cycle"):
        parse_month(text=text)
