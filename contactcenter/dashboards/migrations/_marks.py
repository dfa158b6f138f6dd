"""Whatever changes a fact that roll-ups are made of leaves a mark in the same transaction, whichever way it was written."""

from django.db.migrations import RunSQL

MARK = "INSERT INTO dashboards_rollupmark"
FUNCTIONS = {
    # its own buckets; with the ticket those of the contact's earlier interactions; first_at: when the contact came
    "interaction": f"""
        IF TG_OP <> 'DELETE' THEN
            {MARK} (account_id, operator_id, ticket_id, first_at, last_at) VALUES (
                NEW.account_id, NEW.operator_id, NEW.ticket_id,
                NEW.started_at - coalesce(NEW.waited_ms, 0) * interval '1 millisecond', NEW.started_at);
        END IF;
        IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.account_id, OLD.operator_id, OLD.ticket_id, OLD.started_at,
                OLD.waited_ms) IS DISTINCT FROM (NEW.account_id, NEW.operator_id, NEW.ticket_id, NEW.started_at,
                NEW.waited_ms)) THEN
            {MARK} (account_id, operator_id, ticket_id, first_at, last_at) VALUES (
                OLD.account_id, OLD.operator_id, OLD.ticket_id,
                OLD.started_at - coalesce(OLD.waited_ms, 0) * interval '1 millisecond', OLD.started_at);
        END IF;
        RETURN NULL;""",
    "call": f"""
        IF TG_OP <> 'DELETE' THEN
            {MARK} (account_id, ticket_id, first_at, last_at)
            VALUES (NEW.account_id, NEW.ticket_id, NEW.started_at, NEW.started_at);
        END IF;
        IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.account_id, OLD.ticket_id, OLD.started_at)
                IS DISTINCT FROM (NEW.account_id, NEW.ticket_id, NEW.started_at)) THEN
            {MARK} (account_id, ticket_id, first_at, last_at)
            VALUES (OLD.account_id, OLD.ticket_id, OLD.started_at, OLD.started_at);
        END IF;
        RETURN NULL;""",
    # which calls became interactions, and which interactions are of one call
    "callsegment": f"""
        IF TG_OP <> 'DELETE' THEN
            {MARK} (account_id, ticket_id, first_at, last_at)
            SELECT account_id, ticket_id, started_at, greatest(started_at, ended_at) FROM tickets_call
            WHERE id = NEW.call_id;
            {MARK} (account_id, last_at) SELECT account_id, started_at FROM tickets_call WHERE id = NEW.call_id;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            {MARK} (account_id, ticket_id, first_at, last_at)
            SELECT account_id, ticket_id, started_at, greatest(started_at, ended_at) FROM tickets_call
            WHERE id = OLD.call_id;
            {MARK} (account_id, last_at) SELECT account_id, started_at FROM tickets_call WHERE id = OLD.call_id;
            {MARK} (account_id, ticket_id, first_at, last_at)
            SELECT account_id, ticket_id, started_at, started_at FROM tickets_interaction
            WHERE id = OLD.interaction_id;
        END IF;
        RETURN NULL;""",
    "rating": f"""
        {MARK} (account_id, last_at) SELECT account_id, started_at FROM tickets_interaction
        WHERE id IN (CASE WHEN TG_OP <> 'DELETE' THEN NEW.interaction_id END,
                     CASE WHEN TG_OP <> 'INSERT' THEN OLD.interaction_id END);
        RETURN NULL;""",
    # another contact, subject or language: everything of the contacts concerned
    "ticket": f"""
        {MARK} (contact_id) VALUES (NEW.contact_id);
        IF OLD.contact_id <> NEW.contact_id THEN
            {MARK} (contact_id) VALUES (OLD.contact_id);
        END IF;
        RETURN NULL;""",
    "account": f"""
        {MARK} (account_id) VALUES (NEW.id);
        RETURN NULL;""",
    "abandonment": f"""
        IF TG_OP <> 'DELETE' THEN
            {MARK} (account_id, last_at) VALUES (NEW.account_id, NEW.enqueued_at);
        END IF;
        IF TG_OP <> 'INSERT' THEN
            {MARK} (account_id, last_at) VALUES (OLD.account_id, OLD.enqueued_at);
        END IF;
        RETURN NULL;""",
    # who asked to be called back has not abandoned the call
    "callback": f"""
        IF TG_OP <> 'DELETE' THEN
            {MARK} (ticket_id, first_at, last_at) VALUES (NEW.ticket_id, NEW.requested_at, NEW.requested_at);
        END IF;
        IF TG_OP <> 'INSERT' THEN
            {MARK} (ticket_id, first_at, last_at) VALUES (OLD.ticket_id, OLD.requested_at, OLD.requested_at);
        END IF;
        RETURN NULL;""",
    # a whole statement at once: a session's slices are written by the dozen
    "slice": f"""
        {MARK} (operator_id, first_at, last_at)
        SELECT operator_id, min(started_at), max(ended_at) - interval '1 microsecond' FROM changed GROUP BY operator_id;
        RETURN NULL;""",
}
ROW_TRIGGERS = [
    (
        "interaction",
        "tickets_interaction",
        "INSERT OR DELETE OR UPDATE OF account_id, operator_id, ticket_id, channel, direction, started_at, ended_at, "
        "wrapped_at, waited_ms",
        "",
    ),
    (
        "call",
        "tickets_call",
        "INSERT OR DELETE OR UPDATE OF account_id, ticket_id, direction, started_at, enqueued_at, answered_at, "
        "ended_at, wait_ms",
        "",
    ),
    ("callsegment", "tickets_callsegment", "INSERT OR DELETE OR UPDATE OF call_id, interaction_id", ""),
    ("rating", "tickets_rating", "INSERT OR DELETE OR UPDATE OF interaction_id, score", ""),
    (
        "ticket",
        "tickets_ticket",
        "UPDATE OF contact_id, subject, language",
        "WHEN ((OLD.contact_id, OLD.subject, OLD.language) IS DISTINCT FROM "
        "(NEW.contact_id, NEW.subject, NEW.language))",
    ),
    ("account", "tenancy_account", "UPDATE OF time_zone", "WHEN (OLD.time_zone <> NEW.time_zone)"),
    ("abandonment", "routing_abandonment", "INSERT OR UPDATE OR DELETE", ""),
    ("callback", "routing_callbackrequest", "INSERT OR DELETE OR UPDATE OF ticket_id, requested_at", ""),
]
SLICE_TRIGGERS = [("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")]


def _function(name: str) -> RunSQL:
    body = FUNCTIONS[name]
    return RunSQL(
        f"CREATE FUNCTION dashboards_mark_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        f"DROP FUNCTION dashboards_mark_{name}()",
    )


def _row_trigger(name: str, table: str, events: str, when: str) -> RunSQL:
    return RunSQL(
        f"CREATE TRIGGER rollup_mark AFTER {events} ON {table} FOR EACH ROW {when} "
        f"EXECUTE FUNCTION dashboards_mark_{name}()",
        f"DROP TRIGGER rollup_mark ON {table}",
    )


def _slice_trigger(event: str, which: str) -> RunSQL:
    return RunSQL(
        f"CREATE TRIGGER rollup_mark_{event} AFTER {event} ON worktime_slice "
        f"REFERENCING {which} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION dashboards_mark_slice()",
        f"DROP TRIGGER rollup_mark_{event} ON worktime_slice",
    )


MARKS = [
    *(_function(name) for name in FUNCTIONS),
    *(_row_trigger(*trigger) for trigger in ROW_TRIGGERS),
    *(_slice_trigger(*trigger) for trigger in SLICE_TRIGGERS),
]
