"""Who drives the clock: time itself, or a simulation that walks through a day of the past.

While a simulation holds the clock, the tasks that expire, sweep and match by the present moment stand still, because
everything the simulation has under way is long overdue to them. The hold is an advisory lock of PostgreSQL: it ends
with the connection that took it, however that ends.
"""

import logging
from types import TracebackType
from typing import Final

from django.db import DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)

CLOCK_LOCK: Final = 7_104_299


class ClockTaken(Exception):
    """Another simulation drives the clock."""


def clock_is_held() -> bool:
    """Return whether a simulation drives the clock now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted)",
            [CLOCK_LOCK],
        )
        return bool(cursor.fetchone()[0])


class ClockHold:
    """A context in which this simulation alone drives the clock; entering raises ClockTaken if another one does."""

    def __init__(self) -> None:
        self._holder: BaseDatabaseWrapper | None = None

    def __enter__(self) -> "ClockHold":
        self._take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def renew(self) -> None:
        """Take the clock again after the database was away: the lock went with the connection."""
        try:
            if self._holder is not None and self._holder.is_usable():
                return
        except DatabaseError:
            pass
        self._let_go()
        self._take()

    def _take(self) -> None:
        self._holder = connections.create_connection("default")
        with self._holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [CLOCK_LOCK])
            taken = bool(cursor.fetchone()[0])
        if not taken:
            self._let_go()
            raise ClockTaken("Another simulation is running.")

    def _let_go(self) -> None:
        holder, self._holder = self._holder, None
        if holder is None:
            return
        try:
            # at once: the server notices a closed connection a little later
            with holder.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")
        except DatabaseError:
            logger.info("the connection that held the clock is gone, and the hold with it")
        holder.close()
