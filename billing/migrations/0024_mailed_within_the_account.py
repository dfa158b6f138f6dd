"""A delivery can only be of a document of its own account."""

from django.db import migrations


class Migration(migrations.Migration):
<<<<<<<< HEAD:billing/migrations/0024_mailed_within_the_account.py
    dependencies = [("billing", "0023_documents_by_mail")]
========
    dependencies = [("billing", "0020_documents_by_mail")]
>>>>>>>> 97f43fb (Name 28-day cycles by their days on screen, and try a parked one again by itself):billing/migrations/0021_mailed_within_the_account.py

    operations = [
        migrations.RunSQL(
            "ALTER TABLE billing_invoicedelivery ADD CONSTRAINT billing_invoicedelivery_invoice_id_same_account "
            "FOREIGN KEY (account_id, invoice_id) REFERENCES billing_invoice (account_id, id)",
            "ALTER TABLE billing_invoicedelivery DROP CONSTRAINT billing_invoicedelivery_invoice_id_same_account",
        ),
    ]
