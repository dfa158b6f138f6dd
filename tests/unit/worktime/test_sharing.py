"""What several have of a slice is dealt to its stretches without losing a unit."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.worktime.sharing import deal


def test_shared_slice_over_three_days_is_dealt_without_losing_a_millisecond():
    hour = 3_600_000
    # 1 h, 24 h and 5 h of 30, two thirds of each are the first share's
    assert deal(lengths=[hour, 24 * hour, 5 * hour], among=[(1, 20 * hour), (2, 10 * hour)]) == [
        {1: 2_400_000, 2: 1_200_000},
        {1: 16 * hour, 2: 8 * hour},
        {1: 12_000_000, 2: 6_000_000},
    ]


@given(st.lists(st.integers(1, 40_000_000), min_size=1, max_size=5), st.lists(st.integers(0, 10**9), max_size=4))
def test_every_stretch_sums_to_its_length_and_every_share_to_itself(shares, cuts):
    whole = sum(shares)
    edges = [0, *sorted(cut % whole for cut in cuts), whole]
    lengths = [later - earlier for earlier, later in pairwise(edges)]
    dealt = deal(lengths=lengths, among=list(enumerate(shares)))
    assert [sum(part.values()) for part in dealt] == lengths
    assert [sum(part.get(key, 0) for part in dealt) for key in range(len(shares))] == shares
