"""An operator decides on one offer at a time; the unique index replaces the one that only counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_same_account")]

    operations = [
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                fields=["operator"], condition=models.Q(state="pending"), name="offer_one_deciding"
            ),
        ),
        migrations.RemoveIndex(model_name="offer", name="offer_load"),
    ]
