"""SMS numbers and social networks: a kind may have several providers, and an address belongs to one of them."""

from django.db import migrations, models

KINDS = [
    ("email", "Mailbox"),
    ("webchat", "Chat widget"),
    ("voice", "Telephone system"),
    ("sms", "SMS number"),
    ("social", "Social network"),
]


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0005_phone_log_same_account")]

    operations = [
        migrations.AlterField("endpoint", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.AddField("endpoint", "provider", models.CharField(blank=True, default="", max_length=24), False),
        migrations.RemoveConstraint("endpoint", "endpoint_address_once"),
        migrations.AddConstraint(
            "endpoint",
            models.UniqueConstraint(fields=("kind", "provider", "address"), name="endpoint_address_once"),
        ),
        migrations.AddConstraint(
            "endpoint",
            models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _ in KINDS])), name="endpoint_kind_known"
            ),
        ),
    ]
