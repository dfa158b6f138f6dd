"""Statements written by hand, for the few paths where composing them by the ORM costs more than running them."""

from collections.abc import Sequence
from typing import Any, cast

from django.db import connections

from contactcenter.kernel.postgres.base import DatabaseWrapper


def rows_from(statement: str, parameters: Sequence[Any], *, using: str = "default") -> list[tuple[Any, ...]]:
    """Run a statement that is prepared once per connection; return its rows.

    Its text must not vary with its values: each text takes a place among the connection's prepared statements.
    """
    with cast(DatabaseWrapper, connections[using]).prepared_cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
