"""Tickets of one account that hang together: merged, split off, followed up."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _same_account(table: str, column: str, parent: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0007_service_level"),
        ("tickets", "0013_queue_of_contact"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="merged_into",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_tickets",
                to="tickets.ticket",
            ),
        ),
        migrations.CreateModel(
            name="TicketRelation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("merge", "Merged"), ("split", "Split off"), ("follow_up", "Follow-up")], max_length=10
                    ),
                ),
                ("at", models.DateTimeField()),
                ("moved", models.JSONField(default=dict)),
                ("status", models.CharField(blank=True, max_length=10)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="relations_to", to="tickets.ticket"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="relations", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["ticket", "-id"], name="ticket_relation_from"),
                    models.Index(fields=["other", "-id"], name="ticket_relation_to"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "merge"), ("undone_at__isnull", True)),
                        fields=("other",),
                        name="ticket_merged_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["merge", "split", "follow_up"])),
                        name="ticket_relation_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ticket", models.F("other")), _negated=True), name="ticket_relation_of_two"
                    ),
                ],
            },
        ),
        _same_account("tickets_ticket", "merged_into_id", "tickets_ticket"),
        _same_account("tickets_ticketrelation", "ticket_id", "tickets_ticket"),
        _same_account("tickets_ticketrelation", "other_id", "tickets_ticket"),
    ]
