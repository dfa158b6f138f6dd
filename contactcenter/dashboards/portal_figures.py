"""What the portal says about a month of contacts: trends, the busiest hour, sums of its buckets. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from contactcenter.dashboards.metrics import Answering, total


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
    return total(Answering, (bucket.answering for bucket in buckets))


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
