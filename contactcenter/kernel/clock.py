"""Who drives the clock: time itself, or a simulation that walks through a day of the past.

While a simulation holds the clock, the tasks that expire, sweep and match by the present moment stand still, because
everything the simulation has under way is long overdue to them. The hold is an advisory lock of PostgreSQL: it ends
with the connection that took it, however that ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, connections

CLOCK_LOCK: Final = 7_104_299


def clock_is_held() -> bool:
    """Return whether a simulation drives the clock now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted)",
            [CLOCK_LOCK],
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def hold_clock() -> Iterator[None]:
    """Within: this simulation alone drives the clock. Raises RuntimeError if another one does."""
    holder = connections.create_connection("default")
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [CLOCK_LOCK])
            if not cursor.fetchone()[0]:
                raise RuntimeError("Another simulation is running.")
        yield
    finally:
        holder.close()
