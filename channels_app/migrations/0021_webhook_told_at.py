"""When a client's admins were told that their webhook is disabled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0020_message_piece")]

    operations = [
        migrations.AddField(model_name="webhooksubscription", name="told_at", field=models.DateTimeField(null=True)),
    ]
