"""The tables of roll-ups: what each is selected by, and how its buckets are read and written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from contactcenter.dashboards.rollups import facts

Buckets = Sequence[tuple[int, datetime | date]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A table whose first two columns name a bucket: whose (an account or an operator) and when."""

    table: str
    statement: str
    key_columns: tuple[str, ...]
    sum_columns: tuple[str, ...]
    when_type: str

    def write(self, *, buckets: Buckets) -> None:
        """Replace the rows of these buckets by what the statement gives."""
        if not buckets:
            return
        columns = ", ".join(f'"{name}"' for name in (*self.key_columns, *self.sum_columns))
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table} d {self._these('USING')}", _arrays(buckets))  # noqa: S608
            cursor.execute(f"INSERT INTO {self.table} ({columns}) {self.statement}", _arrays(buckets))

    def computed(self, *, buckets: Buckets) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return what the facts give, by key."""
        return self._by_key(self.statement, buckets)

    def stored(self, *, buckets: Buckets) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return what is stored, by key."""
        columns = ", ".join(f'd."{name}"' for name in (*self.key_columns, *self.sum_columns))
        return self._by_key(f"SELECT {columns} FROM {self.table} d, {self._these('')}", buckets)  # noqa: S608

    def _these(self, joined: str) -> str:
        whose, when = self.key_columns[:2]
        return (
            f'{joined} unnest(%s::bigint[], %s::{self.when_type}[]) AS t(whose, "when") '
            f'WHERE d.{whose} = t.whose AND d."{when}" = t."when"'
        )

    def _by_key(self, statement: str, buckets: Buckets) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, _arrays(buckets))
            rows = cursor.fetchall()
        keys = len(self.key_columns)
        return {tuple(row[:keys]): tuple(row[keys:]) for row in rows}


def _arrays(buckets: Buckets) -> list[Any]:
    return [[whose for whose, _ in buckets], [when for _, when in buckets]]


def _daily(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("on" if name == "at" else name for name in keys)


CONTACT_QUARTER: Final = Level(
    table="dashboards_contactquarter",
    statement=facts.CONTACTS,
    key_columns=facts.CONTACT_KEYS,
    sum_columns=facts.CONTACT_SUMS,
    when_type="timestamptz",
)
CONTACT_DAY: Final = Level(
    table="dashboards_contactday",
    statement=facts.CONTACT_DAYS,
    key_columns=_daily(facts.CONTACT_KEYS),
    sum_columns=facts.CONTACT_SUMS,
    when_type="date",
)
OPERATOR_QUARTER: Final = Level(
    table="dashboards_operatorquarter",
    statement=facts.OPERATORS,
    key_columns=facts.OPERATOR_KEYS,
    sum_columns=facts.OPERATOR_SUMS,
    when_type="timestamptz",
)
OPERATOR_DAY: Final = Level(
    table="dashboards_operatorday",
    statement=facts.OPERATOR_DAYS,
    key_columns=_daily(facts.OPERATOR_KEYS),
    sum_columns=facts.OPERATOR_SUMS,
    when_type="date",
)
