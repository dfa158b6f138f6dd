"""T1 to T3: the ledger holds for any segments, in any order."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.worktime.allocation import IdleKind, OpenKind, Policy, Share, allocate, occupancy, totals
from contactcenter.worktime.ledger import Kind, Segment, Slice, slice_session
from contactcenter.worktime.sharing import Turns, by_remainder

LENGTH = 400
ACCOUNTS = (1, 2, 3, 4)
SHORT_HOUR = 60


@st.composite
def segment(draw: st.DrawFn) -> Segment:
    start = draw(st.integers(-20, LENGTH))
    kind = draw(st.sampled_from([kind for kind in Kind if kind is not Kind.IDLE]))
    account = draw(st.sampled_from(ACCOUNTS)) if kind is not Kind.BREAK else None
    name = draw(st.sampled_from("abcdef"))
    return Segment(start, start + draw(st.integers(0, 150)), kind, account, None, name)


@st.composite
def policy(draw: st.DrawFn) -> Policy:
    idle = draw(st.sampled_from(list(IdleKind)))
    opened = draw(st.sampled_from(list(OpenKind)))
    open_weights: tuple[tuple[int, int], ...] = ()
    if opened is OpenKind.WEIGHTED:
        weighted = sorted(draw(st.sets(st.sampled_from(ACCOUNTS))))
        open_weights = tuple((account, draw(st.integers(1, 9))) for account in weighted)
    weights: tuple[tuple[int, int], ...] = ()
    if idle in (IdleKind.HOME, IdleKind.DEDICATED):
        weights = ((draw(st.sampled_from(ACCOUNTS)), 1),)
    elif idle in (IdleKind.EQUAL, IdleKind.PERCENT):
        accounts = sorted(draw(st.sets(st.sampled_from(ACCOUNTS), min_size=1)))
        parts = st.just(1) if idle is IdleKind.EQUAL else st.integers(1, 97)
        weights = tuple((account, draw(parts)) for account in accounts)
    return Policy(idle, weights, opened, open_weights)


segments = st.lists(segment(), max_size=25)


def accounts_of(sums: Counter[tuple[int | None, Kind]]) -> Counter[tuple[int | None, bool]]:
    """Whose the time is. What is idle and what is open without focus may be dealt out in another order."""
    found: Counter[tuple[int | None, bool]] = Counter()
    for (account, kind), units in sums.items():
        found[account, kind in (Kind.IDLE, Kind.OPEN)] += units
    return found


def cut(slices: list[Slice], bounds: set[int]) -> list[Slice]:
    """The same facts with more bounds, as midnight or a change of tariff makes them."""
    pieces = []
    for piece in slices:
        edges = [piece.start, *sorted(b for b in bounds if piece.start < b < piece.end), piece.end]
        pieces += [
            Slice(a, b, piece.kind, piece.account, piece.interaction, "", "", piece.candidates)
            for a, b in pairwise(edges)
        ]
    return pieces


def naive(segments: list[Segment]) -> list[tuple[Kind, int | None]]:
    """Class and account of every unit, by the rule read literally."""
    owners: list[tuple[Kind, int | None]] = []
    for here in range(LENGTH):
        active = [s for s in segments if s.start <= here < s.end]
        best = min((list(Kind).index(s.kind) for s in active), default=len(Kind) - 1)
        kind = list(Kind)[best]
        first = sorted((s for s in active if s.kind is kind), key=lambda s: s.order)
        owners.append((kind, None if kind in (Kind.OPEN, Kind.IDLE) else first[0].account))
    return owners


@given(segments)
def test_slices_tile_the_session(given_segments: list[Segment]) -> None:
    slices = slice_session(start=0, end=LENGTH, segments=given_segments)
    assert slices[0].start == 0
    assert slices[-1].end == LENGTH
    assert all(a.end == b.start for a, b in pairwise(slices))
    assert all(piece.units > 0 for piece in slices)
    assert all(a.owner != b.owner for a, b in pairwise(slices))


@given(segments)
def test_every_unit_has_the_owner_that_the_rule_names(given_segments: list[Segment]) -> None:
    slices = slice_session(start=0, end=LENGTH, segments=given_segments)
    swept = [(piece.kind, piece.account) for piece in slices for _ in range(piece.units)]
    assert swept == naive(given_segments)


@given(segments, policy())
def test_allocations_sum_to_their_slice_and_to_the_session(given_segments: list[Segment], rule: Policy) -> None:
    slices = slice_session(start=0, end=LENGTH, segments=given_segments)
    per_slice: Counter[int] = Counter()
    for share in allocate(slices=slices, policy=rule, hour=SHORT_HOUR):
        assert share.units > 0
        per_slice[share.position] += share.units
    assert [per_slice[position] for position in range(len(slices))] == [piece.units for piece in slices]
    assert sum(per_slice.values()) == LENGTH


@given(st.data(), segments, policy())
def test_order_and_repetition_of_segments_do_not_matter(
    data: st.DataObject, given_segments: list[Segment], rule: Policy
) -> None:
    shuffled = data.draw(st.permutations(given_segments + given_segments[:5]))
    slices = slice_session(start=0, end=LENGTH, segments=given_segments)
    assert slice_session(start=0, end=LENGTH, segments=shuffled) == slices
    assert allocate(slices=slices, policy=rule) == allocate(slices=list(slices), policy=rule)


@given(segments, policy(), st.sets(st.integers(1, LENGTH - 1), max_size=6))
def test_cutting_at_any_bound_keeps_the_totals(given_segments: list[Segment], rule: Policy, bounds: set[int]) -> None:
    slices = slice_session(start=0, end=LENGTH, segments=given_segments)
    whole = totals(shares=allocate(slices=slices, policy=rule, hour=SHORT_HOUR))
    assert accounts_of(
        totals(shares=allocate(slices=cut(slices, bounds), policy=rule, hour=SHORT_HOUR))
    ) == accounts_of(whole)


@given(segments, st.integers(0, LENGTH))
def test_a_later_end_leaves_earlier_slices_and_shares_as_they_were(given_segments: list[Segment], end: int) -> None:
    def settled(until: int) -> list[Share]:
        slices = slice_session(start=0, end=until, segments=given_segments)
        known = len([piece for piece in slices if piece.end < end])
        return [s for s in allocate(slices=slices, policy=Policy()) if s.position < known]

    assert settled(end) == settled(LENGTH)


@given(segments)
def test_occupancy_is_never_above_one(given_segments: list[Segment]) -> None:
    ratio = occupancy(slices=slice_session(start=0, end=LENGTH, segments=given_segments))
    assert ratio is None or 0 <= ratio <= 1


@given(
    st.lists(st.tuples(st.sets(st.integers(1, 6), min_size=1), st.integers(0, 5000)), max_size=8),
    st.dictionaries(st.integers(1, 6), st.integers(1, 40), min_size=6, max_size=6),
)
def test_long_stretches_are_shared_as_unit_by_unit(
    stretches: list[tuple[set[int], int]], weights: dict[int, int]
) -> None:
    at_once: Turns[int] = Turns()
    slowly: Turns[int] = Turns()
    for claimants, units in stretches:
        claims = [(key, weights[key]) for key in sorted(claimants)]
        got = at_once.share(units=units % 120, weights=claims)
        single: Counter[int] = Counter()
        for _ in range(units % 120):
            single.update(slowly.share(units=1, weights=claims))
        assert Counter(got) == single


@given(
    st.dictionaries(st.integers(1, 6), st.integers(1, 100), min_size=2, max_size=6),
    st.integers(0, 10_000_000),
)
def test_shares_stay_within_reach_of_the_exact_part(weights: dict[int, int], units: int) -> None:
    got = Turns[int]().share(units=units, weights=sorted(weights.items()))
    assert sum(got.values()) == units
    for key, weight in weights.items():
        exact = Fraction(units * weight, sum(weights.values()))
        assert got.get(key, 0) - exact < 1
        assert exact - got.get(key, 0) < len(weights) - 1


@given(segments, policy(), st.integers(1, LENGTH - 1))
def test_what_a_session_has_allocated_stays_when_it_goes_on_unless_the_policy_looks_ahead(
    given_segments: list[Segment], rule: Policy, until: int
) -> None:
    """All slices but the growing last keep their shares; with a look ahead those of idle time may move."""
    part = slice_session(start=0, end=until, segments=given_segments)
    whole = slice_session(start=0, end=LENGTH, segments=given_segments)

    def settled(slices: list[Slice]) -> list[Share]:
        shares = allocate(slices=slices, policy=rule, hour=SHORT_HOUR)
        moving = {Kind.IDLE, Kind.OPEN} if rule.looks_ahead and rule.open is OpenKind.AS_IDLE else {Kind.IDLE}
        return [s for s in shares if s.position < len(part) - 1 and not (rule.looks_ahead and s.kind in moving)]

    assert settled(part) == settled(whole)


@given(
    st.dictionaries(st.integers(1, 6), st.integers(0, 3_600_000), min_size=1).filter(lambda w: any(w.values())),
    st.integers(0, 3_600_000),
)
def test_split_by_remainder_sums_and_stays_within_one_unit(weights: dict[int, int], units: int) -> None:
    got = by_remainder(units=units, weights=sorted(weights.items()))
    assert sum(got.values()) == units
    for key, weight in weights.items():
        assert abs(got.get(key, 0) - Fraction(units * weight, sum(weights.values()))) < 1
        assert units > sum(weights.values()) or got.get(key, 0) <= weight
