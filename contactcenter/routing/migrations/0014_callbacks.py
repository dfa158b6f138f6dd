"""Requests to be called back say which queue and source they have, when they are tried again, and what came of it."""

import django.db.models.deletion
from django.db import migrations, models

# (table, column, parent table)
REFERENCES = [
    ("routing_callbackrequest", "assignment_id", "routing_assignment"),
    ("routing_callbackattempt", "callback_id", "routing_callbackrequest"),
    ("routing_callbackattempt", "interaction_id", "tickets_interaction"),
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
        ("contacts", "0007_point_consent"),
        ("operators", "0003_skills"),
        ("routing", "0013_snooze"),
        ("tenancy", "0007_service_level"),
        ("tickets", "0014_relations"),
    ]

    operations = [
        migrations.CreateModel(
            name="CallbackAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "result",
                    models.CharField(
                        choices=[("reached", "Reached"), ("no_answer", "No answer"), ("refused", "No longer wanted")],
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="callbackrequest",
            name="callback_state_known",
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="asked_by_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="assignment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="callbacks",
                to="routing.assignment",
            ),
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="attempts_made",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="next_attempt_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="queue",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.queue"
            ),
        ),
        migrations.AddField(
            model_name="callbackrequest",
            name="source",
            field=models.CharField(
                choices=[
                    ("console", "An operator"),
                    ("message", "A chat or a message"),
                    ("phone", "The telephone queue"),
                    ("api", "The API"),
                ],
                default="console",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="callback_attempts",
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name="queue",
            name="callback_expires_s",
            field=models.PositiveIntegerField(default=172800),
        ),
        migrations.AddField(
            model_name="queue",
            name="callback_retry_s",
            field=models.PositiveIntegerField(default=1800),
        ),
        migrations.AddField(
            model_name="waiting",
            name="callback_offered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="callbackrequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("calling", "Being called"),
                    ("done", "Done"),
                    ("canceled", "Cancelled"),
                    ("failed", "Not reached"),
                    ("expired", "Expired"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="callbackrequest",
            index=models.Index(fields=["account", "-id"], name="callback_newest"),
        ),
        migrations.AddIndex(
            model_name="callbackrequest",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "calling"])),
                fields=["enqueued_at", "id"],
                name="callback_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "calling"])),
                fields=("asked_by_id", "queue"),
                name="callback_one_open_of_contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "calling", "done", "canceled", "failed", "expired"])),
                name="callback_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("callback_attempts__gte", 1)), name="queue_calls_back_once_at_least"
            ),
        ),
        migrations.AddField(
            model_name="callbackattempt",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
            ),
        ),
        migrations.AddField(
            model_name="callbackattempt",
            name="callback",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="routing.callbackrequest"
            ),
        ),
        migrations.AddField(
            model_name="callbackattempt",
            name="interaction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.interaction"
            ),
        ),
        migrations.AddField(
            model_name="callbackattempt",
            name="operator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__in", ["reached", "no_answer", "refused"])), name="callback_result_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="callbackattempt",
            constraint=models.UniqueConstraint(fields=("callback", "interaction"), name="callback_attempt_once"),
        ),
        migrations.RunSQL(
            "ALTER TABLE routing_callbackrequest ADD CONSTRAINT routing_callbackrequest_account_key "
            "UNIQUE (account_id, id)",
            "ALTER TABLE routing_callbackrequest DROP CONSTRAINT routing_callbackrequest_account_key",
        ),
        *[_reference(*reference) for reference in REFERENCES],
    ]
