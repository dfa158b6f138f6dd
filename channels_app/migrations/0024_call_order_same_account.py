"""An order belongs to the account of its call and interaction: (account_id, id) foreign keys."""

from django.db import migrations

REFERENCES = [("call_id", "tickets_call"), ("interaction_id", "tickets_interaction")]


def _reference(column: str, parent: str) -> migrations.RunSQL:
    name = f"channels_app_callorder_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE channels_app_callorder ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE channels_app_callorder DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0023_call_order")]

    operations = [_reference(*reference) for reference in REFERENCES]
