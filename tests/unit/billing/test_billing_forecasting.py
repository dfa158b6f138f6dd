"""The forecast of a period's usage, worked by hand from the formulas of billing.forecasting."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from billing.forecasting import (
    Band,
    History,
    Moment,
    back_test,
    band_of,
    forecast_rate,
    profile_days,
)
from billing.rating import UsageTotals

FIRST = date(2026, 1, 1)
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
WORTH = {"phone": {"billed": Fraction(1), "connects": Fraction(0)}}


def minutes(contacts: int) -> UsageTotals:
    """Contacts of 50 s, billed as a minute each."""
    return UsageTotals(
        contacts=contacts,
        raw=50_000 * contacts,
        rounding=10_000 * contacts,
        billed=60_000 * contacts,
        connects=contacts,
    )


def history(daily: Callable[[date], int], *, until: date) -> History:
    days = [FIRST + timedelta(days=number) for number in range((until - FIRST).days)]
    return History(days={day: minutes(daily(day)) for day in days if daily(day)})


def test_a_month_as_usual_ends_as_usual() -> None:
    told = forecast_rate(
        history=history(lambda day: 10, until=date(2026, 6, 16)),
        moment=Moment(JUNE, JULY, date(2026, 6, 16)),
        first=FIRST,
    )
    assert told.level == 1
    # 15 days of 10 contacts, each 50 s and billed as 60
    rest = told.rest(since=date(2026, 6, 16), until=JULY)
    assert (rest.contacts, rest.raw, rest.rounding, rest.billed) == (150, 7_500_000, 1_500_000, 9_000_000)


def test_the_level_of_the_month_so_far_weighs_against_even_weeks() -> None:
    # even weeks: the spread is the least, 1/100; (100 + 300) / (100 + 150) = 8/5 of the usual 150 contacts
    told = forecast_rate(
        history=history(lambda day: 20 if day >= JUNE else 10, until=date(2026, 6, 16)),
        moment=Moment(JUNE, JULY, date(2026, 6, 16)),
        first=FIRST,
    )
    assert told.level == Fraction(8, 5)
    assert told.rest(since=date(2026, 6, 16), until=JULY).contacts == 240


def test_uneven_weeks_let_the_month_so_far_count_for_more() -> None:
    # weeks of 40 and 100 in turn, the last before June one of 100: mean 70, variance 8 * 30^2 / 7 = 7200/7,
    # spread (7200/7 - 70) / 70^2 = 671/3430. All calls come on Mondays; by 9 June two have passed, 70 expected on each.
    def mondays(day: date) -> int:
        if day.weekday() != 0:
            return 0
        return 210 if day >= JUNE else 100 if ((date(2026, 5, 25) - day).days // 7) % 2 == 0 else 40

    told = forecast_rate(
        history=history(mondays, until=date(2026, 6, 9)), moment=Moment(JUNE, JULY, date(2026, 6, 9)), first=FIRST
    )
    prior = Fraction(3430, 671)
    assert told.level == (prior + 420) / (prior + 140)
    # three Mondays are left: 15, 22 and 29 June
    assert sum(told.by_day.values()) == told.level * 3 * 70


def test_what_is_left_of_today_follows_the_hours() -> None:
    # every day 8 contacts at nine and 2 at five; it is 17:30 on the last day of June, with 8 contacts so far today
    days = {**history(lambda day: 10, until=date(2026, 6, 30)).days, date(2026, 6, 30): minutes(8)}
    hours = {(weekday, hour): 8 * count for weekday in range(7) for hour, count in ((9, 8), (17, 2))}
    told = forecast_rate(
        history=History(days=days, by_hour=hours),
        moment=Moment(JUNE, JULY, date(2026, 6, 30), hour=17, part_of_hour=Fraction(1, 2)),
        first=FIRST,
    )
    # expected by now: 29 * 10 + 8 + 1 = 299 against 298 that came; 1 is left of the usual day
    assert told.by_day == {date(2026, 6, 30): Fraction(100 + 298, 100 + 299)}


def test_less_than_four_weeks_are_too_little_history() -> None:
    assert profile_days(first=None, starts_on=JUNE) == []
    assert profile_days(first=date(2026, 5, 5), starts_on=JUNE) == []
    assert len(profile_days(first=date(2026, 5, 4), starts_on=JUNE)) == 28
    assert len(profile_days(first=FIRST, starts_on=JUNE)) == 56


def test_a_rate_that_is_new_goes_on_as_it_began() -> None:
    # 30 contacts in the first 10 of 30 days
    days = {JUNE + timedelta(days=number): minutes(3) for number in range(10)}
    told = forecast_rate(history=History(days=days), moment=Moment(JUNE, JULY, date(2026, 6, 11)), first=FIRST)
    assert told.rest(since=date(2026, 6, 11), until=JULY).contacts == 60


def test_back_tests_of_even_days_hit_and_leave_the_chance_of_counts() -> None:
    known, moment = history(lambda day: 10, until=date(2026, 6, 16)), Moment(JUNE, JULY, date(2026, 6, 16))
    ratios = back_test(histories={"phone": known}, worth=WORTH, moment=moment, first=FIRST)
    # stretches of 30 days with 28 days before them, from 1 January on, that end by 1 June: 151 - 58 + 1
    assert ratios == [1] * 94
    band = band_of(histories={"phone": known}, worth=WORTH, moment=moment, first=FIRST, expected=Fraction(144))
    # 1.282 / sqrt(144)
    assert band == Band(low=1 - Fraction(1282, 12_000), high=1 + Fraction(1282, 12_000), tests=94)


def test_too_few_former_stretches_give_no_band() -> None:
    first = date(2026, 3, 25)
    known, moment = history(lambda day: 10, until=date(2026, 6, 16)), Moment(JUNE, JULY, date(2026, 6, 16))
    # from 25 March on, 28 days of weeks and 30 of a stretch end on 22 May at the earliest: 11 stretches
    assert len(back_test(histories={"phone": known}, worth=WORTH, moment=moment, first=first)) == 11
    assert band_of(histories={"phone": known}, worth=WORTH, moment=moment, first=first, expected=Fraction(9)) is None


def test_the_band_leaves_out_eight_percent_on_either_side() -> None:
    # of 94 ratios the 7th (95 x 8 % = 7.6) and the 88th (95 x 92 % = 87.4) bound the band
    levels = [4, 16, 9, 11, 10, 7, 13, 10, 12, 8]
    known = history(lambda day: levels[(day - FIRST).days // 7 % 10], until=JUNE)
    moment = Moment(JUNE, JULY, JUNE)
    ratios = sorted(back_test(histories={"phone": known}, worth=WORTH, moment=moment, first=FIRST))
    band = band_of(histories={"phone": known}, worth=WORTH, moment=moment, first=FIRST, expected=Fraction(10**6))
    assert band is not None
    assert band.low == min(ratios[6], 1 - Fraction(1282, 10**6))
    assert band.high == max(ratios[87], 1 + Fraction(1282, 10**6))
    assert len(ratios) == 94


def test_half_of_the_rest_is_half_of_the_units() -> None:
    told = forecast_rate(
        history=history(lambda day: 10, until=date(2026, 6, 16)),
        moment=Moment(JUNE, JULY, date(2026, 6, 16)),
        first=FIRST,
    )
    half = told.rest(since=date(2026, 6, 16), until=JULY, factor=Fraction(1, 2))
    assert (half.contacts, half.billed) == (75, 4_500_000)
