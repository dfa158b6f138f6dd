"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from django.db import migrations

PARENTS = [
    "playbooks_disposition",
]
REFERENCES: list[tuple[str, str, str]] = []


def _unique(table: str) -> migrations.RunSQL:
    name = f"{table}_account_key"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def _reference(table: str, column: str, parent: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("playbooks", "0002_initial"),
    ]

    operations = [
        *[_unique(table) for table in PARENTS],
        *[_reference(*reference) for reference in REFERENCES],
    ]
