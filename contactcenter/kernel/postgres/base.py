"""Django's PostgreSQL backend with a health check that costs no query, and commits that tell Valkey once."""

from __future__ import annotations

import select
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg.pq import Format

from contactcenter.kernel.valkey import one_round_trip


class _PreparingCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(query, params, prepare=True, **options)


class _Operations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Return the statement for the query log; of a prepared one its text without values."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks an idle connection only if there is a reason to: a server that ended has said so on the socket."""

    ops_class = _Operations

    def is_usable(self) -> bool:
        """Return whether the connection can be used; called once a request, before its first query."""
        if self.connection is None:
            return False
        socket = self.connection.pgconn.socket
        idle = select.poll()
        idle.register(socket, select.POLLIN | select.POLLERR | select.POLLHUP)
        return not idle.poll(0) or super().is_usable()

    def run_and_clear_commit_hooks(self) -> None:
        """Do what waits for the commit; what that tells Valkey leaves in one round trip."""
        with one_round_trip():
            super().run_and_clear_commit_hooks()

    def prepared_cursor(self, *, binary: bool = False) -> CursorWrapper:
        """Return a cursor whose statements PostgreSQL parses and plans once per connection, not once per use.

        `binary`: rows arrive in PostgreSQL's own format; instants are then read in a tenth of the time.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            bare = _PreparingCursor(self.connection)
            bare.format = Format.BINARY if binary else Format.TEXT
            cursor: CursorWrapper = self._prepare_cursor(bare)  # type: ignore[attr-defined]  # the stubs leave it out
        return cursor
