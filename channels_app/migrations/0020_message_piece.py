"""Pieces of messages that wait for the rest."""

import django.db.models.deletion
from django.db import migrations, models

REFERENCES = [
    ("endpoint_id", "channels_app_endpoint"),
    ("receipt_id", "channels_app_receipt"),
    ("message_id", "tickets_message"),
]


def _reference(column: str, parent: str) -> migrations.RunSQL:
    name = f"channels_app_messagepiece_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE channels_app_messagepiece ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE channels_app_messagepiece DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0019_mail_authorization"),
        ("tenancy", "0003_same_account"),
        ("tickets", "0006_message_newest"),
    ]

    operations = [
        migrations.CreateModel(
            name="MessagePiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("number", models.PositiveSmallIntegerField()),
                ("total", models.PositiveSmallIntegerField()),
                ("text", models.TextField(blank=True)),
                ("received_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="channels_app.endpoint"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.message"
                    ),
                ),
                (
                    "receipt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="piece", to="channels_app.receipt"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["endpoint", "key", "-received_at"], name="message_piece_group"),
                    models.Index(
                        condition=models.Q(("message__isnull", True)),
                        fields=["received_at"],
                        name="message_piece_waits",
                    ),
                ],
            },
        ),
        *(_reference(*reference) for reference in REFERENCES),
    ]
