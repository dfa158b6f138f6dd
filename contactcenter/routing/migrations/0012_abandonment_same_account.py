"""Rows of one account can only point at rows of the same account: (account_id, id) foreign keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("routing", "0011_abandonment")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE routing_abandonment ADD CONSTRAINT routing_abandonment_ticket_id_same_account "
            "FOREIGN KEY (account_id, ticket_id) REFERENCES tickets_ticket (account_id, id)",
            "ALTER TABLE routing_abandonment DROP CONSTRAINT routing_abandonment_ticket_id_same_account",
        )
    ]
