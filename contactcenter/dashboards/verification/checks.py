"""What one check of the proof found."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection

STUCK_AFTER = timedelta(minutes=10)
"""Work that nobody has taken up for so long is no longer under way."""
EXAMPLES = 20
"""A check names so many of its differences; it counts them all."""


@dataclass(slots=True)
class Check:
    """One equation of the proof: how many things were compared and which differ, each named with its id."""

    name: str
    states: str
    checked: int = 0
    differences: int = 0
    examples: list[str] = field(default_factory=list)

    def differs(self, example: str) -> None:
        """Count one difference."""
        self.differences += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


def count_of(query: str, values: Iterable[Any] = ()) -> int:
    """Return the one number that the query selects."""
    with connection.cursor() as cursor:
        cursor.execute(query, list(values))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def add_rows(check: Check, template: str, query: str, values: Iterable[Any] = ()) -> None:
    """Count every row of the query as a difference, told by the template with the row's columns in order."""
    with connection.cursor() as cursor:
        cursor.execute(query, list(values))
        while rows := cursor.fetchmany(1000):
            for row in rows:
                check.differs(template.format(*row))
