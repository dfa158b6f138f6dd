"""Statements written by hand, for the few paths where composing them by the ORM costs more than running them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from django.db import connections, models
from django.db.models.expressions import DatabaseDefault, RawSQL
from django.db.transaction import TransactionManagementError

from contactcenter.kernel.postgres.base import DatabaseWrapper

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")
Later = Callable[[], T]
"""What was asked for and is waited for when it is called; called once."""
Rows = list[tuple[Any, ...]]
Parameters = Sequence[Any] | Mapping[str, Any]
"""For each %s of a statement, or by the names of its %(name)s; what is named is sent once, however often it occurs."""


def rows_from(statement: str, parameters: Parameters, *, using: str = "default", binary: bool = False) -> Rows:
    """Run a statement that is prepared once per connection; return its rows. `binary`: for many rows with instants.

    Its text must not vary with its values: each text takes a place among the connection's prepared statements.
    """
    return ask(statement, parameters, using=using, binary=binary)()


def ask(statement: str, parameters: Parameters, *, using: str = "default", binary: bool = False) -> Later[Rows]:
    """Do as rows_from does; within `pipelined` the rows are not waited for before they are called for."""
    cursor = cast(DatabaseWrapper, connections[using]).prepared_cursor(binary=binary)
    cursor.execute(statement, parameters)

    def rows() -> Rows:
        with cursor:
            found: Rows = cursor.fetchall()
        return found

    return rows


@contextmanager
def pipelined(*, using: str = "default") -> Iterator[None]:
    """Within: statements are sent as they are asked, and run one after the other while nobody waits for the answers.

    The beginning of the transaction travels with the first of them. What fails is raised where an answer is waited
    for, at the latest at the end. Not for what the ORM writes, which must know at once how many rows were met, nor for
    atomic blocks within: a savepoint cannot be gone back to before the end.
    https://www.postgresql.org/docs/18/libpq-pipeline-mode.html
    """
    link = cast(DatabaseWrapper, connections[using])
    if not link.in_atomic_block:
        raise TransactionManagementError("Statements are pipelined within a transaction only.")
    link.ensure_connection()
    with link.wrap_database_errors, link.connection.pipeline():
        yield


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


class FromStatement(RawSQL):
    """A value of a new row that a statement of its own returns as `value`, such as the next one of a counter."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is the same for every insert of its kind. `sources`: (column, statement) of each FromStatement."""

    model: type[models.Model]
    chosen: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]

    @property
    def returned(self) -> tuple[str, ...]:
        """What the row learns from the database, by the names of its attributes."""
        return (*self.chosen, *(name for name, _ in self.sources))


def insert(row: models.Model, *, unless_there: bool = False) -> bool:
    """Insert a new row as its save() does, with its defaults and those of the database; return whether it was inserted.

    `unless_there` gives False instead of an IntegrityError where a unique constraint holds such a row already; other
    transactions that are about to insert it are waited for. A value may be a FromStatement, which the row then has.
    """
    return _insert([row], unless_there=unless_there)


def insert_together(*rows: models.Model) -> None:
    """Insert rows of any models as `insert` does, all in one statement: its locks wait for nothing but the commit.

    A row that another one refers to must know its id already.
    """
    _insert(rows, unless_there=False)


def _insert(rows: Sequence[models.Model], *, unless_there: bool) -> bool:
    of_sources: list[Any] = []
    given: list[Any] = []
    shapes = [_shape(row, of_sources, given) for row in rows]
    found = rows_from(_insertion(tuple(shapes), unless_there), [*of_sources, *given])
    if not found:
        return False
    values = iter(found[0])
    for row, shape in zip(rows, shapes, strict=True):
        for name in shape.returned:
            setattr(row, name, next(values))
        row._state.adding, row._state.db = False, "default"
    return True


def _shape(row: models.Model, of_sources: list[Any], given: list[Any]) -> _Shape:
    """Return the shape of the row's insert, and add its parameters to the two lists."""
    connection = connections["default"]
    chosen, sources = [], []
    for field in row._meta.concrete_fields:
        value = field.pre_save(row, add=True)
        if isinstance(value, FromStatement):
            sources.append((field.attname, value.sql))
            of_sources += value.params
        elif isinstance(value, DatabaseDefault) or (value is None and field.primary_key):
            chosen.append(field.attname)
        else:
            given.append(field.get_db_prep_save(value, connection))
    return _Shape(type(row), tuple(chosen), tuple(sources))


@cache
def _insertion(shapes: tuple[_Shape, ...], unless_there: bool) -> str:
    """Return the statement that inserts a row of each shape and returns what the database chose, all in one row."""
    named, inserts = [], []
    for place, shape in enumerate(shapes):
        named += [f"{name}_{place} AS ({statement})" for name, statement in shape.sources]
        inserts.append(_insert_of(shape, place=place, unless_there=unless_there))
    if len(inserts) == 1:
        return (f"WITH {', '.join(named)} " if named else "") + inserts[0]
    named += [f"row_{place} AS ({statement})" for place, statement in enumerate(inserts)]
    told = [f'row_{place}."{column}"' for place, shape in enumerate(shapes) for column in _returned_columns(shape)]
    sources = [f"row_{place}" for place in range(len(inserts))]
    return f"WITH {', '.join(named)} SELECT {', '.join(told) or '1'} FROM {', '.join(sources)}"  # noqa: S608 -- names


def _insert_of(shape: _Shape, *, place: int, unless_there: bool) -> str:
    fields = [field for field in shape.model._meta.concrete_fields if field.attname not in shape.chosen]
    computed = {name: f"(SELECT value FROM {name}_{place})" for name, _ in shape.sources}  # noqa: S608 -- names
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(computed.get(field.attname, "%s") for field in fields)
    returned = ", ".join(f'"{column}"' for column in _returned_columns(shape)) or "1"
    conflict = "ON CONFLICT DO NOTHING" if unless_there else ""
    return f"""
        INSERT INTO "{shape.model._meta.db_table}" ({columns}) VALUES ({values}) {conflict}
        RETURNING {returned}
    """  # noqa: S608 -- names of tables and columns only


def _returned_columns(shape: _Shape) -> list[str]:
    column_of = {field.attname: str(field.column) for field in shape.model._meta.concrete_fields}
    return [column_of[name] for name in shape.returned]
