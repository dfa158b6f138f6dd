"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from django.db import migrations

PARENTS = ["billing_usageline", "billing_invoice", "billing_invoiceline"]
# (table, column, parent table)
REFERENCES = [
    ("billing_usageline", "interaction_id", "tickets_interaction"),
    ("billing_usagesource", "usage_line_id", "billing_usageline"),
    ("billing_invoiceline", "invoice_id", "billing_invoice"),
    ("billing_invoicelineusage", "line_id", "billing_invoiceline"),
    ("billing_invoicelineusage", "usage_line_id", "billing_usageline"),
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
    dependencies = [("billing", "0001_initial"), ("tickets", "0002_same_account")]

    operations = [
        *[_unique(table) for table in PARENTS],
        *[_reference(*reference) for reference in REFERENCES],
    ]
