"""Secrets leave the open settings and are sealed (see contactcenter.kernel.sealing for the format)."""

import json
import re

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import migrations, models

SECRET = re.compile(r"password|secret|token|credential|api_?key|smtp_url", re.IGNORECASE)


def move(apps, schema_editor):
    endpoint = apps.get_model("channels_app", "Endpoint")
    key = Fernet(settings.SECRETS_KEYS[0])
    for row in endpoint._base_manager.order_by("pk"):
        found = {}
        shown = _without_secrets(row.settings, found, "")
        if found:
            sealed = key.encrypt(json.dumps(found, ensure_ascii=False).encode()).decode("ascii")
            endpoint._base_manager.filter(pk=row.pk).update(settings=shown, secrets_sealed=sealed)


def _without_secrets(document, found, path):
    shown = {}
    for name, value in document.items():
        if SECRET.search(name):
            if value:
                found[f"{path}{name}"] = value if isinstance(value, str) else json.dumps(value)
        else:
            shown[name] = _without_secrets(value, found, f"{path}{name}.") if isinstance(value, dict) else value
    return shown


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0007_endpoint_public_token")]

    operations = [
        migrations.AddField(
            "endpoint", "secrets_sealed", models.TextField(blank=True, default="", editable=False), False
        ),
        # backwards would write secrets in the open
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
