"""A template belongs to an endpoint of its own account."""

from django.db import migrations

NAME = "channels_app_messagetemplate_endpoint_id_same_account"


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0013_message_template")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE channels_app_messagetemplate ADD CONSTRAINT {NAME} "
            "FOREIGN KEY (account_id, endpoint_id) REFERENCES channels_app_endpoint (account_id, id)",
            f"ALTER TABLE channels_app_messagetemplate DROP CONSTRAINT {NAME}",
        )
    ]
