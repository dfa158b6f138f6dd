"""What may follow what: the transitions of presence, offer and assignment (anchors/operations.md, "Operator state").

Pure: words in, words out. The rows that carry these words live in models.py, the writes in actions.py.
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
OFFER: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"accepted", "declined", "timed_out", "rescinded", "canceled"}),
    "accepted": frozenset(),
    "declined": frozenset(),
    "timed_out": frozenset(),
    "rescinded": frozenset(),
    "canceled": frozenset(),
}
ASSIGNMENT: Final[Mapping[str, frozenset[str]]] = {
    "active": frozenset({"wrapping", "done"}),
    # the contact writes again while the operator wraps up: the same handled unit goes on
    "wrapping": frozenset({"active", "done"}),
    "done": frozenset(),
}
MACHINES: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "presence": PRESENCE,
    "offer": OFFER,
    "assignment": ASSIGNMENT,
}

BY_HAND: Final = frozenset({"available", "break", "offline"})
"""Presences an operator may choose; LOST is the server's finding."""

LIVE: Final = frozenset({"active", "wrapping"})
"""Assignments that belong to someone: at most one of them per ticket (R1)."""


def may_follow(*, machine: str, current: str, wanted: str) -> bool:
    """True when `wanted` may directly follow `current`; unknown words may follow nothing."""
    return wanted in MACHINES[machine].get(current, frozenset())


def is_terminal(*, machine: str, state: str) -> bool:
    """True when nothing may follow `state`: it was released, and can be released only once (R2)."""
    return not MACHINES[machine][state]


def counts_as_load(*, machine: str, state: str) -> bool:
    """True when a row in this state uses a place of its operator: pending offers and active assignments.

    A wrapping assignment has freed its place: the contact is gone, and the operator may already be reserved for the
    next one in the same channel.
    """
    return (machine, state) in {("offer", "pending"), ("assignment", "active")}
