"""Contacts are merged within their account only."""

from django.db import migrations

# (table, column)
REFERENCES = [
    ("contacts_contact", "merged_into_id"),
    ("contacts_contactmerge", "kept_id"),
    ("contacts_contactmerge", "merged_id"),
]


def _reference(table: str, column: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES contacts_contact (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_merges")]

    operations = [_reference(*reference) for reference in REFERENCES]
