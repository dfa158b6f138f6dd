"""Millions of rows into tables with all their constraints, in minutes; and the blocks that a piece of work touches."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper

_INDEXES_ARE = """
UPDATE pg_index SET indisready = %(ready)s, indisvalid = %(ready)s WHERE indrelid = ANY(%(tables)s::regclass[])
"""


@contextmanager
def bulk_fill(*tables: str) -> Iterator[CursorWrapper]:
    """Give a cursor that fills these tables; afterwards their indexes hold every row and are in force again.

    Triggers and foreign keys are passed over: the rows are right by how they are made. Indexes are left behind and
    built from all rows at once by VACUUM FULL, which does not ask an exclusion constraint about every row again: that
    alone takes 100 s a million.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_INDEXES_ARE, {"ready": False, "tables": list(tables)})
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in tables:
            cursor.execute(f"VACUUM FULL {table}")
        cursor.execute(_INDEXES_ARE, {"ready": True, "tables": list(tables)})
        cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")


def blocks_touched(*, prefix: str) -> int:
    """Return how many shared blocks of tables so named, and of their indexes, have been read since the server began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")
        cursor.execute(
            "SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint "
            "FROM pg_statio_user_tables WHERE starts_with(relname, %s)",
            [prefix],
        )
        (count,) = cursor.fetchone()
    return int(count or 0)
