"""Deliveries and their attempts belong to a subscription of their own account."""

from django.db import migrations

PARENTS = ["channels_app_webhooksubscription", "channels_app_webhookdelivery"]
# (table, column, parent table)
REFERENCES = [
    ("channels_app_webhookdelivery", "subscription_id", "channels_app_webhooksubscription"),
    ("channels_app_webhookattempt", "delivery_id", "channels_app_webhookdelivery"),
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
    dependencies = [("channels_app", "0010_webhooks")]

    operations = [
        *[_unique(table) for table in PARENTS],
        *[_reference(*reference) for reference in REFERENCES],
    ]
