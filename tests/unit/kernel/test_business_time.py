"""Business time against hand calculations, and what holds for all hours (design.md, section 6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.kernel.business_time import (
    Hours,
    add_business_time,
    business_time_between,
    hours_from,
    is_open,
    next_opening,
)

OFFICE = [["09:00", "13:00"], ["14:00", "18:00"]]
WEEK = [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []]
MADRID = hours_from(time_zone="Europe/Madrid", week=WEEK)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


def test_lunch_is_closed_and_closing_time_belongs_to_nobody() -> None:
    # Monday 2026-03-02: Madrid is UTC+1
    assert is_open(MADRID, at=utc("2026-03-02 08:00"))
    assert is_open(MADRID, at=utc("2026-03-02 11:59:59"))
    assert not is_open(MADRID, at=utc("2026-03-02 12:00"))
    assert is_open(MADRID, at=utc("2026-03-02 13:00"))
    assert not is_open(MADRID, at=utc("2026-03-02 17:00"))
    assert not is_open(MADRID, at=utc("2026-03-02 07:59:59"))


def test_next_opening_skips_the_weekend() -> None:
    friday_evening = utc("2026-03-06 17:00")
    assert next_opening(MADRID, at=friday_evening) == utc("2026-03-09 08:00")
    assert next_opening(MADRID, at=utc("2026-03-09 08:30")) == utc("2026-03-09 08:30")


def test_eight_hours_from_thursday_afternoon_end_on_friday_afternoon() -> None:
    # 16:00 to 18:00 are two hours, Friday morning four, 14:00 to 16:00 two
    assert add_business_time(MADRID, at=utc("2026-03-05 15:00"), amount=hours(8)) == utc("2026-03-06 15:00")


def test_an_amount_used_up_at_closing_time_is_due_then() -> None:
    assert add_business_time(MADRID, at=utc("2026-03-06 15:00"), amount=hours(2)) == utc("2026-03-06 17:00")
    assert add_business_time(MADRID, at=utc("2026-03-06 15:00"), amount=timedelta(0)) == utc("2026-03-06 15:00")


def test_hours_of_a_working_week_add_up() -> None:
    assert business_time_between(MADRID, start=utc("2026-03-02 00:00"), end=utc("2026-03-09 00:00")) == hours(40)
    assert business_time_between(MADRID, start=utc("2026-03-09 00:00"), end=utc("2026-03-02 00:00")) == hours(0)


def test_without_hours_every_second_counts() -> None:
    at = utc("2026-03-07 03:00")
    assert is_open(None, at=at)
    assert next_opening(None, at=at) == at
    assert add_business_time(None, at=at, amount=hours(30)) == utc("2026-03-08 09:00")
    assert business_time_between(None, start=at, end=utc("2026-03-08 09:00")) == hours(30)


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    # Berlin 2026-03-29: 02:00 becomes 03:00. A night from 22:00 to 06:00 lasts seven hours.
    night = hours_from(time_zone="Europe/Berlin", week=[[["22:00", "06:00"]]] * 7)
    start, end = utc("2026-03-28 12:00"), utc("2026-03-29 12:00")
    assert business_time_between(night, start=start, end=end) == hours(7)
    assert add_business_time(night, at=start, amount=hours(7)) == utc("2026-03-29 04:00")


def test_the_night_the_clocks_go_back_is_an_hour_longer() -> None:
    # Berlin 2026-10-25: 03:00 becomes 02:00 again
    night = hours_from(time_zone="Europe/Berlin", week=[[["22:00", "06:00"]]] * 7)
    assert business_time_between(night, start=utc("2026-10-24 12:00"), end=utc("2026-10-25 12:00")) == hours(9)


def test_an_hour_that_is_skipped_lasts_nothing_and_one_shown_twice_is_open_twice() -> None:
    early = hours_from(time_zone="Europe/Berlin", week=[[["02:00", "03:00"]]] * 7)
    spring = business_time_between(early, start=utc("2026-03-28 23:00"), end=utc("2026-03-29 22:00"))
    assert spring == hours(0)
    half = hours_from(time_zone="Europe/Berlin", week=[[["01:00", "02:30"]]] * 7)
    assert business_time_between(half, start=utc("2026-03-28 23:00"), end=utc("2026-03-29 22:00")) == hours(1)
    autumn = business_time_between(early, start=utc("2026-10-24 22:00"), end=utc("2026-10-25 22:00"))
    assert autumn == hours(2)


def test_what_opened_on_saturday_night_stays_open_past_midnight_although_sunday_is_closed() -> None:
    late = hours_from(time_zone="America/New_York", week=[[], [], [], [], [], [["20:00", "02:00"]], []])
    # Saturday 2026-07-04, New York is UTC-4: 20:00 to 02:00 is 00:00 to 06:00 UTC on Sunday
    assert next_opening(late, at=utc("2026-07-04 12:00")) == utc("2026-07-05 00:00")
    assert is_open(late, at=utc("2026-07-05 05:59"))
    assert not is_open(late, at=utc("2026-07-05 06:00"))


def test_round_the_clock_by_days_is_one_stretch() -> None:
    always = hours_from(time_zone="UTC", week=[[["00:00", "24:00"]]] * 7)
    assert is_open(always, at=utc("2026-07-05 00:00"))
    assert add_business_time(always, at=utc("2026-07-05 23:00"), amount=hours(50)) == utc("2026-07-08 01:00")


def test_holidays_close_and_own_days_win_over_them() -> None:
    calendar = hours_from(
        time_zone="Europe/Madrid",
        week=WEEK,
        days=[
            {"on": "2026-12-24", "name": "Christmas Eve", "spans": [["09:00", "12:00"]]},
            {"on": "2026-12-08", "name": "Open all the same", "spans": [["10:00", "14:00"]]},
        ],
        closed_on={date(2026, 12, 25), date(2026, 12, 8)},
    )
    assert not is_open(calendar, at=utc("2026-12-25 10:00"))
    assert not is_open(calendar, at=utc("2026-12-24 11:30"))
    assert is_open(calendar, at=utc("2026-12-08 09:00"))
    # Thursday 11:00 to 12:00 is one hour; Friday is a holiday; the other hour is Monday's first
    assert add_business_time(calendar, at=utc("2026-12-24 10:00"), amount=hours(2)) == utc("2026-12-28 09:00")


def test_public_holidays_come_from_the_package() -> None:
    import holidays

    bavaria = hours_from(time_zone="Europe/Berlin", week=WEEK, closed_on=holidays.country_holidays("DE", subdiv="BY"))
    berlin = hours_from(time_zone="Europe/Berlin", week=WEEK, closed_on=holidays.country_holidays("DE", subdiv="BE"))
    # Epiphany, Tuesday 2026-01-06, is a holiday in Bavaria and not in Berlin
    assert not is_open(bavaria, at=utc("2026-01-06 10:00"))
    assert is_open(berlin, at=utc("2026-01-06 10:00"))


def test_who_never_opens_is_never_done() -> None:
    never = hours_from(time_zone="UTC", week=[])
    assert next_opening(never, at=utc("2026-01-01 00:00")) is None
    assert add_business_time(never, at=utc("2026-01-01 00:00"), amount=hours(1)) is None


@pytest.mark.parametrize(
    ("given_hours", "complaint"),
    [
        ({"time_zone": "Mars/Base", "week": WEEK}, "Mars/Base is no time zone"),
        ({"time_zone": "UTC", "week": [[]]}, "a week has seven days"),
        ({"time_zone": "UTC", "week": [[["9:00", "10:00"]], *[[]] * 6]}, "Monday: times are HH:MM"),
        ({"time_zone": "UTC", "week": [[["09:00", "12:00"], ["11:00", "13:00"]], *[[]] * 6]}, "Monday: spans overlap"),
        ({"time_zone": "UTC", "week": [], "days": [{"on": "2026-01-01"}, {"on": "2026-01-01"}]}, "given twice"),
        ({"time_zone": "UTC", "week": [], "days": [{"on": "New Year"}]}, "a day is"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_the_reason(given_hours: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        hours_from(**given_hours)


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago")
START = utc("2026-01-01 00:00")
instants = st.integers(0, 730 * 86_400).map(lambda second: START + timedelta(seconds=second))


@st.composite
def calendars(draw: st.DrawFn) -> Hours:
    def spans() -> list[list[str]]:
        minutes = sorted(draw(st.lists(st.integers(0, 1439), unique=True, max_size=4)))
        texts = [f"{one // 60:02}:{one % 60:02}" for one in minutes]
        return [texts[i : i + 2] for i in range(0, len(texts) - 1, 2)]

    week = [spans() for _ in range(7)]
    if draw(st.booleans()):
        week[draw(st.integers(0, 6))] = [["21:30", "04:15"]]
    closed = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=5))
    return hours_from(time_zone=draw(st.sampled_from(ZONES)), week=week, closed_on=closed)


@given(calendar=calendars(), at=instants, minutes=st.integers(0, 6000))
def test_time_added_is_the_time_between(calendar: Hours, at: datetime, minutes: int) -> None:
    amount = timedelta(minutes=minutes)
    end = add_business_time(calendar, at=at, amount=amount)
    if end is None:
        assert business_time_between(calendar, start=at, end=at + timedelta(days=700)) < amount
    else:
        assert business_time_between(calendar, start=at, end=end) == amount


@given(calendar=calendars(), instants=st.lists(instants, min_size=3, max_size=3))
def test_business_time_adds_up_over_any_cut_and_never_exceeds_the_clock(
    calendar: Hours, instants: list[datetime]
) -> None:
    start, cut, end = sorted(instants)
    whole = business_time_between(calendar, start=start, end=end)
    parts = [business_time_between(calendar, start=a, end=b) for a, b in ((start, cut), (cut, end))]
    assert whole == sum(parts, timedelta(0))
    assert timedelta(0) <= whole <= end - start


@given(calendar=calendars(), at=instants)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Hours, at: datetime) -> None:
    opening = next_opening(calendar, at=at)
    if opening is None:
        return
    assert is_open(calendar, at=opening)
    assert business_time_between(calendar, start=at, end=opening) == timedelta(0)
    assert is_open(calendar, at=at) == (opening == at)
