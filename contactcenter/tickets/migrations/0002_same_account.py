"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from django.db import migrations

PARENTS = [
    "tickets_ticket",
    "tickets_message",
    "tickets_interaction",
    "tickets_call",
]
# (table, column, parent table)
REFERENCES = [
    ("tickets_ticket", "contact_id", "contacts_contact"),
    ("tickets_message", "ticket_id", "tickets_ticket"),
    ("tickets_message", "contact_id", "contacts_contact"),
    ("tickets_note", "ticket_id", "tickets_ticket"),
    ("tickets_attachment", "message_id", "tickets_message"),
    ("tickets_draft", "ticket_id", "tickets_ticket"),
    ("tickets_interaction", "ticket_id", "tickets_ticket"),
    ("tickets_interaction", "disposition_id", "playbooks_disposition"),
    ("tickets_call", "ticket_id", "tickets_ticket"),
    ("tickets_call", "contact_id", "contacts_contact"),
    ("tickets_callsegment", "call_id", "tickets_call"),
    ("tickets_callsegment", "interaction_id", "tickets_interaction"),
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
        ("tickets", "0001_initial"),
        ("contacts", "0003_same_account"),
        ("playbooks", "0003_same_account"),
    ]

    operations = [
        *[_unique(table) for table in PARENTS],
        *[_reference(*reference) for reference in REFERENCES],
    ]
