"""What may follow what: the transitions of presence, and of a ticket's way with an operator from offer to outcome.

Source: anchors/operations.md, "Operator state". Pure: words in, words out. The rows that carry these words live in
models.py (an Offer up to its answer, an Assignment from there on, a Transfer beside it), the writes in actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRESENCE: Final[Mapping[str, frozenset[str]]] = {
    "offline": frozenset({"available", "break"}),
    "available": frozenset({"break", "offline", "lost"}),
    # a break may be replaced by a break of another reason
    "break": frozenset({"available", "break", "offline", "lost"}),
    "lost": frozenset({"available", "break", "offline"}),
}
LIFECYCLE: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"accepted", "declined", "timed_out", "rescinded", "canceled"}),
    "accepted": frozenset({"active"}),
    "declined": frozenset(),
    "timed_out": frozenset(),
    "rescinded": frozenset(),
    "canceled": frozenset(),
    # whoever has gone (lost, offline) wraps nothing up: from every state straight to done
    "active": frozenset({"held", "consult", "transferred", "wrapping", "done"}),
    "held": frozenset({"active", "consult", "transferred", "wrapping", "done"}),
    "consult": frozenset({"active", "transferred", "wrapping", "done"}),
    "transferred": frozenset({"wrapping", "done"}),
    # the contact writes again while the operator wraps up: the same handled unit goes on
    "wrapping": frozenset({"active", "done"}),
    "done": frozenset(),
}
"""One table from offer to outcome. "pending" is the anchor's OFFERED: the row of an offer that nobody has answered."""

_OFFER_STATES: Final = ("pending", "accepted", "declined", "timed_out", "rescinded", "canceled")
OFFER: Final[Mapping[str, frozenset[str]]] = {
    state: LIFECYCLE[state] & frozenset(_OFFER_STATES) for state in _OFFER_STATES
}
ASSIGNMENT: Final[Mapping[str, frozenset[str]]] = {
    state: following for state, following in LIFECYCLE.items() if state not in _OFFER_STATES
}
TRANSFER: Final[Mapping[str, frozenset[str]]] = {
    "asked": frozenset({"consulting", "done", "refused", "canceled"}),
    "consulting": frozenset({"done", "canceled"}),
    "done": frozenset(),
    "refused": frozenset(),
    "canceled": frozenset(),
}
CALLBACK: Final[Mapping[str, frozenset[str]]] = {
    "waiting": frozenset({"calling", "canceled", "expired"}),
    # back to waiting: nobody answered, or the operator has gone
    "calling": frozenset({"waiting", "done", "failed", "canceled"}),
    "done": frozenset(),
    "canceled": frozenset(),
    "failed": frozenset(),
    "expired": frozenset(),
}
MACHINES: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "presence": PRESENCE,
    "offer": OFFER,
    "assignment": ASSIGNMENT,
    "transfer": TRANSFER,
    "callback": CALLBACK,
}

BY_HAND: Final = frozenset({"available", "break", "offline"})
"""Presences an operator may choose; LOST is the server's finding."""

NOT_RESPONDING: Final = "not responding"
"""Reason of the break on which the server sends somebody who lets offers run out."""

OWNING: Final = ("active", "consult", "held")
"""Assignments of a ticket's one owner (R1): at most one of them per ticket."""
LIVE: Final = (*OWNING, "wrapping")
"""Assignments that somebody still works on, in the order in which one stands for the ticket."""


def may_follow(*, machine: str, current: str, wanted: str) -> bool:
    """True when `wanted` may directly follow `current`; unknown words may follow nothing."""
    return wanted in MACHINES[machine].get(current, frozenset())


def engagement_of(*, presence: str, reason: str, serves: bool, wraps: bool, is_offered: bool) -> str:
    """Return what an operator at work is engaged in: the second axis of their state, derived.

    Who does not respond is told so and shown so, even with tickets in hand: no new ones come until they say otherwise.
    """
    if presence == "break" and reason == NOT_RESPONDING:
        return "not_responding"
    if serves:
        return "engaged"
    if wraps:
        return "wrap"
    return "offered" if is_offered else "idle"


def counts_as_load(*, machine: str, state: str) -> bool:
    """True when a row in this state uses a place of its operator: pending offers, owned tickets, running consultations.

    A wrapping assignment has freed its place: the contact is gone, and the operator may already be reserved for the
    next one in the same channel.
    """
    if machine == "offer":
        return state == "pending"
    if machine == "transfer":
        return state == "consulting"
    return machine == "assignment" and state in OWNING
