"""What every figure means: one function a figure, for every screen, report and export. Pure.

Written out for people in frontend/src/locales/*/metrics.json (the tooltips) and docs/metrics.md; a test holds the two
and METRICS together. Shares are exact fractions, times whole milliseconds. None says that there is nothing to divide:
screens show a dash, never 0 or 100 %.

Three measures are never mixed: an operator's wall clock (WallClock: conserved, billable), a contact's handle time
(Handling: contacts served at once overlap), a customer's wait (Answering).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Final, Literal, TypeVar

Formula = Literal["abandons_within_met", "answered_only", "strict", "short_abandons_dropped"]
FORMULAS: Final[tuple[Formula, ...]] = ("abandons_within_met", "answered_only", "strict", "short_abandons_dropped")

METRICS: Final = (
    "contacts",
    "waiting",
    "service_level",
    *FORMULAS,
    "asa",
    "abandonment",
    "aht",
    "occupancy",
    "transfers",
    "fcr",
    "csat",
)
"""Every figure that has a definition of its own."""

FCR_DAYS: Final = 7
"""A contact that comes back on the same subject within so many days was not resolved the first time."""
SATISFIED_FROM: Final = 4
"""Ratings of 4 and 5 (of 5) count as satisfied."""


@dataclass(frozen=True, slots=True)
class Answering:
    """How a stretch of time was answered on the live channels (phone and chat): the customer's wait.

    Counts, and the summed wait of the answered in milliseconds. `answered_in_time` is part of
    `answered`; `abandoned_in_time` (gave up within the threshold) is part of `abandoned`.
    """

    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_in_time: int = 0
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Handling:
    """What became of contacts that operators served and finished: the contact's handle time, and how it ended.

    `conversation_ms` (talk and hold, or the chat from accepting to its end) and `wrap_ms` are summed over the
    `handled`; `transferred` went on to another operator. `inbound` and `repeated` count for FCR only contacts whose
    seven days are over. `rated` gave a verdict, `satisfied` a good one.
    """

    handled: int = 0
    conversation_ms: int = 0
    wrap_ms: int = 0
    transferred: int = 0
    inbound: int = 0
    repeated: int = 0
    rated: int = 0
    satisfied: int = 0


@dataclass(frozen=True, slots=True)
class WallClock:
    """Operators' time by class in whole milliseconds; every millisecond of theirs is in one class."""

    talk_ms: int = 0
    hold_ms: int = 0
    focus_ms: int = 0
    wrap_ms: int = 0
    open_ms: int = 0
    offer_ms: int = 0
    break_ms: int = 0
    idle_ms: int = 0

    @property
    def on_contact_ms(self) -> int:
        """Time with contacts: talk, hold, focus, open chats, wrap-up."""
        return self.talk_ms + self.hold_ms + self.focus_ms + self.open_ms + self.wrap_ms


Sums = TypeVar("Sums", Answering, Handling, WallClock)


def total(kind: type[Sums], parts: Iterable[Sums]) -> Sums:
    """The field-wise sum of any number of like figures, all zero for none."""
    every = list(parts)
    return kind(**{field.name: sum(getattr(one, field.name) for one in every) for field in fields(kind)})


def service_level(*, answering: Answering, formula: Formula = "abandons_within_met") -> Fraction | None:
    """The share answered within the threshold, as an exact fraction; None when nothing counts.

    The four formulas in use (callcentrehelper.com, "How to calculate service level"); they differ in
    what an abandoned contact means. Published example: 1000 answered, 860 of them within 20 s, 60
    abandoned, 20 of them within 20 s: 83.0 % (abandons within count as met), 86.0 % (answered only),
    81.1 % (strict), 82.7 % (short abandons dropped).
    """
    return pooled_service_level(parts=[(answering, formula)])


def pooled_service_level(*, parts: Iterable[tuple[Answering, Formula]]) -> Fraction | None:
    """The service level of several accounts as one, each counted by its own threshold and formula."""
    met, of = 0, 0
    for answering, formula in parts:
        met += answering.answered_in_time
        of += answering.answered + answering.abandoned
        if formula == "abandons_within_met":
            met += answering.abandoned_in_time
        elif formula == "answered_only":
            of -= answering.abandoned
        elif formula == "short_abandons_dropped":
            of -= answering.abandoned_in_time
    return Fraction(met, of) if of else None


def average_wait_ms(*, answering: Answering) -> int | None:
    """ASA: the mean wait of the answered in whole milliseconds (half up); None when nobody was answered."""
    return _mean(answering.wait_ms, answering.answered)


def abandonment(*, answering: Answering) -> Fraction | None:
    """The share of those who came that gave up before an operator answered."""
    of = answering.answered + answering.abandoned
    return Fraction(answering.abandoned, of) if of else None


def average_handle_ms(*, handling: Handling) -> int | None:
    """AHT: the mean of talk, hold and wrap-up of finished contacts in whole milliseconds (half up)."""
    return _mean(handling.conversation_ms + handling.wrap_ms, handling.handled)


def transfers(*, handling: Handling) -> Fraction | None:
    """The share of finished contacts that went on to another operator."""
    return Fraction(handling.transferred, handling.handled) if handling.handled else None


def first_contact_resolution(*, handling: Handling) -> Fraction | None:
    """FCR: the share of inbound contacts that did not come back on the same subject within seven days."""
    return Fraction(handling.inbound - handling.repeated, handling.inbound) if handling.inbound else None


def satisfaction(*, handling: Handling) -> Fraction | None:
    """CSAT: the share of 4 and 5 among the ratings given."""
    return Fraction(handling.satisfied, handling.rated) if handling.rated else None


def occupancy(*, clock: WallClock) -> Fraction | None:
    """Time with contacts as a share of it and of idle time; it cannot pass 1, for the wall clock does not overlap."""
    of = clock.on_contact_ms + clock.idle_ms
    return Fraction(clock.on_contact_ms, of) if of else None


def permille(*, share: Fraction | None) -> int | None:
    """A share in whole thousandths, half up: 0.8301 gives 830."""
    if share is None:
        return None
    return (2 * share.numerator * 1000 + share.denominator) // (2 * share.denominator)


def _mean(total_ms: int, count: int) -> int | None:
    return (2 * total_ms + count) // (2 * count) if count else None
