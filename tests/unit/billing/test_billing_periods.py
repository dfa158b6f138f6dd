"""Months between local midnights. Offsets of the expected instants: the IANA database's published rules."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import PeriodError, local_day, month_of, month_period


def test_month_with_the_spring_change_is_an_hour_short() -> None:
    march = month_period(label="2026-03", zone="Europe/Paris")
    assert march.starts_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert march.ends_at == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert march.ends_at - march.starts_at == timedelta(seconds=2_674_800)
    assert march.days == 31


def test_month_with_the_autumn_change_is_an_hour_long() -> None:
    october = month_period(label="2026-10", zone="Europe/Paris")
    assert october.ends_at - october.starts_at == timedelta(days=31, hours=1)


def test_leap_february_has_29_days() -> None:
    assert month_period(label="2028-02", zone="UTC").days == 29
    assert month_period(label="2026-02", zone="UTC").days == 28


def test_a_contact_belongs_to_the_month_of_its_local_start() -> None:
    # 23:30 UTC on 31 May is 01:30 on 1 June in Paris and 19:30 on 31 May in New York.
    at = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)
    assert month_of(at=at, zone="Europe/Paris").label == "2026-06"
    assert month_of(at=at, zone="America/New_York").label == "2026-05"
    assert local_day(at=at, zone="Asia/Tokyo") == date(2026, 6, 1)


def test_share_counts_calendar_days() -> None:
    march = month_period(label="2026-03", zone="Europe/Paris")
    assert march.share(starts_on=date(2026, 3, 8), ends_on=date(2027, 1, 1)) == Fraction(24, 31)
    assert march.share(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 1)) == 0


@pytest.mark.parametrize("label", ["2026-13", "2026-6", "june", "", "2026-00", "9999-12"])
def test_text_that_is_no_month_is_refused(label: str) -> None:
    with pytest.raises(PeriodError, match="YYYY-MM"):
        month_period(label=label, zone="UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(PeriodError, match="not a time zone"):
        assert month_period(label="2026-06", zone=zone).starts_at


ZONES = [
    "Europe/Madrid",
    "Europe/Moscow",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Pacific/Apia",
    "America/New_York",
    "UTC",
    "Asia/Kolkata",
]


@given(st.sampled_from(ZONES), st.integers(1990, 2030), st.integers(1, 12))
def test_months_tile_time(zone: str, year: int, month: int) -> None:
    period = month_period(label=f"{year}-{month:02d}", zone=zone)
    following = month_period(label=f"{period.ends_on:%Y-%m}", zone=zone)
    assert period.starts_at < period.ends_at == following.starts_at


@given(st.sampled_from(ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_instant_lies_in_the_month_of_its_local_day(zone: str, at: datetime) -> None:
    period = month_of(at=at, zone=zone)
    assert period.starts_at <= at < period.ends_at
    assert period.starts_on <= at.astimezone(ZoneInfo(zone)).date() < period.ends_on
