"""Chats know who writes, where later replies go, what was read and when the visitor left."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0011_webhooks_same_account")]

    operations = [
        migrations.AddField(
            "chatsession", "external_user", models.CharField(blank=True, default="", max_length=200), False
        ),
        migrations.AddField("chatsession", "email", models.CharField(blank=True, default="", max_length=320), False),
        migrations.AddField("chatsession", "left_at", models.DateTimeField(null=True)),
        migrations.AddField("chatsession", "read_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "chatsession",
            models.Index(
                condition=models.Q(("left_at__isnull", True)), fields=["last_seen_at"], name="chat_session_present"
            ),
        ),
    ]
