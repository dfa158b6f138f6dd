"""Remember per operator how far the ledger has followed the events."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0002_initial"), ("worktime", "0002_keep_superseded_slices")]

    operations = [
        migrations.CreateModel(
            name="Timeline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded", models.PositiveBigIntegerField(default=0)),
                ("derived", models.PositiveBigIntegerField(default=0)),
                ("changed_from", models.DateTimeField(null=True)),
                ("changed_until", models.DateTimeField(null=True)),
                (
                    "operator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timeline",
                        to="operators.operator",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("derived__lt", models.F("recorded"))),
                        fields=["operator"],
                        name="timeline_behind",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("derived__lte", models.F("recorded"))),
                        name="timeline_derives_what_is_recorded",
                    )
                ],
            },
        ),
    ]
