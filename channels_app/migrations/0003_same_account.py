"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from django.db import migrations

PARENTS = [
    "channels_app_endpoint",
]
# (table, column, parent table)
REFERENCES = [
    ("channels_app_receipt", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_receipt", "message_id", "tickets_message"),
    ("channels_app_channelthread", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_channelthread", "ticket_id", "tickets_ticket"),
    ("channels_app_channelthread", "contact_point_id", "contacts_contactpoint"),
    ("channels_app_chatsession", "endpoint_id", "channels_app_endpoint"),
    ("channels_app_chatsession", "contact_id", "contacts_contact"),
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
    dependencies = [
        ("channels_app", "0002_initial"),
        ("contacts", "0003_same_account"),
        ("tickets", "0002_same_account"),
    ]

    operations = [
        *[_unique(table) for table in PARENTS],
        *[_reference(*reference) for reference in REFERENCES],
    ]
