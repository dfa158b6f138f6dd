"""A one-off may hold units that are bought ahead."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0027_reminders_are_claimed")]

    operations = [
        migrations.AddField("addon", "prepaid_units", models.BigIntegerField(null=True)),
        migrations.AddField("addon", "prepaid_unit", models.CharField(blank=True, default="", max_length=10), False),
        migrations.AddField("addon", "prepaid_of", models.JSONField(default=list)),
        migrations.AddField("addon", "prepaid_priority", models.SmallIntegerField(default=0)),
        migrations.AddConstraint(
            "addon",
            models.CheckConstraint(
                condition=Q(prepaid_units__isnull=True, prepaid_unit="")
                | (Q(prepaid_units__gt=0, kind="one_off") & ~Q(prepaid_unit="")),
                name="add_on_prepaid_complete",
            ),
        ),
    ]
