"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from collections.abc import Iterable

from django.db.migrations import RunSQL


def same_account(*, keys: Iterable[str], references: Iterable[tuple[str, str, str]]) -> list[RunSQL]:
    """Return what makes `keys`, tables, targets of such references, and adds them: (table, column, table pointed at)."""
    return [*(_key(table) for table in keys), *(_reference(*reference) for reference in references)]


def _key(table: str) -> RunSQL:
    name = f"{table}_account_key"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def _reference(table: str, column: str, parent: str) -> RunSQL:
    name = f"{table}_{column}_same_account"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
