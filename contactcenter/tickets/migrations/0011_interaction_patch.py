"""Time that a caller spent with an outside number: a fact of the interaction, with a price of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_service_level_same_account")]

    operations = [
        migrations.AddField(
            "interaction", "patched_to", models.CharField(blank=True, default="", max_length=64), preserve_default=False
        ),
        migrations.AddField("interaction", "patched_at", models.DateTimeField(null=True)),
        migrations.AddField("interaction", "patch_ended_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "interaction",
            models.CheckConstraint(
                condition=models.Q(patch_ended_at__isnull=True) | models.Q(patch_ended_at__gte=models.F("patched_at")),
                name="interaction_patch_ends_after_start",
            ),
        ),
    ]
