"""The audit trail, the log of live events with its readers, and signs of life."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels

TABLES = [
    migrations.CreateModel(
        name="Heartbeat",
        fields=[
            ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
            ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
        ],
    ),
    migrations.CreateModel(
        name="LiveEvent",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "transaction",
                models.BigIntegerField(
                    db_default=models.Func(
                        output_field=models.BigIntegerField(), template="(pg_current_xact_id()::text::bigint)"
                    )
                ),
            ),
            ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ("audience", models.CharField(max_length=80)),
            ("account_id", models.BigIntegerField(null=True)),
            ("kind", models.CharField(max_length=40)),
            ("payload", models.JSONField()),
        ],
        options={
            "indexes": [
                models.Index(fields=["transaction", "id"], name="live_cursor"),
                models.Index(fields=["at"], name="live_age"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AuditEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ("account_id", models.BigIntegerField(null=True)),
            ("action", models.CharField(max_length=80)),
            ("target_type", models.CharField(max_length=80)),
            ("target_id", models.BigIntegerField(null=True)),
            ("data", models.JSONField(default=dict)),
            (
                "actor",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["-at", "-id"], name="audit_newest"),
                models.Index(fields=["target_type", "target_id"], name="audit_target"),
                models.Index(fields=["account_id", "-id"], name="audit_account"),
            ],
        },
    ),
    migrations.CreateModel(
        name="EventReader",
        fields=[
            ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
            ("transaction", models.BigIntegerField()),
            ("event_id", models.BigIntegerField()),
            ("busy_until", models.DateTimeField(null=True)),
        ],
    ),
]


class Migration(migrations.Migration):
    replaces = [("kernel", "0001_initial"), ("kernel", "0002_event_reader")]

    initial = True

    dependencies = [
        ("tenancy", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
    ]
