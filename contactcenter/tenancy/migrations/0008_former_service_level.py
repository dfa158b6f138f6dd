"""Another service level holds from a day on: what held before is kept with that day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0007_service_level"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerServiceLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until_on", models.DateField()),
                (
                    "formula",
                    models.CharField(
                        choices=[
                            ("abandons_within_met", "Early abandons count as met"),
                            ("answered_only", "Answered only"),
                            ("strict", "Strict"),
                            ("short_abandons_dropped", "Early abandons left out"),
                        ],
                        max_length=24,
                    ),
                ),
                ("seconds", models.PositiveSmallIntegerField()),
                ("percent", models.PositiveSmallIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_service_levels",
                        to="tenancy.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "until_on"), name="former_service_level_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "formula__in",
                                ["abandons_within_met", "answered_only", "strict", "short_abandons_dropped"],
                            )
                        ),
                        name="former_service_level_formula_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seconds__in", (5, 10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 300, 600))),
                        name="former_service_level_seconds_known",
                    ),
                ],
            },
        ),
    ]
