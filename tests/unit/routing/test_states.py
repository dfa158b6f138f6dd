"""The transition tables, as a whole and by their rules."""

from __future__ import annotations

from itertools import pairwise

import pytest

from contactcenter.routing.states import (
    ASSIGNMENT,
    BY_HAND,
    LIFECYCLE,
    LIVE,
    MACHINES,
    NOT_RESPONDING,
    OFFER,
    OWNING,
    PRESENCE,
    TRANSFER,
    counts_as_load,
    engagement_of,
    may_follow,
)


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_every_target_is_a_state_of_its_own_machine(machine: str) -> None:
    table = MACHINES[machine]
    assert {target for targets in table.values() for target in targets} <= set(table)


def test_a_released_offer_is_never_released_again() -> None:
    released = set(OFFER) - {"pending"}
    assert released == {"accepted", "declined", "timed_out", "rescinded", "canceled"}
    assert not any(OFFER[state] for state in released)
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


def test_offers_owned_tickets_and_running_consultations_take_places() -> None:
    takes = {
        (machine, state) for machine, table in MACHINES.items() for state in table
        if counts_as_load(machine=machine, state=state)
    }  # fmt: skip
    assert takes == {
        ("offer", "pending"),
        ("assignment", "active"),
        ("assignment", "held"),
        ("assignment", "consult"),
        ("transfer", "consulting"),
    }


def test_the_table_is_the_specifications() -> None:
    # anchors/operations.md, "Operator state", the line on assignments
    way = ["pending", "accepted", "active", "held", "active", "consult", "active", "wrapping", "done"]
    assert all(following in LIFECYCLE[state] for state, following in pairwise(way))
    handed_over = ["active", "transferred", "wrapping", "done"]
    assert all(following in LIFECYCLE[state] for state, following in pairwise(handed_over))
    assert LIFECYCLE["pending"] == {"accepted", "declined", "timed_out", "rescinded", "canceled"}
    assert "active" not in LIFECYCLE["transferred"]
    assert "held" not in LIFECYCLE["wrapping"]


def test_whoever_has_gone_leaves_from_every_live_state() -> None:
    assert all("done" in LIFECYCLE[state] for state in (*LIVE, "transferred"))
    assert set(OWNING) < set(LIVE)
    assert LIVE[-1] == "wrapping"
    assert list(LIVE) == sorted(LIVE)  # lists and the card sort by the word: the owner goes before a wrap-up


def test_a_refused_or_finished_transfer_is_over() -> None:
    assert {state for state in TRANSFER if not TRANSFER[state]} == {
        "done",
        "refused",
        "canceled",
    }


@pytest.mark.parametrize(
    ("presence", "reason", "serves", "wraps", "is_offered", "engaged_in"),
    [
        ("available", "", False, False, False, "idle"),
        ("available", "", False, False, True, "offered"),
        ("available", "", False, True, True, "wrap"),
        ("available", "", True, True, True, "engaged"),
        ("break", "meal", True, False, False, "engaged"),
        ("break", NOT_RESPONDING, False, False, False, "not_responding"),
        # tickets in hand do not hide that no new ones come
        ("break", NOT_RESPONDING, True, False, False, "not_responding"),
        ("available", NOT_RESPONDING, False, False, False, "idle"),
        ("", "", False, False, False, "idle"),
    ],
)
def test_engagement_is_derived_from_what_an_operator_has_in_hand(
    presence, reason, serves, wraps, is_offered, engaged_in
):
    found = engagement_of(presence=presence, reason=reason, serves=serves, wraps=wraps, is_offered=is_offered)
    assert found == engaged_in
