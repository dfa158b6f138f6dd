"""Contacts that a period may bring, made up from what the client expects. Pure; seeded, so that it can be repeated.

How many: a Poisson number whose rate itself varies from period to period, N = round(m + z sqrt(m + (v m)^2)), m the
mean, v the spread, z normal: the doubly stochastic arrivals of Avramidis, Deslauriers, L'Ecuyer, "Modeling Daily
Arrivals to a Telephone Call Center", Management Science 50 (2004), in the normal approximation.
When: a non-homogeneous Poisson process, that is, independently of each other by the weights of the hours (Brown et al.,
"Statistical Analysis of a Telephone Call Center: A Queueing-Science Perspective", JASA 100 (2005), section 4).
How long: a lognormal factor of mean 1 on all of a contact's times (Brown et al., section 5.1), exp(s z - s^2 / 2) with
s^2 = ln(1 + c^2), c the variation; in 1,000 equally likely steps.

The expected period is the same without chance: the mean number, spread evenly over the weights, each length the mean of
its part of the distribution, so that its sums are the means.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from billing.periods import Period
from billing.rounding import round_to_units
from billing.terms import TimeClass
from billing.usage import Usage
from billing.volumes import COUNTED, Stream, Volumes

T = TypeVar("T")

STEPS = 1000
SCALE = 10**9
_BITS = 32
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Cells:
    """The hours in which a stream comes: the local day and hour of each, and the sums of weights up to it."""

    starts: tuple[tuple[date, int], ...]
    sums: tuple[int, ...]

    def place(self, *, part: int, of: int) -> tuple[date, int, int]:
        """Return the day, the hour and the milliseconds within it that a part of the whole weight reaches."""
        point = part * self.sums[-1]
        index = min(bisect_right(self.sums, point // of), len(self.sums) - 1)
        before = self.sums[index - 1] if index else 0
        within = (point - before * of) * HOUR_MS // ((self.sums[index] - before) * of)
        return (*self.starts[index], min(within, HOUR_MS - 1))


def expected_usage(*, volumes: Volumes, period: Period, since: date, seed: int) -> list[Usage]:
    """Return the expected contacts of a period from a day on: by the seed's shuffle as to what meets what."""
    chance = Random(seed)
    found: list[Usage] = []
    for number, stream in enumerate(volumes.streams):
        share = _share(stream, period, since)
        cells = _cells(stream, max(since, period.starts_on), period.ends_on)
        count = round_to_units(value=stream.contacts * share, digits=0)
        if cells is None or not count:
            continue
        lengths = _mixed(_expected_factors(stream.variation_percent, count), chance)
        languages = _mixed(_expected_languages(volumes, count), chance)
        counts = {name: _mixed(_expected_counts(stream.counts[name], count), chance) for name in COUNTED}
        for index in range(count):
            place = cells.place(part=2 * index + 1, of=2 * count)
            told = {name: values[index] for name, values in counts.items()}
            identity = f"{number}-{index}"
            found.append(_contact(stream, identity, place, lengths[index], languages[index], told, period.zone))
    return found


def possible_usage(*, volumes: Volumes, period: Period, seed: int) -> list[Usage]:
    """Return what a whole period may bring by chance; another seed gives another period."""
    chance = Random(seed)
    found: list[Usage] = []
    for number, stream in enumerate(volumes.streams):
        cells = _cells(stream, period.starts_on, period.ends_on)
        count = _possible_count(stream.contacts, volumes.spread_percent, chance)
        if cells is None:
            continue
        factors = _factors(stream.variation_percent)
        languages = list(accumulate(volumes.languages.values()))
        codes = list(volumes.languages)
        for index in range(count):
            place = cells.place(part=chance.getrandbits(_BITS), of=1 << _BITS)
            length = factors[_below(STEPS, chance)]
            language = codes[bisect_right(languages, _below(languages[-1], chance))] if codes else ""
            told = {name: _possible_whole(stream.counts[name], chance) for name in COUNTED}
            found.append(_contact(stream, f"{number}-{index}", place, length, language, told, period.zone))
    return found


def normal_quantile(*, share: Fraction) -> Decimal:
    """Return z with P(Z <= z) = share, to 7 digits.

    Source: Wichura, "Algorithm AS 241" (PPND7), Applied Statistics 37 (1988).
    """
    with localcontext(prec=28):
        q = Decimal((share - Fraction(1, 2)).numerator) / Decimal((share - Fraction(1, 2)).denominator)
        if abs(q) <= Decimal("0.425"):
            r = Decimal("0.180625") - q * q
            return q * _polynomial(r, _A) / _polynomial(r, _B)
        tail = min(share, 1 - share)
        r = (-(Decimal(tail.numerator) / Decimal(tail.denominator)).ln()).sqrt()
        if r <= 5:
            z = _polynomial(r - Decimal("1.6"), _C) / _polynomial(r - Decimal("1.6"), _D)
        else:
            z = _polynomial(r - 5, _E) / _polynomial(r - 5, _F)
        return z if q > 0 else -z


