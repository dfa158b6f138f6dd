"""An idempotent request belongs to a key of its own account."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_api_keys")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE tenancy_apikey ADD CONSTRAINT tenancy_apikey_account_key UNIQUE (account_id, id)",
            "ALTER TABLE tenancy_apikey DROP CONSTRAINT tenancy_apikey_account_key",
        ),
        migrations.RunSQL(
            "ALTER TABLE tenancy_idempotentrequest ADD CONSTRAINT tenancy_idempotentrequest_api_key_id_same_account "
            "FOREIGN KEY (account_id, api_key_id) REFERENCES tenancy_apikey (account_id, id)",
            "ALTER TABLE tenancy_idempotentrequest DROP CONSTRAINT tenancy_idempotentrequest_api_key_id_same_account",
        ),
    ]
