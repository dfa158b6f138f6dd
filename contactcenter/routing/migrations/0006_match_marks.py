"""Whoever changes what routing goes by, by whatever way, leaves a mark for the next matching."""

from django.db import migrations

TABLES = [
    "operators_accountcertification",
    "operators_operator",
    "operators_operatorlanguage",
    "operators_operatorskill",
    "operators_skill",
    "routing_queue",
    "routing_queuemember",
    "routing_queueskill",
    "routing_relaxationstep",
    "tenancy_membership",
    "tickets_calendar",
]
# columns that routing reads, in tables that change often for other reasons
COLUMNS = {
    "tenancy_account": "allows_machine_translation, allows_interpreter, is_active",
    "tenancy_user": "is_active",
}
FUNCTION = """
CREATE FUNCTION routing_mark_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_matchmark (operator_id, ticket_id) VALUES (NULL, NULL);
    RETURN NULL;
END $$
"""


def _trigger(table: str, events: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER routing_mark AFTER {events} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION routing_mark_profiles()",
        f"DROP TRIGGER routing_mark ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0005_queue_rules"),
        ("operators", "0003_skills"),
        ("tenancy", "0006_language_bridges"),
        ("tickets", "0009_service_level"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE routing_callbackrequest ADD CONSTRAINT routing_callbackrequest_ticket_id_same_account "
            "FOREIGN KEY (account_id, ticket_id) REFERENCES tickets_ticket (account_id, id)",
            "ALTER TABLE routing_callbackrequest DROP CONSTRAINT routing_callbackrequest_ticket_id_same_account",
        ),
        migrations.RunSQL(
            "ALTER TABLE routing_callbackrequest ADD CONSTRAINT routing_callbackrequest_contact_id_same_account "
            "FOREIGN KEY (account_id, contact_id) REFERENCES contacts_contact (account_id, id)",
            "ALTER TABLE routing_callbackrequest DROP CONSTRAINT routing_callbackrequest_contact_id_same_account",
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION routing_mark_profiles()"),
        *[_trigger(table, "INSERT OR UPDATE OR DELETE") for table in TABLES],
        *[_trigger(table, f"UPDATE OF {columns}") for table, columns in COLUMNS.items()],
    ]
