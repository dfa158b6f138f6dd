"""Usage that belongs to no contact, time with an interpreter, and where time lies; running sums hold times as a list."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

TIMES = ("talk", "hold", "wrap", "focus", "open", "patched", "ivr", "idle", "operator")


class Migration(migrations.Migration):
    dependencies = [("billing", "0022_contracts_accepted"), ("tickets", "0016_orders_and_campaign")]

    operations = [
        migrations.AlterField(
            "usageline",
            "interaction",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.interaction",
            ),
        ),
        migrations.AddField(
            "usageline",
            "call",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.call"
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE billing_usageline ADD CONSTRAINT billing_usageline_call_id_same_account "
            "FOREIGN KEY (account_id, call_id) REFERENCES tickets_call (account_id, id)",
            "ALTER TABLE billing_usageline DROP CONSTRAINT billing_usageline_call_id_same_account",
        ),
        migrations.AddField("usageline", "session_id", models.BigIntegerField(null=True)),
        migrations.AddField("usageline", "day", models.DateField(null=True)),
        migrations.AddField("usageline", "interpreter_ms", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("usageline", "spans", models.JSONField(default=list)),
        migrations.AlterField(
            "usageline",
            "channel",
            models.CharField(
                blank=True,
                choices=[
                    ("voice", "Phone"),
                    ("email", "E-mail"),
                    ("chat", "Web chat"),
                    ("social", "Social network"),
                    ("sms", "SMS"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "usageline",
            "direction",
            models.CharField(blank=True, choices=[("in", "Inbound"), ("out", "Outbound")], max_length=3),
        ),
        migrations.AlterField("usageline", "ticket_id", models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            "usageline",
            models.UniqueConstraint(fields=["call"], condition=Q(is_current=True), name="usage_call_current"),
        ),
        migrations.AddConstraint(
            "usageline",
            models.UniqueConstraint(
                fields=["session_id", "account", "day"], condition=Q(is_current=True), name="usage_session_current"
            ),
        ),
        migrations.AddConstraint(
            "usageline",
            models.CheckConstraint(
                condition=Q(interaction__isnull=False, call__isnull=True, session_id__isnull=True)
                | Q(interaction__isnull=True, call__isnull=False, session_id__isnull=True, channel="")
                | Q(
                    interaction__isnull=True, call__isnull=True, session_id__isnull=False, day__isnull=False, channel=""
                ),
                name="usage_one_origin",
            ),
        ),
        # the waiting and the hours of sessions that were collected before
        migrations.RunSQL("DELETE FROM billing_collectedrun", ""),
        # sums of before are built anew on the next read
        migrations.RunSQL("DELETE FROM billing_accrualsum; UPDATE billing_accrual SET plan = ''", ""),
        migrations.AddField("accrual", "touched", models.BigIntegerField(default=0)),
        migrations.AddField("accrual", "settled", models.BigIntegerField(default=0)),
        # each period invoiced so far is looked at once more
        migrations.RunSQL(
            """
            UPDATE billing_accrual SET touched = 1;
            INSERT INTO billing_accrual (account_id, period, plan, touched, settled)
            SELECT DISTINCT account_id, period, '', 1, 0 FROM billing_invoice WHERE status = 'issued'
            ON CONFLICT (account_id, period) DO NOTHING
            """,
            "",
        ),
        *[migrations.RemoveField("accrualsum", f"{name}_ms") for name in TIMES],
        migrations.AddField(
            "accrualsum",
            "times",
            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
        ),
    ]
