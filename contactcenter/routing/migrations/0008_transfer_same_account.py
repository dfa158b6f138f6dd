"""A transfer points at rows of its own account only, and so does an offer at its transfer."""

from django.db import migrations

PARENTS = ["routing_assignment", "routing_transfer"]
# (table, column, parent table)
REFERENCES = [
    ("routing_transfer", "ticket_id", "tickets_ticket"),
    ("routing_transfer", "assignment_id", "routing_assignment"),
    ("routing_offer", "transfer_id", "routing_transfer"),
]


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
    dependencies = [("routing", "0007_lifecycle")]

    operations = [
        *[_unique(table) for table in PARENTS],
        *[_reference(*reference) for reference in REFERENCES],
    ]
