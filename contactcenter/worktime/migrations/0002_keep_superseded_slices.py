"""A late event supersedes slices instead of editing them: only current slices must not overlap."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worktime", "0001_initial")]

    operations = [
        migrations.AddField(model_name="slice", name="is_current", field=models.BooleanField(default=True)),
        migrations.RemoveConstraint(model_name="slice", name="slice_no_overlap"),
        migrations.AddConstraint(
            model_name="slice",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("is_current", True)),
                expressions=[
                    ("operator", "="),
                    (
                        models.Func(
                            "started_at",
                            "ended_at",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="slice_no_overlap",
            ),
        ),
    ]
