"""Keep of a clock only what is proven: the least by which it is ahead."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worktime", "0014_source_clocks")]

    operations = [
        migrations.RemoveField(model_name="clockreading", name="at_most_ms"),
        migrations.RemoveField(model_name="clockcorrection", name="at_least_ms"),
        migrations.RemoveField(model_name="clockcorrection", name="at_most_ms"),
    ]
