"""Access tokens of mailboxes that log in by OAuth, kept for all processes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0018_call_request_same_account"), ("tenancy", "0003_same_account")]

    operations = [
        migrations.CreateModel(
            name="MailAuthorization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=64)),
                ("sealed", models.TextField(blank=True, editable=False)),
                ("expires_at", models.DateTimeField(null=True)),
                ("refreshing_until", models.DateTimeField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "endpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authorization",
                        to="channels_app.endpoint",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE channels_app_mailauthorization ADD CONSTRAINT channels_app_mailauthorization_same_account "
            "FOREIGN KEY (account_id, endpoint_id) REFERENCES channels_app_endpoint (account_id, id)",
            "ALTER TABLE channels_app_mailauthorization DROP CONSTRAINT channels_app_mailauthorization_same_account",
        ),
    ]
