"""When a webhook is tried again, and when its subscription is given up. Pure."""

from datetime import datetime, timedelta
from typing import Final

DELAYS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""Before the first attempt, the second, ...: eight attempts in a little over 27 hours (Standard Webhooks)."""
MOST_ATTEMPTS: Final = len(DELAYS)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_FIRST_PAUSE: Final = timedelta(seconds=5)


def next_attempt_at(*, attempts: int, at: datetime) -> datetime | None:
    """Return when to try again after so many failed attempts, the last one at `at`; None: not again."""
    return None if attempts >= MOST_ATTEMPTS else at + DELAYS[attempts]


def pause(*, failures: int) -> timedelta:
    """Return how long a subscription rests after so many failures in a row: 5 s, 10 s, 20 s ... up to 5 minutes."""
    doublings = min(max(failures - 1, 0), 6)  # 5 s * 2**6 is over the longest already
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


def is_given_up(*, failing_since: datetime | None, at: datetime, patience: timedelta) -> bool:
    """Return whether every attempt has failed for so long that nobody seems to be there."""
    return failing_since is not None and at - failing_since >= patience
