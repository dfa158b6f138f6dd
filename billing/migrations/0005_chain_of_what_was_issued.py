"""Invoices issued before there was a chain get their places in it, in the order in which they were issued."""

import hashlib
from datetime import UTC

from django.db import migrations


def chain(apps, schema_editor):
    invoices = apps.get_model("billing", "Invoice").objects.filter(status="issued")
    chains = apps.get_model("billing", "DocumentChain").objects
    for issuer in apps.get_model("billing", "Issuer").objects.order_by("pk"):
        head, length = "", 0
        for invoice in invoices.filter(series__issuer=issuer).order_by("issued_at", "sequence"):
            length += 1
            at = invoice.issued_at.astimezone(UTC).isoformat()
            text = "\n".join([head, invoice.number, at, invoice.due_on.isoformat(), invoice.content_hash])
            digest = hashlib.sha256(text.encode()).hexdigest()
            invoices.filter(pk=invoice.pk).update(
                approved_at=invoice.issued_at, chain_position=length, previous_hash=head, chain_hash=digest
            )
            head = digest
        chains.create(issuer=issuer, length=length, head=head)


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_documents")]

    operations = [
        migrations.RunSQL("ALTER TABLE billing_invoice DISABLE TRIGGER billing_keep_invoice", migrations.RunSQL.noop),
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.RunSQL("ALTER TABLE billing_invoice ENABLE TRIGGER billing_keep_invoice", migrations.RunSQL.noop),
    ]
