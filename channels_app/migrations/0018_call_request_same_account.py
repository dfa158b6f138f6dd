"""A wish to call belongs to the account of its ticket and contact: (account_id, id) foreign keys."""

from django.db import migrations

REFERENCES = [("ticket_id", "tickets_ticket"), ("contact_id", "contacts_contact")]


def _reference(column: str, parent: str) -> migrations.RunSQL:
    name = f"channels_app_callrequest_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE channels_app_callrequest ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE channels_app_callrequest DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0017_call_request")]

    operations = [_reference(*reference) for reference in REFERENCES]
