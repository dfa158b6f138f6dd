"""Note what is still to be derived in rows of its own: writers of events must not wait for each other."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


def carry_over(apps, schema_editor):
    timelines = apps.get_model("worktime", "Timeline").objects.filter(changed_from__isnull=False)
    stretches = apps.get_model("worktime", "UnderivedStretch").objects
    for row in timelines:
        stretches.create(
            operator_id=row.operator_id,
            first_at=row.changed_from,
            last_at=row.changed_until,
            events=row.recorded - row.derived,
        )


class Migration(migrations.Migration):
    dependencies = [("operators", "0002_initial"), ("worktime", "0005_allocation_run_revision")]

    operations = [
        migrations.CreateModel(
            name="UnderivedStretch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("events", models.PositiveIntegerField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="operators.operator"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["operator", "recorded_at"], name="underived_operator")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_at__gte", models.F("first_at"))), name="underived_ends_after_start"
                    )
                ],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
