"""Sums of contacts and of operators' time by quarter of an hour and by day."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from contactcenter.dashboards.migrations._marks import MARKS
from contactcenter.kernel.migrations._create_models import CreateModels

TABLES = [
    migrations.CreateModel(
        name="RollupMark",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("account_id", models.BigIntegerField(null=True)),
            ("operator_id", models.BigIntegerField(null=True)),
            ("ticket_id", models.BigIntegerField(null=True)),
            ("contact_id", models.BigIntegerField(null=True)),
            ("first_at", models.DateTimeField(null=True)),
            ("last_at", models.DateTimeField(null=True)),
            ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("account_id__isnull", False),
                        ("operator_id__isnull", False),
                        ("ticket_id__isnull", False),
                        ("contact_id__isnull", False),
                        _connector="OR",
                    ),
                    name="rollup_mark_of_something",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ContactDay",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("queue_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(max_length=10)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("contacts", models.PositiveIntegerField()),
            ("answered", models.PositiveIntegerField()),
            ("abandoned", models.PositiveIntegerField()),
            ("wait_ms", models.PositiveBigIntegerField()),
            (
                "answered_within",
                django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None),
            ),
            (
                "abandoned_within",
                django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None),
            ),
            ("handled", models.PositiveIntegerField()),
            ("conversation_ms", models.PositiveBigIntegerField()),
            ("wrap_ms", models.PositiveBigIntegerField()),
            ("transferred", models.PositiveIntegerField()),
            ("inbound", models.PositiveIntegerField()),
            ("repeated", models.PositiveIntegerField()),
            ("rated", models.PositiveIntegerField()),
            ("satisfied", models.PositiveIntegerField()),
            ("on", models.DateField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("account", "on", "queue_id", "channel", "language"),
                    name="contact_day_once",
                    nulls_distinct=False,
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ContactQuarter",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("queue_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(max_length=10)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("contacts", models.PositiveIntegerField()),
            ("answered", models.PositiveIntegerField()),
            ("abandoned", models.PositiveIntegerField()),
            ("wait_ms", models.PositiveBigIntegerField()),
            (
                "answered_within",
                django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None),
            ),
            (
                "abandoned_within",
                django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None),
            ),
            ("handled", models.PositiveIntegerField()),
            ("conversation_ms", models.PositiveBigIntegerField()),
            ("wrap_ms", models.PositiveBigIntegerField()),
            ("transferred", models.PositiveIntegerField()),
            ("inbound", models.PositiveIntegerField()),
            ("repeated", models.PositiveIntegerField()),
            ("rated", models.PositiveIntegerField()),
            ("satisfied", models.PositiveIntegerField()),
            ("at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["at"], name="contact_quarter_at")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("account", "at", "queue_id", "channel", "language"),
                    name="contact_quarter_once",
                    nulls_distinct=False,
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="OperatorDay",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("queue_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("talk_ms", models.PositiveBigIntegerField(default=0)),
            ("hold_ms", models.PositiveBigIntegerField(default=0)),
            ("focus_ms", models.PositiveBigIntegerField(default=0)),
            ("wrap_ms", models.PositiveBigIntegerField(default=0)),
            ("open_ms", models.PositiveBigIntegerField(default=0)),
            ("offer_ms", models.PositiveBigIntegerField(default=0)),
            ("break_ms", models.PositiveBigIntegerField(default=0)),
            ("idle_ms", models.PositiveBigIntegerField(default=0)),
            ("handled", models.PositiveIntegerField(default=0)),
            ("conversation_ms", models.PositiveBigIntegerField(default=0)),
            ("wrapped_ms", models.PositiveBigIntegerField(default=0)),
            ("on", models.DateField()),
            (
                "account",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("operator", "on", "account", "queue_id", "channel", "language"),
                    name="operator_day_once",
                    nulls_distinct=False,
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="OperatorQuarter",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("queue_id", models.BigIntegerField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("language", models.CharField(blank=True, max_length=8)),
            ("talk_ms", models.PositiveBigIntegerField(default=0)),
            ("hold_ms", models.PositiveBigIntegerField(default=0)),
            ("focus_ms", models.PositiveBigIntegerField(default=0)),
            ("wrap_ms", models.PositiveBigIntegerField(default=0)),
            ("open_ms", models.PositiveBigIntegerField(default=0)),
            ("offer_ms", models.PositiveBigIntegerField(default=0)),
            ("break_ms", models.PositiveBigIntegerField(default=0)),
            ("idle_ms", models.PositiveBigIntegerField(default=0)),
            ("handled", models.PositiveIntegerField(default=0)),
            ("conversation_ms", models.PositiveBigIntegerField(default=0)),
            ("wrapped_ms", models.PositiveBigIntegerField(default=0)),
            ("at", models.DateTimeField()),
            (
                "account",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["at"], name="operator_quarter_at")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("operator", "at", "account", "queue_id", "channel", "language"),
                    name="operator_quarter_once",
                    nulls_distinct=False,
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ProofRun",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("took_ms", models.PositiveBigIntegerField()),
            ("is_ok", models.BooleanField()),
            ("differences", models.PositiveIntegerField(default=0)),
            ("checks", models.JSONField(default=list)),
            ("error", models.CharField(blank=True, max_length=300)),
        ],
        options={
            "indexes": [models.Index(fields=["-at"], name="proof_newest")],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [("dashboards", "0001_rollups"), ("dashboards", "0002_marks"), ("dashboards", "0003_proof_run")]

    initial = True

    dependencies = [
        ("operators", "0001_first_release"),
        ("routing", "0001_first_release"),
        ("tenancy", "0001_first_release"),
        ("tickets", "0001_first_release"),
        ("worktime", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
        *MARKS,
    ]
