"""A clock is corrected by what is proven, beyond a threshold, and let alone again when it no longer is ahead."""

import pytest

from contactcenter.worktime.clocks import offset_ms


@pytest.mark.parametrize(
    ("at_least", "applied", "expected"),
    [
        ([], 0, None),
        # received 300 ms after it was stamped: nothing proven
        ([-300, -90], 0, None),
        # within the threshold of two seconds
        ([-300, 2000], 0, None),
        # five seconds ahead, whatever arrived late
        ([-400_000, 5000, 4200], 0, 5000),
        # already taken off
        ([4900], 5000, None),
        # further ahead than what is taken off
        ([9000, 8000], 5000, 9000),
        # set right by its owner
        ([-200, -150], 5000, 0),
        # a minute old when it came: it says nothing of a clock that was ahead
        ([-60_000], 5000, None),
        # an hour ahead is a wrong time zone and no clock
        ([3_600_000], 0, None),
        # a file of last week proves nothing
        ([-604_800_000], 0, None),
    ],
)
def test_offset_is_what_is_proven(at_least: list[int], applied: int, expected: int | None) -> None:
    assert offset_ms(at_least=at_least, applied=applied) == expected
