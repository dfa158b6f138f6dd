"""Whatever changes who could take which ticket leaves a mark for the next matching, in the transaction of the change."""

from django.db import migrations


def _function(name: str, columns: str, values: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO routing_matchmark ({columns}) VALUES ({values}); RETURN NULL; END $$",
        f"DROP FUNCTION {name}()",
    )


def _trigger(
    table: str, events: str, function: str, *, when: str = "", name: str = "routing_mark"
) -> migrations.RunSQL:
    condition = f"WHEN ({when}) " if when else ""
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} AFTER {events} ON {table} FOR EACH ROW {condition}EXECUTE FUNCTION {function}()",
        f"DROP TRIGGER {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("routing", "0009_last_operator"), ("tickets", "0012_calls_that_go_on")]

    operations = [
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
