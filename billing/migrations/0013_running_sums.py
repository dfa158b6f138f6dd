"""Running sums of each period's usage by rate."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0012_money_sums_to_zero"),
        ("tenancy", "0007_service_level"),
    ]

    operations = [
        migrations.CreateModel(
            name="Accrual",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", models.CharField(max_length=10)),
                ("plan", models.CharField(blank=True, max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccrualSum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, max_length=200)),
                ("contacts", models.BigIntegerField()),
                ("raw", models.BigIntegerField()),
                ("waived", models.BigIntegerField()),
                ("rounding", models.BigIntegerField()),
                ("billed", models.BigIntegerField()),
                ("connects", models.BigIntegerField()),
                ("talk_ms", models.BigIntegerField()),
                ("hold_ms", models.BigIntegerField()),
                ("wrap_ms", models.BigIntegerField()),
                ("focus_ms", models.BigIntegerField()),
                ("open_ms", models.BigIntegerField()),
                ("patched_ms", models.BigIntegerField()),
                ("ivr_ms", models.BigIntegerField()),
                ("idle_ms", models.BigIntegerField()),
                ("operator_ms", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "accrual",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sums", to="billing.accrual"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="accrual",
            constraint=models.UniqueConstraint(fields=("account", "period"), name="accrual_period_once"),
        ),
        migrations.AddConstraint(
            model_name="accrualsum",
            constraint=models.UniqueConstraint(fields=("accrual", "code"), name="accrual_sum_once"),
        ),
        migrations.RunSQL(
            "ALTER TABLE billing_accrual ADD CONSTRAINT billing_accrual_account_key UNIQUE (account_id, id)",
            "ALTER TABLE billing_accrual DROP CONSTRAINT billing_accrual_account_key",
        ),
        migrations.RunSQL(
            "ALTER TABLE billing_accrualsum ADD CONSTRAINT billing_accrualsum_accrual_id_same_account "
            "FOREIGN KEY (account_id, accrual_id) REFERENCES billing_accrual (account_id, id)",
            "ALTER TABLE billing_accrualsum DROP CONSTRAINT billing_accrualsum_accrual_id_same_account",
        ),
    ]
