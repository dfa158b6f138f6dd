"""Keep what the nightly proof found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0002_marks")]

    operations = [
        migrations.CreateModel(
            name="ProofRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("took_ms", models.PositiveBigIntegerField()),
                ("is_ok", models.BooleanField()),
                ("differences", models.PositiveIntegerField(default=0)),
                ("checks", models.JSONField(default=list)),
                ("error", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "indexes": [models.Index(fields=["-at"], name="proof_newest")],
            },
        ),
    ]
