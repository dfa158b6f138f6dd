"""Let one person propose a correction of time and another approve it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("worktime", "0010_break_reason"),
        ("operators", "0002_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TimeCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waits for approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("changes", models.JSONField()),
                ("reason", models.CharField(max_length=200)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="time_corrections",
                        to="operators.operator",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="timecorrection",
            index=models.Index(fields=["state", "-id"], name="correction_by_state"),
        ),
        migrations.AddIndex(
            model_name="timecorrection",
            index=models.Index(fields=["operator", "starts_at"], name="correction_by_operator"),
        ),
        migrations.AddConstraint(
            model_name="timecorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "approved", "rejected", "withdrawn"])),
                name="correction_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="timecorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("author")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="correction_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="timecorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "pending")),
                    models.Q(models.Q(("state", "pending"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="correction_decided_once",
            ),
        ),
    ]
