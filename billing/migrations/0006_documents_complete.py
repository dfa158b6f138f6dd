"""An issued document has its place in the chain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_chain_of_what_was_issued")]

    operations = [
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at__isnull", True),
                        ("issued_at__isnull", True),
                        ("number__isnull", True),
                        ("status", "draft"),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("issued_at__isnull", True),
                        ("number__isnull", True),
                        ("status", "approved"),
                    ),
                    models.Q(
                        ("chain_position__isnull", False),
                        ("due_on__isnull", False),
                        ("issued_at__isnull", False),
                        ("number__isnull", False),
                        ("sequence__isnull", False),
                        ("series__isnull", False),
                        ("status", "issued"),
                        models.Q(("chain_hash", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="invoice_status_complete",
            ),
        ),
    ]
