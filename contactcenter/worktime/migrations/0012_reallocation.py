"""Allocate a period again, with the differences kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("worktime", "0011_time_correction"),
        ("operators", "0002_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reallocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("policy", models.JSONField(default=dict)),
                ("is_dry_run", models.BooleanField(default=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("asked_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("sessions", models.PositiveIntegerField(default=0)),
                ("changed_sessions", models.PositiveIntegerField(default=0)),
                ("differences", models.JSONField(default=list)),
                (
                    "author",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="operators.operator",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="allocationrun",
            name="reallocation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="worktime.reallocation"
            ),
        ),
        migrations.AddConstraint(
            model_name="reallocation",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="reallocation_ends_after_start"
            ),
        ),
    ]
