"""Measure the clocks of sources and correct them."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worktime", "0013_contradiction")]

    operations = [
        migrations.CreateModel(
            name="ClockCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("valid_from", models.DateTimeField()),
                ("offset_ms", models.BigIntegerField()),
                ("at_least_ms", models.BigIntegerField()),
                ("at_most_ms", models.BigIntegerField(null=True)),
                ("readings", models.PositiveIntegerField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "valid_from"), name="clock_correction_once")],
            },
        ),
        migrations.CreateModel(
            name="ClockReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("minute", models.DateTimeField()),
                ("at_least_ms", models.BigIntegerField()),
                ("at_most_ms", models.BigIntegerField(null=True)),
                ("readings", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "minute"), name="clock_reading_of_minute")],
            },
        ),
    ]
