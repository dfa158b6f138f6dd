"""Replies written in the operator's language and sent in the contact's; one interpreter at a time."""

import django.db.models.deletion
from django.db import migrations, models

# (table, column, parent table)
REFERENCES = [
    ("tickets_replytranslation", "ticket_id", "tickets_ticket"),
    ("tickets_replytranslation", "message_id", "tickets_message"),
]


def _reference(table: str, column: str, parent: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0003_skills"),
        ("tenancy", "0007_service_level"),
        ("tickets", "0016_orders_and_campaign"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReplyTranslation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=8)),
                ("written_language", models.CharField(max_length=8)),
                ("written", models.TextField()),
                ("text", models.TextField()),
                ("provider", models.CharField(max_length=24)),
                ("characters", models.PositiveIntegerField()),
                ("cost", models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.AlterField(
            model_name="interpreteruse",
            name="provider",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddConstraint(
            model_name="interpreteruse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("interaction",), name="interpreter_one_open"
            ),
        ),
        migrations.AddField(
            model_name="replytranslation",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
            ),
        ),
        migrations.AddField(
            model_name="replytranslation",
            name="message",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reply_translation",
                to="tickets.message",
            ),
        ),
        migrations.AddField(
            model_name="replytranslation",
            name="operator",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
            ),
        ),
        migrations.AddField(
            model_name="replytranslation",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reply_translations", to="tickets.ticket"
            ),
        ),
        migrations.AddIndex(
            model_name="replytranslation",
            index=models.Index(fields=["ticket", "-made_at"], name="reply_translation_ticket"),
        ),
        migrations.AddIndex(
            model_name="replytranslation",
            index=models.Index(fields=["account", "-made_at"], name="reply_translation_newest"),
        ),
        *[_reference(*reference) for reference in REFERENCES],
    ]
