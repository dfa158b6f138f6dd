"""How often the end of a simulated month lies within the band of the forecast, and how far off the forecast is.

Accounts of several sizes with a week of their own, whose level wanders from week to week (gamma, so that counts are a
Poisson mixture), grows or stays, and whose calls last as calls do (lognormal). The seed is fixed. The band is meant to
hold 80 % of the ends; the share is told by day of the month and by kind of account.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from billing.forecasting import PROFILE_DAYS, TESTED_DAYS, History, Moment, band_of, forecast_rate
from billing.rating import UsageTotals

SEED = 20260601
ACCOUNTS = 24
QUICK = 8
CUTS = (5, 10, 15, 20, 25)
STARTS_ON, ENDS_ON = date(2026, 6, 1), date(2026, 7, 1)
KINDS = {
    # contacts a day, spread of the weeks' level, growth a month
    "small, steady": (4, 0.05, 0.0),
    "small, uneven": (4, 0.3, 0.0),
    "middle, steady": (40, 0.05, 0.0),
    "middle, uneven": (40, 0.25, 0.0),
    "middle, growing": (40, 0.1, 0.05),
    "large, uneven": (400, 0.15, 0.0),
}
WORTH = {"phone": {"billed": Fraction(1), "connects": Fraction(0)}}


def run(*, quick: bool) -> dict[str, object]:
    """Return the share of ends within the band and the median error, in all, by day of the month and by kind."""
    chance = random.Random(SEED)
    hits: dict[str, list[bool]] = defaultdict(list)
    errors: dict[str, list[float]] = defaultdict(list)
    for kind in KINDS:
        for _ in range(QUICK if quick else ACCOUNTS):
            days, first = _account(chance, *KINDS[kind])
            for cut in CUTS:
                today = STARTS_ON + timedelta(days=cut)
                known = History({day: totals for day, totals in days.items() if day < today})
                moment = Moment(STARTS_ON, ENDS_ON, today)
                told = forecast_rate(history=known, moment=moment, first=first)
                expected = told.rest(since=today, until=ENDS_ON)
                band = band_of(
                    histories={"phone": known}, worth=WORTH, moment=moment, first=first,
                    expected=sum(told.by_day.values(), Fraction(0)),
                )  # fmt: skip
                if band is None or not expected.billed:
                    continue
                came = sum(totals.billed for day, totals in days.items() if day >= today)
                done = sum(totals.billed for day, totals in days.items() if STARTS_ON <= day < today)
                is_within = band.low * expected.billed <= came <= band.high * expected.billed
                error = abs(came - expected.billed) / (done + came)
                for name in ("all", f"day {cut}", kind):
                    hits[name].append(is_within)
                    errors[name].append(error)
    return {
        name: {
            "months": len(found),
            "within_band_percent": round(100 * sum(found) / len(found), 1),
            "median_error_percent_of_month": round(100 * sorted(errors[name])[len(found) // 2], 1),
        }
        for name, found in hits.items()
    }


def _account(chance: random.Random, daily: float, spread: float, growth: float) -> tuple[dict[date, UsageTotals], date]:
    first = STARTS_ON - timedelta(days=PROFILE_DAYS + TESTED_DAYS)
    week = [chance.uniform(0.6, 1.4) for _ in range(5)] + [chance.uniform(0.1, 0.6) for _ in range(2)]
    days: dict[date, UsageTotals] = {}
    level, day = 1.0, first
    while day < ENDS_ON:
        if day.weekday() == 0:
            level = chance.gammavariate(1 / spread**2, spread**2)
        mean = daily * level * week[day.weekday()] * (1 + growth) ** ((day - STARTS_ON).days / 30)
        lengths = [int(60_000 * math.exp(chance.gauss(0.9, 0.8))) for _ in range(_poisson(chance, mean))]
        billed = sum(-(-length // 6000) * 6000 for length in lengths)
        if lengths:
            days[day] = UsageTotals(
                contacts=len(lengths), raw=sum(lengths), rounding=billed - sum(lengths), billed=billed,
                connects=len(lengths),
            )  # fmt: skip
        day += timedelta(days=1)
    return days, first


def _poisson(chance: random.Random, mean: float) -> int:
    """Count exponential gaps within the mean."""
    count, left = 0, chance.expovariate(1)
    while left < mean:
        count += 1
        left += chance.expovariate(1)
    return count
