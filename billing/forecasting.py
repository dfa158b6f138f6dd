"""The forecast of a period's usage from its beginning and the weeks before, with a band from back-tests. Pure, exact.

Method. The weeks before the period (at most eight) give an average week by weekday and local hour. The period so far
says how much more or less than that average comes now: its level. Counts of contacts are read as Poisson with a random
level (Jongbloed and Koole, Managing uncertainty in call centres using Poisson mixtures, Applied Stochastic Models in
Business and Industry 17, 2001, 307-318): with a gamma level of mean 1 and variance v, the level after A contacts where
the average week expects E is (1/v + A) / (1/v + E), the credibility estimate of Buehlmann. v is estimated from the
weeks' totals, (variance - mean) / mean^2, and never below LEAST_SPREAD. What is left of the period is level x average
week; each contact counts for what the contacts of these weeks and of the period so far took on average.

Band. The same forecast is made for former stretches of the period's length, at the same number of days into them
(rolling origin: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.10). The ratios of what
then came to what was forecast, ranked as in split conformal prediction (Lei et al., JASA 113, 2018), give the band for
the rest; it is never narrower than the chance of counts (Poisson) alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import isqrt

from billing.rating import UsageTotals
from billing.rounding import round_to_units

PROFILE_DAYS = 56
LEAST_DAYS = 28
TESTED_DAYS = 184
LEAST_CONTACTS = 20
LEAST_TESTS = 14
LEAST_SPREAD = Fraction(1, 100)
BAND = Fraction(8, 10)
"""The share of periods whose end is meant to lie within the band."""
TAIL = Fraction(8, 100)
"""The ranks left out on either side: fewer than a tenth, since back-tests that overlap are worth less than as many
separate ones. So many hold BAND of the ends of simulated months (python -m bench forecast).
"""
NORMAL_OF_BAND = Fraction(1282, 1000)
"""The normal quantile of 90 %: what 80 % of normal chance lie within, on either side."""
WEEK = 7

Days = Mapping[date, UsageTotals]
FIELDS = ("raw", "waived", "rounding", "connects")


@dataclass(frozen=True, slots=True)
class History:
    """What is known of the contacts of one rate: their sums by local day, all days complete but the last; and the
    contacts of the profile's days by weekday and hour.
    """

    days: Days = field(default_factory=dict)
    by_hour: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """A period [starts_on, ends_on) of local days, and how far it is: the day of now and the part of its hours."""

    starts_on: date
    ends_on: date
    today: date
    hour: int = 0
    part_of_hour: Fraction = Fraction(0)

    @property
    def days(self) -> int:
        """The period's calendar days."""
        return (self.ends_on - self.starts_on).days


@dataclass(frozen=True, slots=True)
class RateForecast:
    """What is expected of one rate: its level against the average week, and what each remaining day brings.

    by_day holds exact contacts from today on; the rest of today alone. each: the units of one contact by name.
    """

    level: Fraction
    by_day: Mapping[date, Fraction]
    each: Mapping[str, Fraction]

    def rest(self, *, since: date, until: date, factor: Fraction = Fraction(1)) -> UsageTotals:
        """Return what [since, until) still brings, in whole units; factor: so much more or less than expected."""
        contacts = factor * sum((value for day, value in self.by_day.items() if since <= day < until), Fraction(0))
        whole = {name: round_to_units(value=contacts * self.each[name], digits=0) for name in FIELDS}
        return UsageTotals(
            contacts=round_to_units(value=contacts, digits=0),
            billed=max(0, whole["raw"] - whole["waived"] + whole["rounding"]),
            **whole,
        )


@dataclass(frozen=True, slots=True)
class Band:
    """So much less and more than expected the rest of the period may bring, from so many back-tests."""

    low: Fraction
    high: Fraction
    tests: int


def profile_days(*, first: date | None, starts_on: date) -> list[date]:
    """Return the days before a period that its average week is made of; none where they are too few."""
    if first is None:
        return []
    since = max(first, starts_on - timedelta(days=PROFILE_DAYS))
    days = (starts_on - since).days
    return [since + timedelta(days=number) for number in range(days)] if days >= LEAST_DAYS else []


def forecast_rate(*, history: History, moment: Moment, first: date) -> RateForecast:
    """Return what is expected of one rate. first: the first day of which the account's usage is known."""
    days = profile_days(first=first, starts_on=moment.starts_on)
    weekdays = _weekdays(days)
    passed = _range(moment.starts_on, moment.today)
    come = _contacts(history.days, _range(moment.starts_on, moment.today + timedelta(days=1)))
    average = [Fraction(_contacts(history.days, [day for day in days if day.weekday() == weekday]), max(1, number))
               for weekday, number in enumerate(weekdays)]  # fmt: skip
    today_done = _part_of_day(history=history, moment=moment, number=weekdays[moment.today.weekday()])
    if not moment.starts_on <= moment.today < moment.ends_on:
        today_done = Fraction(0)
    expected = sum((average[day.weekday()] for day in passed), today_done)
    left = {day: average[day.weekday()] for day in _range(max(moment.today, moment.starts_on), moment.ends_on)}
    if moment.today in left:
        left[moment.today] -= today_done
    if not any(average):
        # a rate of which the weeks before know nothing goes on as it began
        done = len(passed) + Fraction(moment.hour + moment.part_of_hour, 24)
        daily = Fraction(come) / done if done else Fraction(0)
        left = dict.fromkeys(left, daily)
        if moment.today in left:
            left[moment.today] *= 1 - Fraction(moment.hour + moment.part_of_hour, 24)
        level = Fraction(1)
    else:
        level = _level(come=come, expected=expected, weeks=_weeks(history.days, days))
    return RateForecast(
        level=level,
        by_day={day: level * value for day, value in left.items()},
        each=_each(history.days, [*days, *passed, moment.today]),
    )


