"""How many operators a week needs, half hour by half hour: one shared pool against dedicated ones. Pure.

Erlang is an expectation over many such half hours; a single one will differ. Float belongs to it (kernel/erlang.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contactcenter.kernel.erlang import (
    Demand,
    Expectation,
    expectation,
    operators_needed,
    pool_needed,
    pooled,
    with_shrinkage,
)

SLOT_S: Final = 1800
Slot = tuple[int, int]
"""Weekday (0 = Monday) and half hour of the day (0 to 47), local."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of the plan. `patience_s` None: nobody gives up (Erlang C). Shares from 0 to 1."""

    target: float
    within_s: float
    patience_s: float | None
    shrinkage: float
    most_occupancy: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What one queue or account brings: contacts in a usual week by slot, and seconds of work a contact."""

    key: int
    contacts: Mapping[Slot, float]
    aht_s: float

    def demand(self, *, slot: Slot, patience_s: float | None) -> Demand:
        """The steady stream of one half hour."""
        return Demand(rate=self.contacts.get(slot, 0.0) / SLOT_S, aht_s=self.aht_s, patience_s=patience_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one half hour needs: a shared pool, and each stream with operators of its own.

    `rostered` includes shrinkage. `given`: what a number of operators said beforehand may expect; None if none was.
    """

    slot: Slot
    contacts: float
    load: float
    shared: Expectation
    shared_rostered: int
    dedicated: Mapping[int, int]
    dedicated_rostered: int
    given: Expectation | None

    @property
    def saved(self) -> int:
        """How many operators fewer the shared pool needs at work."""
        return sum(self.dedicated.values()) - self.shared.operators


def plan(*, streams: Sequence[Stream], wish: Wish, given: int | None = None) -> list[Need]:
    """Return the need of every half hour in which contacts come, in the order of the week.

    The shared pool never needs more than the dedicated ones together. ValueError where a target cannot be reached.
    """
    slots = sorted({slot for stream in streams for slot, count in stream.contacts.items() if count > 0})
    return [_need(streams, wish, slot, given) for slot in slots]


def _need(streams: Sequence[Stream], wish: Wish, slot: Slot, given: int | None) -> Need:
    present = [stream for stream in streams if stream.contacts.get(slot, 0) > 0]
    demands = [stream.demand(slot=slot, patience_s=wish.patience_s) for stream in present]
    terms = {"target": wish.target, "within_s": wish.within_s, "most_occupancy": wish.most_occupancy}
    shared = pool_needed(demands=demands, **terms)
    dedicated = {
        stream.key: operators_needed(demand=demand, **terms).operators
        for stream, demand in zip(present, demands, strict=True)
    }
    together = pooled(demands=demands)
    return Need(
        slot=slot,
        contacts=sum(stream.contacts.get(slot, 0.0) for stream in present),
        load=together.load,
        shared=shared,
        shared_rostered=with_shrinkage(operators=shared.operators, shrinkage=wish.shrinkage),
        dedicated=dedicated,
        # each dedicated group is rostered by itself: nobody steps in for another
        dedicated_rostered=sum(
            with_shrinkage(operators=count, shrinkage=wish.shrinkage) for count in dedicated.values()
        ),
        given=None if given is None else expectation(demand=together, operators=given, within_s=wish.within_s),
    )


def milliseconds_or_none(seconds: float) -> int | None:
    """Seconds as whole milliseconds; None where they are without end."""
    return None if math.isinf(seconds) else round(seconds * 1000)
