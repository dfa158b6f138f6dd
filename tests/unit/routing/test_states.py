"""The transition tables, as a whole and by their rules."""

from __future__ import annotations

import pytest

from contactcenter.routing.states import (
    ASSIGNMENT,
    BY_HAND,
    MACHINES,
    OFFER,
    PRESENCE,
    counts_as_load,
    is_terminal,
    may_follow,
)


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_every_target_is_a_state_of_its_own_machine(machine: str) -> None:
    table = MACHINES[machine]
    assert {target for targets in table.values() for target in targets} <= set(table)


def test_a_released_offer_is_never_released_again() -> None:
    released = set(OFFER) - {"pending"}
    assert released == {"accepted", "declined", "timed_out", "rescinded", "canceled"}
    assert all(is_terminal(machine="offer", state=state) for state in released)
    assert OFFER["pending"] == released


def test_lost_is_never_chosen_by_hand_and_always_left_by_hand() -> None:
    assert "lost" not in BY_HAND
    assert PRESENCE["lost"] == BY_HAND
    assert not may_follow(machine="presence", current="offline", wanted="lost")


def test_done_assignment_stays_done() -> None:
    assert ASSIGNMENT["done"] == frozenset()
    assert may_follow(machine="assignment", current="wrapping", wanted="active")


def test_unknown_words_follow_nothing() -> None:
    assert not may_follow(machine="offer", current="nonsense", wanted="accepted")
    assert not may_follow(machine="offer", current="pending", wanted="nonsense")


def test_only_pending_offers_and_active_assignments_take_places() -> None:
    takes = {
        (machine, state) for machine, table in MACHINES.items() for state in table
        if counts_as_load(machine=machine, state=state)
    }  # fmt: skip
    assert takes == {("offer", "pending"), ("assignment", "active")}
