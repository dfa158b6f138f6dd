"""There is one default idle policy; a form may leave operator and settings empty."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0002_initial"), ("worktime", "0007_remove_timeline")]

    operations = [
        migrations.AlterField(
            model_name="idlepolicy",
            name="operator",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="idle_policy",
                to="operators.operator",
            ),
        ),
        migrations.AlterField(
            model_name="idlepolicy", name="settings", field=models.JSONField(blank=True, default=dict)
        ),
        migrations.AddConstraint(
            model_name="idlepolicy",
            constraint=models.UniqueConstraint(
                fields=("operator",), name="idle_policy_one_default", nulls_distinct=False
            ),
        ),
    ]
