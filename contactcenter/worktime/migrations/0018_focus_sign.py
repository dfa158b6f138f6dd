"""What consoles last said of attention: the ledger is told as little of it as it needs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0003_skills"),
        ("tenancy", "0007_service_level"),
        ("worktime", "0017_run_checked_by_itself"),
    ]

    operations = [
        migrations.CreateModel(
            name="FocusSign",
            fields=[
                (
                    "operator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="operators.operator",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=40)),
                ("ticket_id", models.BigIntegerField(null=True)),
                ("interaction_id", models.BigIntegerField(null=True)),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("told_at", models.DateTimeField()),
                ("held_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenancy.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held_at__isnull", True), ("held_at__gt", models.F("told_at")), _connector="OR"
                        ),
                        name="focus_sign_held_after_told",
                    )
                ],
            },
        ),
    ]
