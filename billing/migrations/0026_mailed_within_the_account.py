"""A delivery can only be of a document of its own account."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0025_documents_by_mail")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE billing_invoicedelivery ADD CONSTRAINT billing_invoicedelivery_invoice_id_same_account "
            "FOREIGN KEY (account_id, invoice_id) REFERENCES billing_invoice (account_id, id)",
            "ALTER TABLE billing_invoicedelivery DROP CONSTRAINT billing_invoicedelivery_invoice_id_same_account",
        ),
    ]