def _coefficients(text: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, text.split()))


_A = _coefficients("3.3871327179 50.434271938 159.29113202 59.109374720")
_B = _coefficients("1 17.895169469 78.757757664 67.187563600")
_C = _coefficients("1.4234372777 2.7568153900 1.3067284816 0.17023821103")
_D = _coefficients("1 0.73700164250 0.12021132975")
_E = _coefficients("6.6579051150 3.0812263860 0.42868294337 0.017337203997")
_F = _coefficients("1 0.24197894225 0.012258202635")


def _polynomial(x: Decimal, coefficients: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


@cache
def _quantiles() -> tuple[Decimal, ...]:
    return tuple(normal_quantile(share=Fraction(2 * step + 1, 2 * STEPS)) for step in range(STEPS))


@cache
def _factors(variation_percent: int) -> tuple[int, ...]:
    """The equally likely lengths of a contact, in billionths of the mean one, shortest first; their mean is 1."""
    if not variation_percent:
        return (SCALE,) * STEPS
    with localcontext(prec=28):
        squared = (1 + (Decimal(variation_percent) / 100) ** 2).ln()
        deviation = squared.sqrt()
        raw = [(deviation * z - squared / 2).exp() for z in _quantiles()]
        mean = sum(raw, Decimal(0)) / STEPS
        return tuple(int(value / mean * SCALE) for value in raw)


def _expected_factors(variation_percent: int, count: int) -> list[int]:
    """The means of `count` equal parts of the distribution: their mean is that of the whole."""
    sums = [0, *accumulate(_factors(variation_percent))]

    def until(part: int) -> Fraction:
        whole, rest = divmod(part * STEPS, count)
        beyond = Fraction(rest, count) * (sums[whole + 1] - sums[whole]) if rest else Fraction(0)
        return sums[whole] + beyond

    bounds = [until(part) for part in range(count + 1)]
    return [int((after - before) * count / STEPS) for before, after in pairwise(bounds)]


def _expected_languages(volumes: Volumes, count: int) -> list[str]:
    if not volumes.languages:
        return [""] * count
    sums, codes = list(accumulate(volumes.languages.values())), list(volumes.languages)
    return [codes[bisect_right(sums, (2 * index + 1) * sums[-1] // (2 * count))] for index in range(count)]


def _expected_counts(mean: Fraction, count: int) -> list[int]:
    return [int((index + 1) * mean) - int(index * mean) for index in range(count)]


def _possible_count(mean: int, spread_percent: int, chance: Random) -> int:
    with localcontext(prec=28):
        variance = Decimal(mean) + (Decimal(mean) * spread_percent / 100) ** 2
        return max(0, int((mean + _quantiles()[_below(STEPS, chance)] * variance.sqrt()).to_integral_value()))


def _possible_whole(mean: Fraction, chance: Random) -> int:
    whole = int(mean)
    rest = mean - whole
    return whole + (1 if rest and Fraction(chance.getrandbits(_BITS), 1 << _BITS) < rest else 0)


def _below(most: int, chance: Random) -> int:
    # getrandbits is the same in every version of Python; randrange need not be
    return chance.getrandbits(_BITS) * most >> _BITS


def _mixed(values: list[T], chance: Random) -> list[T]:
    """Shuffle in place (Fisher and Yates): what is long must not always be early."""
    for index in range(len(values) - 1, 0, -1):
        other = _below(index + 1, chance)
        values[index], values[other] = values[other], values[index]
    return values


def _cells(stream: Stream, since: date, until: date) -> Cells | None:
    starts, weights = [], []
    for number in range((until - since).days):
        day = since + timedelta(days=number)
        for hour in range(24):
            weight = stream.weight(weekday=day.weekday(), hour=hour)
            if weight:
                starts.append((day, hour))
                weights.append(weight)
    return Cells(starts=tuple(starts), sums=tuple(accumulate(weights))) if starts else None


def _share(stream: Stream, period: Period, since: date) -> Fraction:
    """The part of a period's contacts that comes from a day on."""
    every = _cells(stream, period.starts_on, period.ends_on)
    left = _cells(stream, max(since, period.starts_on), period.ends_on)
    return Fraction(left.sums[-1], every.sums[-1]) if every is not None and left is not None else Fraction(0)


def _contact(
    stream: Stream,
    identity: str,
    place: tuple[date, int, int],
    factor: int,
    language: str,
    counts: dict[str, int],
    zone: str,
) -> Usage:
    day, hour, milliseconds = place
    local = datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone))
    given: dict[str, Any] = {f"{name}_ms": stream.mean_ms[name] * factor // SCALE for name in TimeClass} | counts
    return Usage(
        id=identity,
        started_at=local.astimezone(UTC) + timedelta(milliseconds=milliseconds),
        channel=stream.channel,
        direction=stream.direction,
        language=language,
        queue=stream.queue,
        campaign=stream.campaign,
        label=stream.name,
        **given,
    )
