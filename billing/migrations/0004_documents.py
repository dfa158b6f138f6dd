"""Credit notes beside invoices, approval, revisions of a period, and the chain of hashes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_unchangeable"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentChain",
            fields=[
                (
                    "issuer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="chain",
                        serialize=False,
                        to="billing.issuer",
                    ),
                ),
                ("length", models.PositiveBigIntegerField(default=0)),
                ("head", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoice_period_once",
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoice_status_complete",
        ),
        migrations.AddField(
            model_name="invoice",
            name="approved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="approved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="chain_hash",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="invoice",
            name="chain_position",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="corrections",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="invoice",
            name="corrects",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_notes",
                to="billing.invoice",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="kind",
            field=models.CharField(
                choices=[("invoice", "Invoice"), ("credit_note", "Credit note")], default="invoice", max_length=12
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="previous_hash",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reason_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("cancellation", "Cancellation"),
                    ("dispute", "Dispute"),
                    ("goodwill", "Goodwill"),
                    ("late_usage", "Late usage"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="revision",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="credits",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_lines",
                to="billing.invoiceline",
            ),
        ),
        migrations.AddField(
            model_name="invoicelineusage",
            name="revision",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="issuer",
            name="city",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="issuer",
            name="country",
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name="issuer",
            name="credit_prefix",
            field=models.CharField(default="CN-", max_length=12),
        ),
        migrations.AddField(
            model_name="issuer",
            name="grace_days",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="issuer",
            name="late_periods",
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name="issuer",
            name="postcode",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="status",
            field=models.CharField(
                choices=[("draft", "Draft"), ("approved", "Approved"), ("issued", "Issued")],
                default="draft",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="invoicelineusage",
            name="usage_line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.usageline"
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["-period_start", "-id"], name="invoice_newest_of_all"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "invoice")),
                fields=("account", "period", "revision"),
                name="invoice_period_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", True), ("kind", "invoice"), ("reason_code", "")),
                    models.Q(
                        ("corrects__isnull", False),
                        ("kind", "credit_note"),
                        ("reason_code__in", ["cancellation", "dispute", "goodwill", "late_usage"]),
                    ),
                    _connector="OR",
                ),
                name="invoice_kind_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicelineusage",
            constraint=models.UniqueConstraint(fields=("usage_line", "revision"), name="invoice_usage_once"),
        ),
        migrations.AddConstraint(
            model_name="issuer",
            constraint=models.CheckConstraint(
                condition=models.Q(("number_prefix", models.F("credit_prefix")), _negated=True),
                name="issuer_prefixes_differ",
            ),
        ),
    ]
