"""Every endpoint gets the unguessable name under which its provider calls it."""

import secrets

from django.db import migrations, models

import channels_app.models


def fill(apps, schema_editor):
    endpoint = apps.get_model("channels_app", "Endpoint")
    for row in endpoint._base_manager.filter(public_token=None):
        endpoint._base_manager.filter(pk=row.pk).update(public_token=secrets.token_urlsafe(24))


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0006_endpoint_provider")]

    operations = [
        migrations.AddField("endpoint", "public_token", models.CharField(max_length=48, null=True, editable=False)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "endpoint",
            "public_token",
            models.CharField(max_length=48, unique=True, default=channels_app.models.new_public_token, editable=False),
        ),
    ]
