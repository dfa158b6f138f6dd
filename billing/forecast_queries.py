"""What a running period is expected to cost at its end: the forecast of billing.forecasting, priced by the one engine.

Every function runs inside an account scope that its caller has opened.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Min

from billing.contact_outlook import ContactOutlook, contact_history
from billing.forecast_telling import drawn_units, included_units, lines_of, standing, told_outlook, uncovered_units
from billing.forecasting import (
    BAND,
    LEAST_CONTACTS,
    LEAST_DAYS,
    PROFILE_DAYS,
    TESTED_DAYS,
    Band,
    History,
    Moment,
    RateForecast,
    band_of,
    forecast_rate,
    profile_days,
)
from billing.models import AddOn, Forecast, ForecastState, RatedHour, RatedShape
from billing.period_sums import (
    INLINE_LINES,
    HoursBeingBuilt,
    NeedsContacts,
    PeriodSums,
    period_sums,
    price_sums,
    summed,
)
from billing.periods import Period, local_day, local_midnight
from billing.prepaid_forecast import drawn, told_grants
from billing.pricing import Bill, Line, MixedCurrencies, Segment
from billing.queries import NothingToBill, PlannedPeriod, Unbillable, account_bill, planned_period
from billing.rated_hours import UNPRICED, contacts_by_hour, totals_by_day, usage_number
from billing.rating import UsageTotals
from billing.usage_prices import usage_price
from billing.wallet import Grant
from contactcenter.kernel.errors import DomainError
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.models import Account

BACK = timedelta(days=PROFILE_DAYS + TESTED_DAYS)
SHAPE = 2
"""Counts up with the form of a forecast: one kept in a former form is made anew."""


def current_forecast(
    *, account: Account, period: Period, at: datetime, most: int | None = INLINE_LINES
) -> dict[str, Any]:
    """Return the forecast of a period as of an instant, from the last one where nothing changed since.

    Amounts are decimal strings in the currency's digits, None where there is none; `state` says why (ForecastState).
    """
    if at < period.starts_at:
        return _document(account, period, at, ForecastState.NOT_BEGUN)
    try:
        plan = planned_period(account=account, period=period)
    except (NothingToBill, Unbillable) as error:
        return _document(account, period, at, ForecastState.UNBILLABLE, reason=str(error))
    if at >= period.ends_at:
        return _ended(account=account, period=period, plan=plan, at=at, most=most)
    key = _key(plan=plan, number=usage_number(account=account), at=at)
    known = Forecast.objects.filter(account=account, period=period.label).first()
    if known is not None and known.key == key and known.state != ForecastState.BEING_BUILT:
        return dict(known.document)
    told = _forecast(account=account, period=period, plan=plan, at=at, most=most)
    Forecast.objects.update_or_create(
        account=account,
        period=period.label,
        defaults={"key": key, "state": told["state"], "document": told, "computed_at": at},
    )
    return told


def _key(*, plan: PlannedPeriod, number: int, at: datetime) -> str:
    """The level of the forecast goes on with the clock: it is made again each hour, changed or not."""
    return hashlib.sha256(f"{plan.plan} {number} {at:%Y-%m-%d %H} {SHAPE}".encode()).hexdigest()


def _document(account: Account, period: Period, at: datetime, state: ForecastState, **more: Any) -> dict[str, Any]:
    told = {
        "account": account.pk,
        "period": period.label,
        "period_start": period.starts_on.isoformat(),
        "period_end": period.ends_on.isoformat(),
        "as_of": at.isoformat(),
        "state": str(state),
        "reason": "",
        "currency": account.currency,
        "so_far": None,
        "expected": None,
        "low": None,
        "high": None,
        "expected_total": None,
        "band_percent": int(BAND * 100),
        "back_tests": 0,
        "history_days": 0,
        "history_days_needed": LEAST_DAYS,
        "lines": [],
        "included": [],
        "prepaid": [],
        "minimum": None,
        **more,
    }
    if told["prepaid"]:
        bought = AddOn.objects.filter(account=account, prepaid_units__isnull=False)
        names = {add_on.reference: {"": str(add_on)} for add_on in bought}
        told["prepaid"] = [{**one, "name": names[one["code"]]} for one in told["prepaid"]]
    return told


def _forecast(
    *, account: Account, period: Period, plan: PlannedPeriod, at: datetime, most: int | None
) -> dict[str, Any]:
    today = local_day(at=at, zone=period.zone)
    try:
        sums = period_sums(account=account, period=period, plan=plan, on=today, back=BACK, most=most)
        so_far = sums.bill
    except NeedsContacts as error:
        return _by_contact(account=account, period=period, plan=plan, at=at, most=most, reason=str(error))
    except HoursBeingBuilt as error:
        enqueue_on_commit("billing.build_hours", account_id=account.pk)
        return _document(account, period, at, ForecastState.BEING_BUILT, reason=str(error))
    except MixedCurrencies as error:
        return _document(account, period, at, ForecastState.UNBILLABLE, reason=str(error))
    moment = _moment(period=period, at=at)
    known = standing(so_far, grants=plan.grants)
    first = first_full_day(shape=sums.shapes[-1])
    days = profile_days(first=first, starts_on=period.starts_on)
    known["history_days"] = max(0, (period.starts_on - first).days) if first else 0
    outlook = Outlook.of(sums=sums, moment=moment, first=first, days=days, period=period) if first and days else None
    if outlook is None:
        return _document(account, period, at, ForecastState.TOO_LITTLE_HISTORY, **known)
    return _document(account, period, at, ForecastState.READY, **(known | outlook.told(so_far=so_far)))


def _ended(*, account: Account, period: Period, plan: PlannedPeriod, at: datetime, most: int | None) -> dict[str, Any]:
    """What a period came to, as far as its usage is known now."""
    try:
        today = local_day(at=at, zone=period.zone)
        bill = period_sums(account=account, period=period, plan=plan, on=today, most=most).bill
        known = standing(bill, grants=plan.grants)
    except NeedsContacts:
        known = _by_contacts(account, period, plan=plan)
    except (HoursBeingBuilt, MixedCurrencies):
        known = {}
    return _document(account, period, at, ForecastState.OVER, **known)


def _moment(*, period: Period, at: datetime) -> Moment:
    local = at.astimezone(ZoneInfo(period.zone))
    past_hour = Fraction(local.minute * 60 + local.second, 3600)
    return Moment(period.starts_on, period.ends_on, local.date(), local.hour, past_hour)


def _by_contact(
    *, account: Account, period: Period, plan: PlannedPeriod, at: datetime, most: int | None, reason: str
) -> dict[str, Any]:
    """The forecast under a tariff that prices contact by contact; of too many contacts only what they cost so far."""
    try:
        priced = account_bill(account=account, period=period)
    except DomainError as error:
        return _document(account, period, at, ForecastState.NEEDS_CONTACTS, reason=str(error))
    known = standing(priced.bill, grants=plan.grants)
    moment = _moment(period=period, at=at)
    try:
        found = contact_history(account=account, period=period, most=most)
    except NeedsContacts:
        return _document(account, period, at, ForecastState.NEEDS_CONTACTS, reason=reason, **known)
    known["history_days"] = max(0, (period.starts_on - found.first).days) if found.first else 0
    outlook = ContactOutlook.of(history=found, priced=priced, plan=plan, moment=moment, zone=period.zone)
    if outlook is None:
        return _document(account, period, at, ForecastState.TOO_LITTLE_HISTORY, **known)
    return _document(account, period, at, ForecastState.READY, **(known | outlook.told()))


def _by_contacts(account: Account, period: Period, *, plan: PlannedPeriod) -> dict[str, Any]:
    try:
        return standing(account_bill(account=account, period=period).bill, grants=plan.grants)
    except DomainError:
        return {}


def first_full_day(*, shape: RatedShape) -> date | None:
    """Return the first local day that is known in full: the one after the account's first contact."""
    first = RatedHour.objects.filter(shape=shape).aggregate(first=Min("at"))["first"]
    return None if first is None else local_day(at=first, zone=shape.zone) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a period is expected to bring: its sums so far, the forecasts by segment and rate, and the band."""

    sums: PeriodSums
    moment: Moment
    period: Period
    rates: tuple[Mapping[str, RateForecast], ...]
    histories: Mapping[str, History]
    band: Band | None

    @classmethod
    def of(
        cls,
        *,
        sums: PeriodSums,
        moment: Moment,
        first: date,
        days: list[date],
        period: Period,
        with_band: bool = True,
    ) -> "Outlook | None":
        """Return the outlook; None where the weeks before brought too few contacts to say anything."""
        histories = [_histories(shape=shape, moment=moment, days=days, period=period) for shape in sums.shapes]
        own = histories[-1]
        in_weeks = sum(
            totals.contacts for history in own.values() for day, totals in history.days.items() if day in set(days)
        )
        if in_weeks < LEAST_CONTACTS:
            return None
        rates = tuple(
            {code: forecast_rate(history=history, moment=moment, first=first) for code, history in found.items()}
            for found in histories
        )
        left = sum((sum(rate.by_day.values(), Fraction(0)) for rate in rates[-1].values()), Fraction(0))
        worth = _worth(segment=sums.plan.segments[-1], histories=own)
        band = band_of(histories=own, worth=worth, moment=moment, first=first, expected=left) if with_band else None
        return cls(sums=sums, moment=moment, period=period, rates=rates, histories=own, band=band)

    def bill(self, *, factor: Fraction = Fraction(1), until: date | None = None) -> Bill:
        """Return the bill of the period with what is expected until a day (its end), times a factor."""
        last = until or self.period.ends_on
        found: list[list[tuple[datetime, Mapping[str, UsageTotals]]]] = []
        for segment, parts, rates in zip(self.sums.plan.segments, self.sums.parts, self.rates, strict=True):
            ends_on = segment.ends_on or self.period.ends_on
            days = [local_day(at=at, zone=segment.zone) for at, _ in parts]
            found.append([])
            for (at, came), starts_on, until_day in zip(parts, days, [*days[1:], ends_on], strict=True):
                since, end = max(starts_on, self.moment.today), min(until_day, last)
                rest = {code: rate.rest(since=since, until=end, factor=factor) for code, rate in rates.items()}
                both = summed([(at, came), (at, rest)])
                found[-1].append((at, {code: totals for code, totals in both.items() if code != UNPRICED}))
        return price_sums(plan=self.sums.plan, parts=found)

    def day_of(self, *, reached: Callable[[Bill], bool], factor: Fraction = Fraction(1)) -> date | None:
        """Return the first day from today on by whose end a bill that only grows is expected to reach something."""
        first, last = self.moment.today, self.period.ends_on
        if not reached(self.bill(factor=factor)):
            return None
        while (last - first).days > 1:
            middle = first + timedelta(days=(last - first).days // 2)
            if reached(self.bill(factor=factor, until=middle)):
                last = middle
            else:
                first = middle
        return first

    def told(self, *, so_far: Bill) -> dict[str, Any]:
        """Return the outlook as JSON values."""
        expected = self.bill()
        low = self.bill(factor=self.band.low) if self.band else None
        high = self.bill(factor=self.band.high) if self.band else None
        included = [told for line in expected.lines if (told := self._included(line, so_far)) is not None]
        tests = self.band.tests if self.band else 0
        return told_outlook(so_far=so_far, expected=expected, low=low, high=high, tests=tests) | {
            "included": included,
            "prepaid": told_grants(
                grants=self.sums.plan.grants, so_far=so_far, expected=expected, day_of=self._day_used_up
            ),
        }

    def _day_used_up(self, grant: Grant) -> tuple[date | None, date | None, date | None]:
        return self._days(lambda bill: drawn(bill=bill, grant=grant) >= grant.units)

    def _days(self, reached: Callable[[Bill], bool]) -> tuple[date | None, date | None, date | None]:
        """The day on which a bill is expected to reach something, the earliest and the latest."""
        early = self.day_of(reached=reached, factor=self.band.high) if self.band else None
        late = self.day_of(reached=reached, factor=self.band.low) if self.band else None
        return self.day_of(reached=reached), early, late

    def _included(self, line: Line, so_far: Bill) -> dict[str, Any] | None:
        """What a rate includes, what of it is used, and on which day it is expected to be used up."""
        told = included_units(line)
        if told is None:
            return None
        code, allowance = str(told["code"]), int(told["allowance"])
        days = self.histories[code].days if code in self.histories else {}
        passed = [day for day in sorted(days) if self.period.starts_on <= day <= self.moment.today]
        running = accumulate(days[day].billed for day in passed)
        covered = allowance + sum(map(drawn_units, lines_of(so_far, code)))
        already = next((day for day, billed in zip(passed, running, strict=True) if billed > covered), None)

        def over(bill: Bill) -> bool:
            return sum(map(uncovered_units, lines_of(bill, code))) > allowance

        day, early, late = (already,) * 3 if already else self._days(over)
        return told | {
            "used": sum(map(uncovered_units, lines_of(so_far, code))),
            "expected": told["used"],
            "is_used_up": already is not None,
            "runs_out_on": day.isoformat() if day else None,
            "earliest": early.isoformat() if early else None,
            "latest": late.isoformat() if late else None,
        }


def _histories(*, shape: RatedShape, moment: Moment, days: list[date], period: Period) -> dict[str, History]:
    since = local_midnight(day=moment.starts_on, zone=period.zone) - BACK
    by_day = totals_by_day(shape=shape, since=since, until=period.ends_at)
    start, end = (local_midnight(day=day, zone=period.zone) for day in (days[0], moment.starts_on))
    by_hour = contacts_by_hour(shape=shape, since=start, until=end)
    return {
        code: History(days=found, by_hour=by_hour.get(code, {})) for code, found in by_day.items() if code != UNPRICED
    }


def _worth(*, segment: Segment, histories: Mapping[str, History]) -> dict[str, dict[str, Fraction]]:
    """What a unit of each rate counts for in a back-test: its usual price; the same for all where none has a price."""
    found: dict[str, dict[str, Fraction]] = {}
    for rate in segment.terms.rates:
        history = histories.get(rate.code)
        if history is None:
            continue
        usual = sum(totals.billed for totals in history.days.values()) or 1
        found[rate.code] = {"billed": usage_price(rate=rate, charged=usual) / usual, "connects": rate.connect_fee}
    if not any(any(parts.values()) for parts in found.values()):
        return {code: {"billed": Fraction(1), "connects": Fraction(0)} for code in found}
    return found
