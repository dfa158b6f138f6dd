"""What the portal says about a month of contacts: rates, waits and trends. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Formula = Literal["abandons_within_met", "answered_only", "strict", "short_abandons_dropped"]


@dataclass(frozen=True, slots=True)
class Answering:
    """How a stretch of time was answered on the live channels (phone and chat).

    Counts, and the summed wait of the answered in milliseconds. `answered_in_time` is part of
    `answered`; `abandoned_in_time` (gave up within the threshold) is part of `abandoned`.
    """

    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_in_time: int = 0
    wait_ms: int = 0


def service_level(*, answering: Answering, formula: Formula = "abandons_within_met") -> Fraction | None:
    """The share answered within the threshold, as an exact fraction; None when nothing counts.

    The four formulas in use (callcentrehelper.com, "How to calculate service level"); they differ in
    what an abandoned contact means. Published example: 1000 answered, 860 of them within 20 s, 60
    abandoned, 20 of them within 20 s: 83.0 % (abandons within count as met), 86.0 % (answered only),
    81.1 % (strict), 82.7 % (short abandons dropped).
    """
    met = answering.answered_in_time
    of = answering.answered + answering.abandoned
    if formula == "abandons_within_met":
        met += answering.abandoned_in_time
    elif formula == "answered_only":
        of = answering.answered
    elif formula == "short_abandons_dropped":
        of -= answering.abandoned_in_time
    return Fraction(met, of) if of else None


def average_wait_ms(*, answering: Answering) -> int | None:
    """The average speed of answer in whole milliseconds (half up); None when nobody was answered."""
    if not answering.answered:
        return None
    return (2 * answering.wait_ms + answering.answered) // (2 * answering.answered)


def permille(*, share: Fraction | None) -> int | None:
    """A share in whole thousandths, half up: 0.8301 gives 830."""
    if share is None:
        return None
    return (2 * share.numerator * 1000 + share.denominator) // (2 * share.denominator)


def change_permille(*, now: int, before: int) -> int | None:
    """The relative change in whole thousandths, half away from zero; None when there was nothing before."""
    if before <= 0:
        return None
    difference = now - before
    size = (2 * abs(difference) * 1000 + before) // (2 * before)
    return size if difference >= 0 else -size


def busiest(*, heat: list[list[int]]) -> tuple[int, int] | None:
    """Weekday (0 = Monday) and hour of the fullest cell, the earliest on a tie; None when all are empty."""
    best: tuple[int, int] | None = None
    most = 0
    for weekday, hours in enumerate(heat):
        for hour, count in enumerate(hours):
            if count > most:
                best, most = (weekday, hour), count
    return best


@dataclass(frozen=True, slots=True)
class Bucket:
    """Counts of one local day, local hour and channel. Waits are whole milliseconds."""

    on: dt.date
    hour: int
    channel: str
    contacts: int
    answering: Answering


def total_contacts(*, buckets: Iterable[Bucket]) -> int:
    """The number of contacts in all buckets."""
    return sum(bucket.contacts for bucket in buckets)


def total_answering(*, buckets: Iterable[Bucket]) -> Answering:
    """How all buckets together were answered."""
    parts = [bucket.answering for bucket in buckets]
    return Answering(
        answered=sum(part.answered for part in parts),
        answered_in_time=sum(part.answered_in_time for part in parts),
        abandoned=sum(part.abandoned for part in parts),
        abandoned_in_time=sum(part.abandoned_in_time for part in parts),
        wait_ms=sum(part.wait_ms for part in parts),
    )


def counts_by_channel(*, buckets: Iterable[Bucket]) -> dict[str, int]:
    """Contacts per channel; a channel without contacts is left out."""
    counts: dict[str, int] = {}
    for bucket in buckets:
        counts[bucket.channel] = counts.get(bucket.channel, 0) + bucket.contacts
    return counts


def heat_of(*, buckets: Iterable[Bucket]) -> list[list[int]]:
    """Contacts by weekday (0 = Monday) and local hour: seven rows of 24."""
    heat = [[0] * 24 for _ in range(7)]
    for bucket in buckets:
        heat[bucket.on.weekday()][bucket.hour] += bucket.contacts
    return heat
