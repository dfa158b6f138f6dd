"""Contacts' verdicts on handled units; rows of one account can only point at rows of the same account."""

import django.db.models.deletion
from django.db import migrations, models

REFERENCES = [
    ("ticket_id", "tickets_ticket"),
    ("interaction_id", "tickets_interaction"),
]


def _reference(column: str, parent: str) -> migrations.RunSQL:
    name = f"tickets_rating_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE tickets_rating ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE tickets_rating DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0006_message_newest"), ("tenancy", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.PositiveSmallIntegerField()),
                ("comment", models.CharField(blank=True, max_length=1000)),
                ("at", models.DateTimeField()),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "interaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rating", to="tickets.interaction"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ratings", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["ticket", "at"], name="rating_ticket"),
                    models.Index(fields=["account", "-at", "-id"], name="rating_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__range", (1, 5))), name="rating_score_one_to_five"
                    )
                ],
            },
        ),
        *[_reference(*reference) for reference in REFERENCES],
    ]
