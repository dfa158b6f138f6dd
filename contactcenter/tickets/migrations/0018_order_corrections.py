"""Orders that were counted wrong are corrected by rows of their own, which are kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

KEPT = """
CREATE FUNCTION tickets_keep_order_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order correction % is kept: correct again', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tickets_keep_order_correction BEFORE UPDATE OR DELETE ON tickets_ordercorrection
    FOR EACH ROW EXECUTE FUNCTION tickets_keep_order_correction();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0017_bridged_replies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("orders_before", models.PositiveSmallIntegerField()),
                ("amount_before", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("orders", models.PositiveSmallIntegerField()),
                ("order_amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "interaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_corrections",
                        to="tickets.interaction",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["interaction", "id"], name="order_correction_of")],
                "constraints": [
                    models.CheckConstraint(condition=~Q(reason=""), name="order_correction_has_reason"),
                    models.CheckConstraint(
                        condition=Q(order_amount__isnull=True) | Q(order_amount__gte=0, orders__gt=0),
                        name="order_correction_amount_of_orders",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE tickets_ordercorrection ADD CONSTRAINT tickets_ordercorrection_interaction_id_same_account "
            "FOREIGN KEY (account_id, interaction_id) REFERENCES tickets_interaction (account_id, id)",
            "ALTER TABLE tickets_ordercorrection DROP CONSTRAINT tickets_ordercorrection_interaction_id_same_account",
        ),
        migrations.RunSQL(KEPT, "DROP FUNCTION tickets_keep_order_correction CASCADE"),
    ]
