"""A usage line may be on several lines of an invoice: once for each component that charges it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_usage_facts")]

    operations = [
        migrations.RemoveConstraint(
            model_name="invoicelineusage",
            name="invoice_usage_once",
        ),
        migrations.AddField(
            model_name="invoicelineusage",
            name="charge",
            field=models.CharField(blank=True, max_length=401),
        ),
        migrations.AddConstraint(
            model_name="invoicelineusage",
            constraint=models.UniqueConstraint(fields=("usage_line", "revision", "charge"), name="invoice_usage_once"),
        ),
    ]
