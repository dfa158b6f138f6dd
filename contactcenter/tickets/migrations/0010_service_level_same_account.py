"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from django.db import migrations

# (table, column, parent table)
REFERENCES = [
    ("tickets_slaclock", "ticket_id", "tickets_ticket"),
    ("tickets_translation", "message_id", "tickets_message"),
    ("tickets_interpreteruse", "interaction_id", "tickets_interaction"),
]


def _reference(table: str, column: str, parent: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_service_level")]

    operations = [_reference(*reference) for reference in REFERENCES]
