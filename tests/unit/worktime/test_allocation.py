"""The decision: whole units with a carried remainder, every unit with one owner."""

from fractions import Fraction

import pytest

from contactcenter.worktime.allocation import IdleKind, OpenKind, Policy, Share, allocate, occupancy, totals
from contactcenter.worktime.ledger import Candidate, Kind, Segment, Slice, slice_session
from contactcenter.worktime.sharing import Turns, by_remainder

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
        # 150-600 leads to A's chat at 600, 1300-1500 to B's call at 1512; after 1800 no contact follows
        (Policy(IdleKind.LEADS_TO), {(A, Kind.IDLE): 450, (B, Kind.IDLE): 200, (None, Kind.IDLE): 1200}),
        # handled in the hour: A 252 + 120 + 30 = 402, B 253 + 60 + 258 + 30 = 601, C 120 + 15 = 135, together 1138;
        # 1850 * 402 / 1138 = 653.515, 1850 * 601 / 1138 = 977.021, 1850 * 135 / 1138 = 219.464
        (Policy(IdleKind.PROPORTIONAL), {(A, Kind.IDLE): 654, (B, Kind.IDLE): 977, (C, Kind.IDLE): 219}),
    ],
)
def test_golden_session_gives_the_buckets_of_the_specification(
    policy: Policy, idle: dict[tuple[int | None, Kind], int]
) -> None:
    shares = allocate(slices=slice_session(start=0, end=3600, segments=GOLDEN), policy=policy, hour=3600)
    assert totals(shares=shares) == GOLDEN_FACTS | idle


# Open without focus in the golden case: A alone 600-700; A and B 700-800, 860-900, 1035-1200; B alone 1200-1300.
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        # nobody had the focus before 800, so 700-800 is shared equally; from 860 on B had it last
        (Policy(open=OpenKind.LAST_FOCUSED), {(A, Kind.OPEN): 150, (B, Kind.OPEN): 355, (None, Kind.IDLE): 1850}),
        # 305 shared 3 : 1 is 228.75 and 76.25; A has 100 alone, B has 100 alone
        (
            Policy(open=OpenKind.WEIGHTED, open_weights=((A, 3),)),
            {(A, Kind.OPEN): 329, (B, Kind.OPEN): 176, (None, Kind.IDLE): 1850},
        ),
        (Policy(open=OpenKind.AS_IDLE), {(None, Kind.OPEN): 505, (None, Kind.IDLE): 1850}),
        (Policy(IdleKind.HOME, ((C, 1),), OpenKind.AS_IDLE), {(C, Kind.OPEN): 505, (C, Kind.IDLE): 1850}),
        # 600-800 leads to B's focus at 800, 860-900 to C's call at 900, 1035-1300 to B's call at 1512
        (
            Policy(IdleKind.LEADS_TO, (), OpenKind.AS_IDLE),
            {
                (B, Kind.OPEN): 465,
                (C, Kind.OPEN): 40,
                (A, Kind.IDLE): 450,
                (B, Kind.IDLE): 200,
                (None, Kind.IDLE): 1200,
            },
        ),
    ],
)
def test_golden_session_under_the_other_open_chat_policies(
    policy: Policy, expected: dict[tuple[int | None, Kind], int]
) -> None:
    shares = allocate(slices=slice_session(start=0, end=3600, segments=GOLDEN), policy=policy, hour=3600)
    facts = {key: units for key, units in GOLDEN_FACTS.items() if key[1] is not Kind.OPEN}
    assert totals(shares=shares) == facts | expected


def test_open_time_as_idle_is_shared_in_proportion_together_with_the_idle_time() -> None:
    shares = allocate(
        slices=slice_session(start=0, end=3600, segments=GOLDEN),
        policy=Policy(IdleKind.PROPORTIONAL, (), OpenKind.AS_IDLE),
        hour=3600,
    )
    sums = totals(shares=shares)
    # handled without open: A 150, B 348, C 135, together 633; 505 + 1850 = 2355 shared: 558.06, 1294.69, 502.25
    assert {name: sums[name, Kind.OPEN] + sums[name, Kind.IDLE] for name in (A, B, C)} == {A: 558, B: 1295, C: 502}


def test_proportional_idle_goes_by_the_time_handled_in_its_own_hour() -> None:
    segments = [
        Segment(0, 600, Kind.TALK, A),
        Segment(2400, 3000, Kind.TALK, B),
        Segment(5400, 5500, Kind.TALK, B),
    ]
    slices = slice_session(start=0, end=7300, segments=segments)
    # first hour: A and B handled 600 each; second: B alone; third, of which 100 were worked: nobody
    assert allocate(slices=slices, policy=Policy(IdleKind.PROPORTIONAL), hour=3600) == [
        Share(0, Kind.TALK, A, None, 600),
        Share(1, Kind.IDLE, A, None, 900),
        Share(1, Kind.IDLE, B, None, 900),
        Share(2, Kind.TALK, B, None, 600),
        Share(3, Kind.IDLE, A, None, 300),
        Share(3, Kind.IDLE, B, None, 300 + 1800),
        Share(4, Kind.TALK, B, None, 100),
        Share(5, Kind.IDLE, B, None, 1700),
        Share(5, Kind.IDLE, None, None, 100),
    ]


def test_offer_that_was_not_accepted_and_wrap_up_do_not_lead_anywhere() -> None:
    slices = [
        Slice(0, 10, Kind.IDLE),
        Slice(10, 20, Kind.OFFER, A),
        Slice(20, 30, Kind.WRAP, A),
        Slice(30, 40, Kind.IDLE),
        Slice(40, 50, Kind.TALK, B),
    ]
    shares = allocate(slices=slices, policy=Policy(IdleKind.LEADS_TO))
    assert [(s.kind, s.account) for s in shares if s.kind is Kind.IDLE] == [(Kind.IDLE, B), (Kind.IDLE, B)]


def test_idle_time_that_a_correction_assigned_is_not_shared() -> None:
    slices = [Slice(0, 10, Kind.IDLE, B), Slice(10, 20, Kind.IDLE)]
    shares = allocate(slices=slices, policy=Policy(IdleKind.HOME, ((A, 1),)))
    assert [(s.account, s.units) for s in shares] == [(B, 10), (A, 10)]


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
        (IdleKind.LEADS_TO, ((A, 1),), "takes no accounts"),
        (IdleKind.PROPORTIONAL, ((A, 1),), "takes no accounts"),
    ],
)
def test_policy_that_makes_no_sense_is_refused(
    idle: IdleKind, weights: tuple[tuple[int, int], ...], cause: str
) -> None:
    with pytest.raises(ValueError, match=cause):
        Policy(idle, weights)


def test_of_equal_remainders_the_last_in_order_gets_the_unit() -> None:
    # 10 units over 1:1:1 are 3 1/3 each, 5 over 1:2:1 are 1 1/4, 2 1/2, 1 1/4
    assert by_remainder(units=10, weights=[(A, 1), (B, 1), (C, 1)]) == {A: 3, B: 3, C: 4}
    assert by_remainder(units=5, weights=[(A, 1), (B, 2), (C, 1)]) == {A: 1, B: 3, C: 1}
