"""Usage knows its language, queue and campaign, what was counted, and time in the menu or put through."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_documents_add_up"),
        ("tenancy", "0007_service_level"),
    ]

    operations = [
        migrations.AddField(
            model_name="usageline",
            name="campaign",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="usageline",
            name="idle_ms",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="usageline",
            name="ivr_ms",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="usageline",
            name="language",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="usageline",
            name="messages",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="usageline",
            name="operator_ms",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="usageline",
            name="orders",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="usageline",
            name="patched_ms",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="usageline",
            name="queue",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="usageline",
            name="segments",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
