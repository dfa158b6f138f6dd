"""List what sources do not agree on."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("worktime", "0012_reallocation"),
        ("operators", "0002_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contradiction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("no_log_in", "Work without a log-in"),
                            ("no_log_out", "Log-out missing, closed by rule"),
                            ("two_calls", "Two calls at once"),
                            ("call_in_break", "Call during a break"),
                            ("end_missing", "Beginning without an end"),
                            ("ahead_of_clock", "Told before it happened"),
                        ],
                        max_length=14,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contradictions",
                        to="operators.operator",
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-starts_at", "-id"], name="contradiction_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("operator", "kind", "starts_at", "ends_at", "subject"), name="contradiction_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gte", models.F("starts_at"))),
                        name="contradiction_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="contradiction",
            index=models.Index(fields=["operator", "starts_at"], name="contradiction_operator"),
        ),
    ]
