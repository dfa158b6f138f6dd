"""Search for parts of names and addresses (trigrams); icontains asks UPPER(column) LIKE UPPER(pattern)."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_same_account")]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="contact",
            index=GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="contact_words"),
        ),
        migrations.AddIndex(
            model_name="contactpoint",
            index=GinIndex(OpClass(Upper("value"), name="gin_trgm_ops"), name="contact_point_words"),
        ),
    ]
