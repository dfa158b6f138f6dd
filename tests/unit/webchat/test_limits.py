from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from channels_app.webchat.limits import Bucket, Limiter

ONE = UUID(int=1)
TWO = UUID(int=2)


def test_ten_messages_pass_at_once_and_the_eleventh_waits_a_second() -> None:
    bucket = Bucket(at_s=0)
    assert [bucket.take(at_s=0) for _ in range(10)] == [0] * 10
    assert bucket.take(at_s=0) == 1001
    assert bucket.take(at_s=0.5) == 501
    assert bucket.take(at_s=1.01) == 0


def test_after_the_wait_that_was_named_the_message_passes() -> None:
    bucket = Bucket(at_s=0)
    for _ in range(10):
        bucket.take(at_s=0)
    wait_ms = bucket.take(at_s=0.25)
    assert bucket.take(at_s=0.25 + wait_ms / 1000) == 0


def test_sessions_do_not_share_a_bucket_and_sockets_of_one_session_do() -> None:
    limiter = Limiter()
    assert all(limiter.take(session=ONE, at_s=0) == 0 for _ in range(10))
    assert limiter.take(session=ONE, at_s=0) > 0
    assert limiter.take(session=TWO, at_s=0) == 0


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=200))
def test_never_more_than_the_burst_and_one_a_second_pass(gaps: list[float]) -> None:
    bucket, now, passed = Bucket(at_s=0), 0.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(at_s=now) == 0
    assert passed <= 10 + now + 1e-6
