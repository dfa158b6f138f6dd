"""How fast one visitor may send. A message over the limit is not stored and not lost: the widget is told when to send
it again. Pure: the caller brings the time."""

from collections import OrderedDict
from typing import Final
from uuid import UUID

BURST: Final = 10
PER_SECOND: Final = 1.0
REMEMBERED: Final = 10_000
"""Sessions whose fill is remembered; the one unheard of for longest starts afresh."""


class Bucket:
    """A token bucket: `BURST` messages at once, then `PER_SECOND` of them."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, *, at_s: float) -> None:
        self._tokens = float(BURST)
        self._at = at_s

    def take(self, *, at_s: float) -> int:
        """Take one token; returns 0, or the milliseconds after which there will be one."""
        self._tokens = min(float(BURST), self._tokens + max(0.0, at_s - self._at) * PER_SECOND)
        self._at = max(self._at, at_s)
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0
        return int((1.0 - self._tokens) / PER_SECOND * 1000) + 1


class Limiter:
    """The buckets of one process by session, so that a second socket is no way around the limit."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[UUID, Bucket] = OrderedDict()

    def take(self, *, session: UUID, at_s: float) -> int:
        """Take one token of the session; returns 0, or the milliseconds to wait."""
        bucket = self._buckets.pop(session, None) or Bucket(at_s=at_s)
        self._buckets[session] = bucket
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket.take(at_s=at_s)
