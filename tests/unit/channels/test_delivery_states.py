"""Which report moves a message on. The order: sent < failed < delivered < read."""

from functools import reduce
from itertools import permutations

import pytest

from channels_app.states import RANK, advanced


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("sent", "delivered", "delivered"),
        ("delivered", "read", "read"),
        ("delivered", "sent", "delivered"),
        ("read", "sent", "read"),
        ("read", "delivered", "read"),
        ("delivered", "failed", "delivered"),
        ("read", "failed", "read"),
        ("sent", "failed", "failed"),
        ("failed", "sent", "failed"),
        ("failed", "delivered", "delivered"),
        ("sending", "sent", "sent"),
        ("queued", "delivered", "delivered"),
        ("queued", "failed", "queued"),
        ("received", "delivered", "received"),
    ],
)
def test_report_moves_a_message_forward_only(old: str, new: str, shown: str) -> None:
    assert advanced(old=old, new=new) == shown


def test_order_of_reports_does_not_matter() -> None:
    for reports in [subset for size in (1, 2, 3, 4) for subset in permutations(RANK, size)]:
        ends = {reduce(lambda old, new: advanced(old=old, new=new), order, "sent") for order in permutations(reports)}
        assert len(ends) == 1
