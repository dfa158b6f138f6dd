"""Indexes of the ticket lists: open ones by activity, by number, and by parts of words (trigrams)."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("contacts", "0004_search_words"), ("tickets", "0002_same_account")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["-last_activity_at", "-id"],
                condition=models.Q(status__in=["new", "open", "pending"]),
                name="ticket_open_activity",
            ),
        ),
        migrations.AddIndex(model_name="ticket", index=models.Index(fields=["number"], name="ticket_number")),
        migrations.AddIndex(
            model_name="ticket",
            index=GinIndex(
                OpClass(Upper("subject"), name="gin_trgm_ops"),
                OpClass(Upper("preview"), name="gin_trgm_ops"),
                name="ticket_words",
            ),
        ),
    ]
