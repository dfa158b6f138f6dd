"""The contacts that the rest of a period is expected to bring, one by one: for tariffs that price each by itself. Pure.

How many come on a day is told by forecasting.forecast_rate, over all contacts together (time of no contact by itself).
Which they are: those of the weeks before on the same weekdays, in order of their time of day, taken at even distances,
so that each hour is represented as it came (systematic sampling: Cochran, Sampling Techniques, 3rd ed., chapter 8; in
order of time what repeats daily would fall in step with the distances). Nothing is drawn by chance: the same usage
gives the same forecast.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.forecasting import Band, History, Moment, RateForecast, band_of, forecast_rate
from billing.rating import UsageTotals
from billing.rounding import round_to_units
from billing.usage import Usage

Daily = Mapping[date, tuple[int, int]]
"""By local day: how many came, and the milliseconds they took."""
_WORTH = {"billed": Fraction(1), "connects": Fraction(0)}


@dataclass(frozen=True, slots=True)
class ContactForecast:
    """What is expected of one kind of usage (contacts, or time of no contact), and the usage it is like, by weekday."""

    rate: RateForecast
    band: Band | None
    models: Mapping[int, Sequence[Usage]]
    moment: Moment
    zone: str

    def expected(self, *, factor: Fraction = Fraction(1)) -> list[Usage]:
        """Return what is expected from now on, in order of days; factor: so much more or less than expected."""
        zone = ZoneInfo(self.zone)
        now = (self.moment.hour, self.moment.part_of_hour)
        found: list[Usage] = []
        total, taken = Fraction(0), 0
        seen: Counter[int] = Counter()
        weeks = Counter(day.weekday() for day in self.rate.by_day)
        for day, contacts in sorted(self.rate.by_day.items()):
            total += factor * contacts
            number = round_to_units(value=total, digits=0) - taken
            weekday = day.weekday()
            models = self.models.get(weekday, ())
            if day == self.moment.today:
                models = [one for one in models if _hour(one.started_at.astimezone(zone)) >= now] or models
            if not models:
                continue
            # each of the weeks that are left begins a little further on: together they go through all of the models
            start, step = Fraction(seen[weekday], weeks[weekday]), Fraction(len(models), max(1, number))
            for place in range(number):
                model = models[int((place + start) * step)]
                at = datetime.combine(day, model.started_at.astimezone(zone).time(), tzinfo=zone).astimezone(UTC)
                found.append(model._replace(id=f"expected {len(found)} {model.channel}", started_at=at))
            seen[weekday] += 1
            taken += max(0, number)
        return found


def forecast_contacts(
    *, models: Iterable[Usage], daily: Daily, moment: Moment, days: Sequence[date], first: date, zone: str, timed: bool
) -> ContactForecast:
    """Return what is expected of one kind of usage.

    models: the usage of the days that the average week is made of; daily: all known days; first: the first of them
    that is known in full. timed: a former stretch is measured by its milliseconds, else by the number of contacts.
    """
    local = ZoneInfo(zone)
    by_weekday: dict[int, list[Usage]] = defaultdict(list)
    by_hour: Counter[tuple[int, int]] = Counter()
    for one in sorted(models, key=lambda one: one.started_at.astimezone(local).time()):
        at = one.started_at.astimezone(local)
        by_weekday[at.weekday()].append(one)
        by_hour[at.weekday(), at.hour] += 1
    units = {day: (count, ms if timed else count) for day, (count, ms) in daily.items()}
    history = History(
        days={day: UsageTotals(contacts=count, raw=much, billed=much) for day, (count, much) in units.items()},
        by_hour=by_hour,
    )
    rate = forecast_rate(history=history, moment=moment, first=first)
    every = [one for weekday in sorted(by_weekday) for one in by_weekday[weekday]]
    band = band_of(
        histories={"all": history},
        worth={"all": _WORTH},
        moment=moment,
        first=first,
        expected=sum(rate.by_day.values(), Fraction(0)),
    )
    return ContactForecast(
        rate=rate,
        band=band,
        models={weekday: by_weekday.get(weekday) or every for weekday in range(7)},
        moment=moment,
        zone=zone,
    )


def _hour(at: datetime) -> tuple[int, Fraction]:
    return at.hour, Fraction(at.minute * 60 + at.second, 3600)
