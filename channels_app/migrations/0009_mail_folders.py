"""Folders that are read by IMAP, and which of their mails are stored as which receipt."""

import django.db.models.deletion
from django.db import migrations, models


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
        ("channels_app", "0008_endpoint_secrets"),
        ("tenancy", "0003_same_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailFolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("uid_validity", models.BigIntegerField(default=0)),
                ("last_uid", models.BigIntegerField(default=0)),
                ("on_server", models.PositiveIntegerField(default=0)),
                ("checked_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("error_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mail_folders",
                        to="channels_app.endpoint",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MailFolderEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid_validity", models.BigIntegerField()),
                ("uid", models.BigIntegerField()),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("is_present", models.BooleanField(default=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "folder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="channels_app.mailfolder",
                    ),
                ),
                (
                    "receipt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="channels_app.receipt",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="mailfolder",
            constraint=models.UniqueConstraint(fields=("endpoint", "name"), name="mail_folder_once"),
        ),
        migrations.AddConstraint(
            model_name="mailfolderentry",
            constraint=models.UniqueConstraint(fields=("folder", "uid_validity", "uid"), name="mail_folder_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="mailfolderentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("receipt__isnull", False), models.Q(("problem", ""), _negated=True), _connector="OR"
                ),
                name="mail_folder_entry_stored_or_explained",
            ),
        ),
        _unique("channels_app_receipt"),
        _unique("channels_app_mailfolder"),
        _reference("channels_app_mailfolder", "endpoint_id", "channels_app_endpoint"),
        _reference("channels_app_mailfolderentry", "folder_id", "channels_app_mailfolder"),
        _reference("channels_app_mailfolderentry", "receipt_id", "channels_app_receipt"),
    ]
