"""Orders that were taken in a contact, and the campaign of tickets and calls."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0015_clocks_stand")]

    operations = [
        migrations.AddField("interaction", "orders", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField(
            "interaction", "order_amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)
        ),
        migrations.AddConstraint(
            "interaction",
            models.CheckConstraint(
                condition=models.Q(order_amount__isnull=True)
                | (models.Q(order_amount__gte=0) & models.Q(orders__gt=0)),
                name="interaction_amount_of_orders",
            ),
        ),
        migrations.AddField(
            "ticket", "campaign", models.CharField(blank=True, db_default="", default="", max_length=120)
        ),
        migrations.AddField(
            "call", "campaign", models.CharField(blank=True, db_default="", default="", max_length=120)
        ),
    ]
