"""Until when an endpoint with a rate has its receipts planned."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0015_email_signature")]

    operations = [
        migrations.AddField("endpoint", "paced_until", models.DateTimeField(null=True, editable=False)),
    ]
