"""Whatever changes who could take which ticket leaves a mark for the next matching, in the transaction of the change."""

from django.db.migrations import RunSQL

# what routing goes by
WATCHED = [
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
PROFILES = """
CREATE FUNCTION routing_mark_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_matchmark (operator_id, ticket_id) VALUES (NULL, NULL);
    RETURN NULL;
END $$
"""


def _function(name: str, columns: str, values: str) -> RunSQL:
    return RunSQL(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO routing_matchmark ({columns}) VALUES ({values}); RETURN NULL; END $$",
        f"DROP FUNCTION {name}()",
    )


def _trigger(table: str, events: str, function: str, *, when: str = "", name: str = "routing_mark") -> RunSQL:
    condition = f"WHEN ({when}) " if when else ""
    return RunSQL(
        f"CREATE TRIGGER {name} AFTER {events} ON {table} FOR EACH ROW {condition}EXECUTE FUNCTION {function}()",
        f"DROP TRIGGER {name} ON {table}",
    )


def _profiles_trigger(table: str, events: str) -> RunSQL:
    return RunSQL(
        f"CREATE TRIGGER routing_mark AFTER {events} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION routing_mark_profiles()",
        f"DROP TRIGGER routing_mark ON {table}",
    )


MARKS = [
    RunSQL(PROFILES, "DROP FUNCTION routing_mark_profiles()"),
    *[_profiles_trigger(table, "INSERT OR UPDATE OR DELETE") for table in WATCHED],
    *[_profiles_trigger(table, f"UPDATE OF {columns}") for table, columns in COLUMNS.items()],
    _function("routing_mark_ticket", "ticket_id", "NEW.ticket_id"),
    _function("routing_mark_operator", "operator_id", "NEW.operator_id"),
    _function("routing_mark_both", "operator_id, ticket_id", "NEW.operator_id, NEW.ticket_id"),
    _trigger("routing_waiting", "INSERT", "routing_mark_ticket"),
    _trigger(
        "routing_waiting",
        "UPDATE OF language, channel, queue_id, priority, due_at, enqueued_at",
        "routing_mark_ticket",
        name="routing_mark_change",
    ),
    _trigger("routing_offer", "UPDATE OF state", "routing_mark_both", when="NEW.state <> 'pending'"),
    _trigger("routing_assignment", "UPDATE OF state", "routing_mark_operator"),
    _trigger(
        "routing_transfer",
        "UPDATE OF state",
        "routing_mark_operator",
        when="NEW.operator_id IS NOT NULL AND OLD.state = 'consulting' AND NEW.state <> 'consulting'",
    ),
    _trigger("routing_operatorstate", "INSERT OR UPDATE OF presence, next_presence", "routing_mark_operator"),
    _trigger(
        "tickets_interaction",
        "UPDATE OF ended_at",
        "routing_mark_operator",
        when="NEW.channel = 'voice' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL",
    ),
]
