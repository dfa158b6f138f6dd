"""Facts that change after they may have been collected leave a mark, whichever way they were written."""

from django.db.migrations import RunSQL

MARK = "INSERT INTO billing_usagemark"
# (table, when it fires, what it does)
TRIGGERS = {
    "interaction": (
        "AFTER UPDATE OF patched_at, patch_ended_at, orders ON tickets_interaction FOR EACH ROW WHEN "
        "((OLD.patched_at, OLD.patch_ended_at, OLD.orders) IS DISTINCT FROM "
        "(NEW.patched_at, NEW.patch_ended_at, NEW.orders))",
        f"{MARK} (interaction_id) VALUES (NEW.id);",
    ),
    "call": (
        "AFTER INSERT OR UPDATE ON tickets_call FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL)",
        f"{MARK} (call_id) VALUES (NEW.id);",
    ),
    "segment": (
        "AFTER UPDATE OF talk_ms ON tickets_callsegment FOR EACH ROW WHEN "
        "(NEW.kind = 'external' AND OLD.talk_ms IS DISTINCT FROM NEW.talk_ms)",
        f"{MARK} (call_id) VALUES (NEW.call_id);",
    ),
    "message": (
        "AFTER UPDATE OF parts ON tickets_message FOR EACH ROW WHEN (OLD.parts IS DISTINCT FROM NEW.parts)",
        f"""
        {MARK} (interaction_id) SELECT id FROM tickets_interaction
        WHERE ticket_id = NEW.ticket_id AND operator_id = NEW.operator_id AND started_at <= NEW.at
            AND (ended_at IS NULL OR ended_at >= NEW.at);""",
    ),
    "interpreter": (
        "AFTER INSERT OR UPDATE OR DELETE ON tickets_interpreteruse FOR EACH ROW",
        f"{MARK} (interaction_id) VALUES (coalesce(NEW.interaction_id, OLD.interaction_id));",
    ),
    "campaign": (
        "AFTER UPDATE OF campaign ON tickets_ticket FOR EACH ROW WHEN (OLD.campaign IS DISTINCT FROM NEW.campaign)",
        f"{MARK} (interaction_id) SELECT id FROM tickets_interaction WHERE ticket_id = NEW.id;",
    ),
}


def _trigger(name: str, when: str, does: str) -> RunSQL:
    function = f"billing_mark_{name}"
    table = when.split(" ON ")[1].split()[0]
    return RunSQL(
        f"""
        CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does} RETURN NULL; END $$;
        CREATE TRIGGER {function} {when} EXECUTE FUNCTION {function}();
        """,
        f"DROP TRIGGER {function} ON {table}; DROP FUNCTION {function}();",
    )


MARKS = [_trigger(name, when, does) for name, (when, does) in TRIGGERS.items()]
