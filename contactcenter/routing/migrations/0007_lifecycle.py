"""The lifecycle of an assignment in full (hold, consultation, transfer), and presence that is to follow."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0002_initial"),
        ("routing", "0006_match_marks"),
        ("tenancy", "0005_answer_as_text"),
        ("tickets", "0011_interaction_patch"),
    ]

    operations = [
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("operator", "To an operator"),
                            ("warm", "Consultation, then to that operator"),
                            ("queue", "To a queue"),
                            ("number", "To a telephone number"),
                            ("taken", "Taken over by a supervisor"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("consulting", "Consulting"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("canceled", "Cancelled"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("asked_at", models.DateTimeField()),
                ("consulting_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="assignment",
            name="assignment_one_active",
        ),
        migrations.RemoveConstraint(
            model_name="assignment",
            name="assignment_state_known",
        ),
        migrations.AddField(
            model_name="assignment",
            name="enqueued_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="assignment",
            name="state_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="assignment",
            name="transferred_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="offer",
            name="purpose",
            field=models.CharField(
                choices=[("route", "Waiting ticket"), ("transfer", "Transfer"), ("consult", "Consultation")],
                default="route",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="operatorstate",
            name="next_presence",
            field=models.CharField(
                blank=True,
                choices=[
                    ("offline", "Offline"),
                    ("available", "Available"),
                    ("break", "Break"),
                    ("lost", "Connection lost"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="operatorstate",
            name="next_reason",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="waiting",
            name="is_queue_chosen",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "Active"),
                    ("held", "On hold"),
                    ("consult", "Consulting"),
                    ("transferred", "Transferred"),
                    ("wrapping", "Wrap-up"),
                    ("done", "Done"),
                ],
                default="active",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("active", "consult", "held"))),
                fields=("ticket",),
                name="assignment_one_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "held", "consult", "transferred", "wrapping", "done"])),
                name="assignment_state_known",
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="assignment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="routing.assignment"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="operator",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="queue",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.queue"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="tickets.ticket"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="transfer",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="routing.transfer"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("state", "consulting")), fields=["operator"], name="transfer_consulting"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["ticket", "-asked_at"], name="transfer_ticket"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["assignment"], name="transfer_assignment"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("asked", "consulting"))), fields=("ticket",), name="transfer_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["asked", "consulting", "done", "refused", "canceled"])),
                name="transfer_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("asked", "consulting")), ("resolved_at__isnull", False), _connector="XOR"
                ),
                name="transfer_resolved_once",
            ),
        ),
    ]
