"""How many operators a stream of contacts needs: Erlang B, C and A. Pure; rates are per second, times in seconds.

Float is at home here: these are expectations, neither money nor stored time. Every sum runs over terms that are
scaled first, so that thousands of operators neither overflow nor vanish.

Sources: Cooper, "Introduction to Queueing Theory", 2nd ed. (B and C); Gans, Koole, Mandelbaum, "Telephone Call
Centers: Tutorial, Review, and Research Prospects", 2003 (A: exponential patience).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

MOST_OPERATORS: Final = 20_000
"""More than any queue needs; a search ends here."""
_NEGLIGIBLE: Final = 40.0
"""Terms smaller than e**-40 of the largest are no longer added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A steady stream: `rate` contacts a second, `aht_s` seconds of work each; `patience_s` None: nobody gives up."""

    rate: float
    aht_s: float
    patience_s: float | None = None

    def __post_init__(self) -> None:
        if self.rate < 0 or self.aht_s <= 0 or (self.patience_s is not None and self.patience_s <= 0):
            raise ValueError("the rate must be 0 or more, handle time and patience more than 0")

    @property
    def load(self) -> float:
        """The offered work in erlangs: A = rate x AHT."""
        return self.rate * self.aht_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a number of operators may expect of a demand; shares from 0 to 1.

    `service_level` counts the served within the threshold among all who came. `asa_s` is the mean wait of all who
    came (of those who give up: until then); infinite where the queue only grows.
    """

    operators: int
    waits: float
    service_level: float
    asa_s: float
    abandons: float
    occupancy: float


