"""Statements written by hand, for the few paths where composing them by the ORM costs more than running them."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast

from django.db import connections, models
from django.db.models.expressions import DatabaseDefault

from contactcenter.kernel.postgres.base import DatabaseWrapper

M = TypeVar("M", bound=models.Model)


def rows_from(
    statement: str, parameters: Sequence[Any], *, using: str = "default", binary: bool = False
) -> list[tuple[Any, ...]]:
    """Run a statement that is prepared once per connection; return its rows. `binary`: for many rows with instants.

    Its text must not vary with its values: each text takes a place among the connection's prepared statements.
    """
    with cast(DatabaseWrapper, connections[using]).prepared_cursor(binary=binary) as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@cache
def columns(model: type[models.Model], alias: str) -> str:
    """Return the columns of a model, for a SELECT over its table under this alias, as take_row expects them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def take_row(model: type[M], values: list[Any]) -> M:
    """Return the model's row from the front of `values`, where a statement put `columns`, and drop them there."""
    connection = connections["default"]
    fields = model._meta.concrete_fields
    taken = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=False)
    ]
    del values[: len(fields)]
    return model.from_db("default", [field.attname for field in fields], taken)


def insert(row: models.Model, *, unless_there: bool = False) -> bool:
    """Insert a new row as its save() does, with its defaults and those of the database; return whether it was inserted.

    `unless_there` gives False instead of an IntegrityError where a unique constraint holds such a row already; other
    transactions that are about to insert it are waited for.
    """
    connection = connections["default"]
    given, chosen = [], []
    for field in row._meta.concrete_fields:
        value = field.pre_save(row, add=True)
        if isinstance(value, DatabaseDefault) or (value is None and field.primary_key):
            chosen.append(field.attname)
        else:
            given.append(field.get_db_prep_save(value, connection))
    rows = rows_from(_insertion(type(row), tuple(chosen), unless_there), given)
    if not rows:
        return False
    for name, value in zip(chosen, rows[0], strict=False):
        setattr(row, name, value)
    row._state.adding, row._state.db = False, "default"
    return True


@cache
def _insertion(model: type[models.Model], chosen: tuple[str, ...], unless_there: bool) -> str:
    """Return the INSERT that leaves the columns `chosen` to the database and returns them."""
    fields = [field for field in model._meta.concrete_fields if field.attname not in chosen]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    returned = ", ".join(f'"{model._meta.get_field(name).column}"' for name in chosen) or "1"  # type: ignore[union-attr]
    conflict = "ON CONFLICT DO NOTHING" if unless_there else ""
    return f"""
        INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({", ".join(["%s"] * len(fields))}) {conflict}
        RETURNING {returned}
    """  # noqa: S608 -- names of tables and columns only
