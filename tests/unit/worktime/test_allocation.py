"""The decision: whole units with a carried remainder, every unit with one owner."""

from fractions import Fraction

import pytest

from contactcenter.worktime.allocation import IdleKind, Policy, Share, allocate, occupancy, totals
from contactcenter.worktime.ledger import Candidate, Kind, Segment, Slice, slice_session
from contactcenter.worktime.sharing import Turns

A, B, C = 1, 2, 3

# The golden case of the specification: one session of 3600 s.
GOLDEN = [
    Segment(0, 120, Kind.TALK, A),
    Segment(120, 150, Kind.WRAP, A),
    Segment(600, 1200, Kind.OPEN, A, 11),
    Segment(700, 1300, Kind.OPEN, B, 12),
    Segment(800, 860, Kind.FOCUS, B, 12),
    Segment(900, 1020, Kind.TALK, C),
    Segment(1020, 1035, Kind.WRAP, C),
    Segment(1500, 1512, Kind.OFFER, B),
    Segment(1512, 1800, Kind.TALK, B),
    Segment(1600, 1630, Kind.HOLD, B),
    Segment(2400, 3000, Kind.BREAK),
]
GOLDEN_FACTS = {
    (A, Kind.OPEN): 252,
    (A, Kind.TALK): 120,
    (A, Kind.WRAP): 30,
    (B, Kind.OPEN): 253,
    (B, Kind.FOCUS): 60,
    (B, Kind.OFFER): 12,
    (B, Kind.TALK): 258,
    (B, Kind.HOLD): 30,
    (C, Kind.TALK): 120,
    (C, Kind.WRAP): 15,
    (None, Kind.BREAK): 600,
}


@pytest.mark.parametrize(
    ("policy", "idle"),
    [
        (Policy(), {(None, Kind.IDLE): 1850}),
        (Policy(IdleKind.HOME, ((A, 1),)), {(A, Kind.IDLE): 1850}),
        (Policy(IdleKind.DEDICATED, ((C, 1),)), {(C, Kind.IDLE): 1850}),
        (
            Policy(IdleKind.PERCENT, ((A, 50), (B, 30), (C, 20))),
            {(A, Kind.IDLE): 925, (B, Kind.IDLE): 555, (C, Kind.IDLE): 370},
        ),
        (
            Policy(IdleKind.EQUAL, ((A, 1), (B, 1), (C, 1))),
            {(A, Kind.IDLE): 616, (B, Kind.IDLE): 617, (C, Kind.IDLE): 617},
        ),
    ],
)
def test_golden_session_gives_the_buckets_of_the_specification(
    policy: Policy, idle: dict[tuple[int | None, Kind], int]
) -> None:
    shares = allocate(slices=slice_session(start=0, end=3600, segments=GOLDEN), policy=policy)
    assert totals(shares=shares) == GOLDEN_FACTS | idle


def test_occupancy_of_the_golden_session_counts_neither_offers_nor_breaks() -> None:
    slices = slice_session(start=0, end=3600, segments=GOLDEN)
    assert occupancy(slices=slices) == Fraction(3600 - 12 - 600 - 1850, 3600 - 12 - 600)


def test_occupancy_of_a_session_of_breaks_is_undefined() -> None:
    assert occupancy(slices=[Slice(0, 10, Kind.BREAK)]) is None


def test_two_chats_of_one_account_get_a_part_each() -> None:
    slices = [Slice(0, 9, Kind.OPEN, candidates=(Candidate(A, 7), Candidate(A, 8), Candidate(B, 9)))]
    assert sorted(allocate(slices=slices, policy=Policy()), key=lambda s: s.interaction or 0) == [
        Share(0, Kind.OPEN, A, 7, 3),
        Share(0, Kind.OPEN, A, 8, 3),
        Share(0, Kind.OPEN, B, 9, 3),
    ]


def test_remainder_is_carried_to_the_next_slice() -> None:
    slices = [Slice(0, 1, Kind.IDLE), Slice(1, 2, Kind.BREAK), Slice(2, 3, Kind.IDLE)]
    shares = allocate(slices=slices, policy=Policy(IdleKind.EQUAL, ((A, 1), (B, 1))))
    assert [(s.account, s.units) for s in shares] == [(B, 1), (None, 1), (A, 1)]


def test_weights_that_are_no_multiple_of_each_other_never_lose_a_unit() -> None:
    turns: Turns[str] = Turns()
    got = turns.share(units=1000, weights=[("A", 7), ("B", 4), ("C", 2)])
    # 1000 * 7/13 = 538.46, 1000 * 4/13 = 307.69, 1000 * 2/13 = 153.85
    assert got == {"A": 538, "B": 308, "C": 154}


def test_claimant_without_weight_gets_nothing() -> None:
    assert Turns[str]().share(units=10, weights=[("A", 0), ("B", 3)]) == {"B": 10}


def test_sharing_among_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="weights: at least one"):
        Turns[str]().share(units=10, weights=[])


@pytest.mark.parametrize(
    ("idle", "weights", "cause"),
    [
        (IdleKind.NONE, ((A, 1),), "takes no accounts"),
        (IdleKind.HOME, (), "needs an account"),
        (IdleKind.HOME, ((A, 1), (B, 1)), "exactly one account"),
        (IdleKind.DEDICATED, ((A, 0),), "needs an account"),
        (IdleKind.PERCENT, ((A, 1), (B, -1)), "must not be negative"),
        (IdleKind.PERCENT, ((B, 1), (A, 1)), "ascending order"),
        (IdleKind.PERCENT, ((A, 10_001),), "must not sum to more"),
    ],
)
def test_policy_that_makes_no_sense_is_refused(
    idle: IdleKind, weights: tuple[tuple[int, int], ...], cause: str
) -> None:
    with pytest.raises(ValueError, match=cause):
        Policy(idle, weights)
