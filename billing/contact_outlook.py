"""What a running period is expected to cost under a tariff that prices contact by contact, from its contacts.

Every function runs inside an account scope that its caller has opened.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import TruncDate

from billing.contact_forecast import ContactForecast, Daily, forecast_contacts
from billing.forecast_telling import told_outlook
from billing.forecasting import LEAST_CONTACTS, PROFILE_DAYS, TESTED_DAYS, Moment, profile_days
from billing.models import UsageLine
from billing.period_sums import NeedsContacts, segment_bounds
from billing.periods import Period, local_midnight
from billing.prepaid_forecast import day_used_up, told_grants
from billing.pricing import Bill, price_period
from billing.queries import AccountBill, PlannedPeriod, usage_between
from billing.terms import TimeClass
from billing.usage import Usage
from billing.wallet import Grant
from contactcenter.tenancy.models import Account


@dataclass(frozen=True, slots=True)
class ContactHistory:
    """The usage of the average week's days, and what came on each local day, contacts and time of no contact apart.

    first: the first day that is known in full.
    """

    first: date | None
    days: Sequence[date] = ()
    models: Sequence[Usage] = ()
    daily: Mapping[bool, Daily] = field(default_factory=dict)


def contact_history(*, account: Account, period: Period, most: int | None) -> ContactHistory:
    """Return what is known of an account's usage before the end of a period.

    NeedsContacts where the weeks that a forecast is made from, and the period, have more than `most` usage lines.
    """
    lines = UsageLine.objects.filter(account=account, is_current=True, started_at__lt=period.ends_at)
    read = lines.filter(started_at__gte=_midnight(period, PROFILE_DAYS))
    if most is not None and read[: most + 1].count() > most:
        raise NeedsContacts(f"This tariff prices contact by contact, and there are more than {most} of them.")
    rows = (
        lines.filter(started_at__gte=_midnight(period, PROFILE_DAYS + TESTED_DAYS))
        .annotate(
            on_day=TruncDate("started_at", tzinfo=ZoneInfo(period.zone)),
            is_time=ExpressionWrapper(Q(channel=""), BooleanField()),
        )
        .values_list("on_day", "is_time")
        .annotate(lines=Count("id"), ms=Sum(reduce(add, (F(f"{name}_ms") for name in TimeClass))))
    )
    daily: dict[bool, dict[date, tuple[int, int]]] = defaultdict(dict)
    for day, is_time, count, ms in rows:
        daily[is_time][day] = (count, int(ms))
    known = [day for found in daily.values() for day in found]
    first = min(known) + timedelta(days=1) if known else None
    days = profile_days(first=first, starts_on=period.starts_on)
    if not days:
        return ContactHistory(first=first)
    since = local_midnight(day=days[0], zone=period.zone)
    models = usage_between(account=account, since=since, until=period.starts_at)
    return ContactHistory(first=first, days=days, models=models, daily=daily)


def _midnight(period: Period, back: int) -> datetime:
    return local_midnight(day=period.starts_on - timedelta(days=back), zone=period.zone)


@dataclass(frozen=True, slots=True)
class ContactOutlook:
    """What a period is expected to bring contact by contact: its usage so far, and what is forecast of each kind."""

    plan: PlannedPeriod
    priced: AccountBill
    contacts: ContactForecast
    time: ContactForecast

    @property
    def zone(self) -> str:
        """The account's time zone."""
        return self.priced.period.zone

    @classmethod
    def of(
        cls, *, history: ContactHistory, priced: AccountBill, plan: PlannedPeriod, moment: Moment, zone: str
    ) -> "ContactOutlook | None":
        """Return the outlook; None where the weeks before brought too few contacts to say anything."""
        if history.first is None or sum(1 for one in history.models if one.channel) < LEAST_CONTACTS:
            return None
        timed = any(rate.quantity.is_time for rate in plan.segments[-1].terms.rates)
        contacts, time = (
            forecast_contacts(
                models=[one for one in history.models if is_time == (one.channel == "")],
                daily=history.daily.get(is_time, {}),
                moment=moment,
                days=history.days,
                first=history.first,
                zone=zone,
                timed=timed,
            )
            for is_time in (False, True)
        )
        return cls(plan=plan, priced=priced, contacts=contacts, time=time)

    def bill(self, *, factors: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))) -> Bill:
        """Return the bill of the period with what is expected; factors: so much more or less of contacts and time."""
        coming = [*self.contacts.expected(factor=factors[0]), *self.time.expected(factor=factors[1])]
        segments = []
        for segment in self.plan.segments:
            start, end = segment_bounds(segment=segment, period=self.priced.period)
            usage = [*self.priced.usage[segment.key], *(one for one in coming if start <= one.started_at < end)]
            usage.sort(key=lambda one: one.started_at)
            segments.append(replace(segment, usage=usage))
        return price_period(
            segments=segments,
            following=self.plan.following,
            paid_ahead=self.plan.paid_ahead,
            grants=self.plan.grants,
        )

    def told(self) -> dict[str, Any]:
        """Return the outlook as JSON values. When included units run out is not told of contacts one by one, when units
        bought ahead do is.
        """
        band, of_time = self.contacts.band, self.time.band or self.contacts.band
        low = high = None
        if band is not None and of_time is not None:
            low, high = self.bill(factors=(band.low, of_time.low)), self.bill(factors=(band.high, of_time.high))
        expected = self.bill()

        def days(grant: Grant) -> tuple[date | None, date | None, date | None]:
            expected_on, early, late = (
                day_used_up(bill=bill, grant=grant, zone=self.zone) if bill else None for bill in (expected, high, low)
            )
            return expected_on, early, late

        grants, so_far = self.plan.grants, self.priced.bill
        tests = band.tests if band else 0
        return told_outlook(so_far=so_far, expected=expected, low=low, high=high, tests=tests) | {
            "prepaid": told_grants(grants=grants, so_far=so_far, expected=expected, day_of=days)
        }