def band_of(*, histories: Mapping[str, History], worth: Mapping[str, Mapping[str, Fraction]], moment: Moment,
            first: date, expected: Fraction) -> Band | None:  # fmt: skip
    """Return the band of what is left of a period; None where there are too few former stretches to test on.

    worth: by rate, what one of its units (billed, connects) counts for; expected: the contacts that are left.
    """
    ratios = back_test(histories=histories, worth=worth, moment=moment, first=first)
    if len(ratios) < LEAST_TESTS:
        return None
    ratios.sort()
    number = len(ratios)
    low = ratios[max(0, int((number + 1) * TAIL) - 1)]
    high = ratios[min(number - 1, -int(-(number + 1) * (1 - TAIL) // 1) - 1)]
    chance = NORMAL_OF_BAND * Fraction(1000, max(1, isqrt(int(expected * 1_000_000)))) if expected > 0 else Fraction(1)
    return Band(
        low=max(Fraction(0), min(low, 1 - chance)),
        high=max(high, 1 + chance),
        tests=number,
    )


def back_test(*, histories: Mapping[str, History], worth: Mapping[str, Mapping[str, Fraction]], moment: Moment,
              first: date) -> list[Fraction]:  # fmt: skip
    """Return the ratios of what came to what was forecast, for the rest of every former stretch of the period's length
    at as many complete days into it, the latest first.
    """
    elapsed = (moment.today - moment.starts_on).days
    ratios: list[Fraction] = []
    ends_on = moment.starts_on
    while moment.starts_on - ends_on < timedelta(days=TESTED_DAYS):
        begins_on = ends_on - timedelta(days=moment.days)
        if not profile_days(first=first, starts_on=begins_on):
            break
        then = Moment(begins_on, ends_on, begins_on + timedelta(days=elapsed))
        forecast, came = Fraction(0), Fraction(0)
        for code, history in histories.items():
            known = History({day: value for day, value in history.days.items() if day < then.today})
            told = forecast_rate(history=known, moment=then, first=first)
            contacts = sum(told.by_day.values(), Fraction(0))
            billed = told.each["raw"] - told.each["waived"] + told.each["rounding"]
            forecast += contacts * (worth[code]["billed"] * billed + worth[code]["connects"] * told.each["connects"])
            for day in _range(then.today, ends_on):
                totals = history.days.get(day)
                if totals is not None:
                    came += worth[code]["billed"] * totals.billed + worth[code]["connects"] * totals.connects
        if forecast > 0:
            ratios.append(came / forecast)
        ends_on -= timedelta(days=1)
    return ratios


def _range(since: date, until: date) -> list[date]:
    return [since + timedelta(days=number) for number in range(max(0, (until - since).days))]


def _weekdays(days: Sequence[date]) -> list[int]:
    found = [0] * WEEK
    for day in days:
        found[day.weekday()] += 1
    return found


def _contacts(days: Days, wanted: Sequence[date]) -> int:
    return sum(days[day].contacts for day in wanted if day in days)


def _weeks(days: Days, wanted: Sequence[date]) -> list[int]:
    """The contacts of whole weeks, counted back from the last day."""
    return [_contacts(days, wanted[end - WEEK : end]) for end in range(len(wanted), WEEK - 1, -WEEK)]


def _level(*, come: int, expected: Fraction, weeks: Sequence[int]) -> Fraction:
    mean = Fraction(sum(weeks), len(weeks))
    spread = LEAST_SPREAD
    if mean:
        variance = sum(((week - mean) ** 2 for week in weeks), Fraction(0)) / (len(weeks) - 1)
        spread = max(spread, (variance - mean) / mean**2)
    return (1 / spread + come) / (1 / spread + expected)


def _part_of_day(*, history: History, moment: Moment, number: int) -> Fraction:
    """What the average week expects of today up to now."""
    weekday = moment.today.weekday()
    whole = sum(history.by_hour.get((weekday, hour), 0) for hour in range(moment.hour))
    return (whole + moment.part_of_hour * history.by_hour.get((weekday, moment.hour), 0)) / Fraction(max(1, number))


def _each(days: Days, wanted: Sequence[date]) -> dict[str, Fraction]:
    found = [days[day] for day in dict.fromkeys(wanted) if day in days]
    contacts = sum(totals.contacts for totals in found)
    return {
        name: Fraction(sum(getattr(totals, name) for totals in found), contacts) if contacts else Fraction(0)
        for name in FIELDS
    }
