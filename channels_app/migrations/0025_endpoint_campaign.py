"""The campaign that what comes by an endpoint belongs to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0024_call_order_same_account")]

    operations = [
        migrations.AddField(
            "endpoint", "campaign", models.CharField(blank=True, db_default="", default="", max_length=120)
        ),
    ]
