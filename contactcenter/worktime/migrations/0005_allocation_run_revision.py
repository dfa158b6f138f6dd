"""Count the extensions of the allocation run of a running session."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worktime", "0004_runs_sum")]

    operations = [
        migrations.AddField(model_name="allocationrun", name="revision", field=models.PositiveIntegerField(default=1)),
    ]
