"""Which contacts the rest of a period is expected to bring: those of the same weekdays, each part as it came."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.contact_forecast import ContactForecast, forecast_contacts
from billing.forecasting import Moment, RateForecast, profile_days
from billing.usage import Usage

JUNE = Moment(date(2026, 6, 1), date(2026, 7, 1), date(2026, 6, 8))
"""Monday 8 June, 00:00; the Mondays left are 8, 15, 22 and 29 June."""
MONDAYS = [date(2026, 6, day) for day in (8, 15, 22, 29)]


def call(number: int, at: datetime) -> Usage:
    return Usage(f"call {number}", at, "voice", "in", talk_ms=1000 * number)


def like(models: list[Usage], by_day: dict[date, Fraction], moment: Moment = JUNE) -> ContactForecast:
    rate = RateForecast(level=Fraction(1), by_day=by_day, each={})
    return ContactForecast(rate=rate, band=None, models={0: models}, moment=moment, zone="UTC")


def test_four_mondays_of_two_calls_go_once_through_the_eight_calls_of_eight_mondays():
    models = [call(number, datetime(2026, 4, 6, 9, number, tzinfo=UTC)) for number in range(1, 9)]
    found = like(models, dict.fromkeys(MONDAYS, Fraction(2))).expected()
    assert sorted(one.talk_ms for one in found) == [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]
    assert [one.started_at.date() for one in found] == [day for day in MONDAYS for _ in range(2)]
    assert len({one.id for one in found}) == 8


def test_half_a_call_a_day_comes_every_other_day():
    found = like([call(1, datetime(2026, 4, 6, 9, tzinfo=UTC))], dict.fromkeys(MONDAYS, Fraction(1, 2))).expected()
    # sums 0.5, 1.0, 1.5, 2.0, rounded half up: 1, 1, 2, 2
    assert [one.started_at for one in found] == [
        datetime(2026, 6, 8, 9, tzinfo=UTC),
        datetime(2026, 6, 22, 9, tzinfo=UTC),
    ]


def test_what_is_left_of_today_is_like_what_came_later_in_the_day():
    models = [call(hour, datetime(2026, 4, 6, hour, tzinfo=UTC)) for hour in (8, 11, 15)]
    noon = Moment(JUNE.starts_on, JUNE.ends_on, JUNE.today, 12, Fraction(0))
    found = like(models, {JUNE.today: Fraction(2)}, noon).expected()
    assert [one.started_at.hour for one in found] == [15, 15]


@given(
    st.lists(st.integers(0, 6 * 24 - 1), min_size=1, max_size=40),
    st.lists(st.fractions(0, 9), min_size=4, max_size=4),
    st.fractions(0, 3),
)
def test_as_many_come_as_are_expected_and_in_the_days_they_are_expected(
    quarters: list[int], expected: list[Fraction], factor: Fraction
) -> None:
    models = [
        call(number, datetime(2026, 4, 6, tzinfo=UTC) + timedelta(minutes=10 * at))
        for number, at in enumerate(quarters)
    ]
    found = like(models, dict(zip(MONDAYS, expected, strict=True))).expected(factor=factor)
    assert abs(len(found) - factor * sum(expected)) <= Fraction(1, 2)
    assert {one.started_at.date() for one in found} <= set(MONDAYS)
    assert {one.talk_ms for one in found} <= {one.talk_ms for one in models}


def test_a_steady_account_has_a_band_around_what_is_expected():
    starts_on, today = date(2026, 6, 1), date(2026, 6, 16)
    first = starts_on - timedelta(days=240)
    every = [first + timedelta(days=number) for number in range((today - first).days)]
    days = profile_days(first=first, starts_on=starts_on)
    # 20 calls of a minute a day
    models = [
        call(60, datetime(day.year, day.month, day.day, 9, number, tzinfo=UTC)) for day in days for number in range(20)
    ]
    told = forecast_contacts(
        models=models,
        daily=dict.fromkeys(every, (20, 1_200_000)),
        moment=Moment(starts_on, date(2026, 7, 1), today),
        days=days,
        first=first,
        zone="UTC",
        timed=True,
    )
    assert len(told.expected()) == 15 * 20
    assert told.band is not None
    assert told.band.tests >= 14
    # 300 calls by chance: 1.282 / sqrt(300) = 7.4 % on either side
    assert (round(float(told.band.low), 3), round(float(told.band.high), 3)) == (0.926, 1.074)
