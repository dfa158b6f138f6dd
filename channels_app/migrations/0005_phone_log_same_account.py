"""An entry of a telephone system's log belongs to the account of its endpoint: (account_id, id) foreign key."""

from django.db import migrations

NAME = "channels_app_phonelogentry_endpoint_id_same_account"


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0004_phone_log_entry")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE channels_app_phonelogentry ADD CONSTRAINT {NAME} "
            "FOREIGN KEY (account_id, endpoint_id) REFERENCES channels_app_endpoint (account_id, id)",
            f"ALTER TABLE channels_app_phonelogentry DROP CONSTRAINT {NAME}",
        ),
    ]
