"""How fast an endpoint's receipts are worked off."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from channels_app.pacing import BURST, turns

AT = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_minutes_worth_is_done_at_once_and_the_rest_in_turn() -> None:
    due, mark = turns(paced_until=None, arrived=62, per_minute=60, at=AT)
    assert due == [AT] * 60 + [AT + SECOND, AT + 2 * SECOND]
    assert mark == AT + 62 * SECOND


def test_the_next_request_queues_behind_the_one_before() -> None:
    _, mark = turns(paced_until=None, arrived=90, per_minute=60, at=AT)
    due, _ = turns(paced_until=mark, arrived=1, per_minute=60, at=AT + 10 * SECOND)
    assert due == [AT + 31 * SECOND]


def test_quiet_time_is_not_saved_up() -> None:
    due, mark = turns(paced_until=AT - timedelta(hours=5), arrived=1, per_minute=6, at=AT)
    assert (due, mark) == ([AT], AT + 10 * SECOND)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=30),
    st.integers(1, 600),
)
def test_turns_are_in_order_and_never_more_than_the_rate_allows(
    arrivals: list[tuple[int, int]], per_minute: int
) -> None:
    at, mark, planned = AT, None, []
    for wait, arrived in arrivals:
        at += wait * SECOND
        due, mark = turns(paced_until=mark, arrived=arrived, per_minute=per_minute, at=at)
        assert all(at <= turn for turn in due)
        planned += due
    assert planned == sorted(planned)
    for index, turn in enumerate(planned):
        within = sum(1 for other in planned[index:] if other < turn + BURST)
        assert within <= 2 * per_minute + 1