def erlang_b(*, load: float, operators: int) -> float:
    """The share lost where nobody can wait, by the recursion B(c) = A B(c-1) / (c + A B(c-1)), B(0) = 1."""
    blocked = 1.0
    for count in range(1, operators + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def erlang_c(*, load: float, operators: int) -> float:
    """The share that has to wait where nobody gives up: C = c B / (c - A (1 - B)); 1 where the queue only grows."""
    if load <= 0:
        return 0.0
    if operators <= load:
        return 1.0
    blocked = erlang_b(load=load, operators=operators)
    return operators * blocked / (operators - load * (1 - blocked))


def expectation(*, demand: Demand, operators: int, within_s: float) -> Expectation:
    """What so many operators may expect: Erlang A where contacts have a patience, else Erlang C.

    Erlang C: SL = 1 - Pw e^(-(c-A) t / AHT), ASA = Pw AHT / (c - A), occupancy = A / c.
    """
    if operators < 0 or within_s < 0:
        raise ValueError("operators and the threshold must be 0 or more")
    if demand.rate == 0:
        return Expectation(operators=operators, waits=0, service_level=1, asa_s=0, abandons=0, occupancy=0)
    if demand.patience_s is not None:
        return _with_patience(demand, demand.patience_s, operators, within_s)
    load, spare = demand.load, operators - demand.load
    waits = erlang_c(load=load, operators=operators)
    if spare <= 0:
        return Expectation(
            operators=operators, waits=1, service_level=0, asa_s=math.inf, abandons=0, occupancy=1 if operators else 0
        )
    return Expectation(
        operators=operators,
        waits=waits,
        service_level=1 - waits * math.exp(-spare * within_s / demand.aht_s),
        asa_s=waits * demand.aht_s / spare,
        abandons=0,
        occupancy=load / operators,
    )


def operators_needed(*, demand: Demand, target: float, within_s: float, most_occupancy: float = 1.0) -> Expectation:
    """The fewest operators that reach the target share within the threshold, and what they may expect.

    `most_occupancy` (0 to 1) keeps them from being busier than that. More operators never lower a service level, so
    that halving finds the first. ValueError where the target is not below 1 or MOST_OPERATORS are too few.
    """
    if not 0 <= target < 1 or not 0 < most_occupancy <= 1:
        raise ValueError("the target must be from 0 to below 1, the highest occupancy above 0 and at most 1")
    if demand.rate == 0:
        return expectation(demand=demand, operators=0, within_s=within_s)

    def reaches(count: int) -> bool:
        found = expectation(demand=demand, operators=count, within_s=within_s)
        return found.service_level >= target and found.occupancy <= most_occupancy and not math.isinf(found.asa_s)

    least, most = 0, max(1, math.ceil(demand.load))
    while not reaches(most):
        least, most = most, most * 2
        if least > MOST_OPERATORS:
            raise ValueError(f"more than {MOST_OPERATORS} operators would be needed")
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if reaches(middle) else (middle, most)
    return expectation(demand=demand, operators=most, within_s=within_s)


def with_shrinkage(*, operators: int, shrinkage: float) -> int:
    """How many must be on the roster so that so many are at work: breaks, training and illness take the share."""
    if not 0 <= shrinkage < 1:
        raise ValueError("shrinkage must be from 0 to below 1")
    return math.ceil(operators / (1 - shrinkage) - 1e-9)


def pooled(*, demands: list[Demand]) -> Demand:
    """All streams as one: rates add up, handle time and patience are means weighted by the contacts.

    Streams with and without a patience cannot be pooled (ValueError).
    """
    if not demands:
        raise ValueError("there is nothing to pool")
    rate = sum(demand.rate for demand in demands)
    patiences = [demand.patience_s for demand in demands if demand.patience_s is not None]
    if patiences and len(patiences) != len(demands):
        raise ValueError("either every stream has a patience or none")
    if rate == 0:
        return demands[0]
    aht_s = sum(demand.load for demand in demands) / rate
    patience_s = sum(demand.rate * (demand.patience_s or 0) for demand in demands) / rate if patiences else None
    return Demand(rate=rate, aht_s=aht_s, patience_s=patience_s)


def pool_needed(*, demands: list[Demand], target: float, within_s: float, most_occupancy: float = 1.0) -> Expectation:
    """The fewest operators who reach the target when each may serve every stream, and what they may expect.

    Never more than the streams need apart: a pool may be worked as its parts, and where impatient contacts meet a low
    target that is the better way (an overloaded queue meets a threshold by its ups and downs). Shares and waits are
    then the means over all contacts.
    """
    together = operators_needed(
        demand=pooled(demands=demands), target=target, within_s=within_s, most_occupancy=most_occupancy
    )
    parts = [
        operators_needed(demand=demand, target=target, within_s=within_s, most_occupancy=most_occupancy)
        for demand in demands
    ]
    apart = sum(part.operators for part in parts)
    if together.operators <= apart:
        return together
    rate = sum(demand.rate for demand in demands)
    weighted = [(demand.rate / rate, part) for demand, part in zip(demands, parts, strict=True)]
    return Expectation(
        operators=apart,
        waits=sum(weight * part.waits for weight, part in weighted),
        service_level=sum(weight * part.service_level for weight, part in weighted),
        asa_s=sum(weight * part.asa_s for weight, part in weighted),
        abandons=sum(weight * part.abandons for weight, part in weighted),
        occupancy=sum(part.occupancy * part.operators for part in parts) / apart,
    )


def _with_patience(demand: Demand, patience_s: float, operators: int, within_s: float) -> Expectation:
    """M/M/c+M by its states, each relative to the state in which all operators are busy and nobody waits.

    Who finds k others waiting is served after k + 1 departures with the rates c/AHT + j/patience, j = 0..k. With X =
    e^(-V/patience), V their wait, X is Beta(alpha, k + 1) distributed, alpha = c patience / AHT, so that the share
    served within t is E[X; X >= x], x = e^(-t/patience), a sum of negative binomial terms.
    """
    if operators == 0:
        return Expectation(operators=0, waits=1, service_level=0, asa_s=patience_s, abandons=1, occupancy=0)
    full, leave = operators / demand.aht_s, 1 / patience_s
    logs = [0.0]
    highest = 0.0
    while logs[-1] > highest - _NEGLIGIBLE or demand.rate > full + len(logs) * leave:
        logs.append(logs[-1] + math.log(demand.rate / (full + len(logs) * leave)))
        highest = max(highest, logs[-1])
    # fewer than all busy: A^n / n! relative to n = c is (1 / B(c) - 1) of it
    blocked = erlang_b(load=demand.load, operators=operators)
    below = math.inf if blocked == 0 else (1 / blocked - 1)
    if math.isinf(below):
        return Expectation(
            operators=operators, waits=0, service_level=1, asa_s=0, abandons=0, occupancy=demand.load / operators
        )
    terms = [math.exp(value - highest) for value in logs]
    total = sum(terms) + below * math.exp(-highest)
    alpha = operators * patience_s / demand.aht_s
    queue = sum(index * term for index, term in enumerate(terms)) / total
    abandons = min(1.0, queue * leave / demand.rate)
    waits = sum(terms) / total
    served_in_time = 0.0
    reached = 0.0
    for index, term in enumerate(terms):
        reached += _negative_binomial(size=alpha + 1, failures=index, log_success=-within_s * leave)
        served_in_time += term / total * alpha / (alpha + index + 1) * max(0.0, 1 - reached)
    return Expectation(
        operators=operators,
        waits=waits,
        service_level=min(1.0, 1 - waits + served_in_time),
        asa_s=queue / demand.rate,
        abandons=abandons,
        occupancy=min(1.0, demand.load * (1 - abandons) / operators),
    )


def _negative_binomial(*, size: float, failures: int, log_success: float) -> float:
    """P(so many failures before `size` successes), with the logarithm of the chance of success."""
    if log_success == 0:
        return 1.0 if failures == 0 else 0.0
    log_failure = math.log(-math.expm1(log_success))
    ways = math.lgamma(size + failures) - math.lgamma(size) - math.lgamma(failures + 1)
    return math.exp(ways + size * log_success + failures * log_failure)


def operators_in_hour(*, contacts: Fraction, work_s: Fraction, target_percent: int, within_s: int) -> int:
    """The fewest operators for an hour's contacts without patience (Erlang C): exact in, whole out, for callers that
    hold no float.
    """
    if not contacts or not work_s:
        return 0
    demand = Demand(rate=float(contacts / 3600), aht_s=float(work_s))
    return operators_needed(demand=demand, target=target_percent / 100, within_s=within_s).operators
