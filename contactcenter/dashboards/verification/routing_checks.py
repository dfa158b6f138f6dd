"""Every place is held by somebody, the ledger knows of every offer and conversation, promises are what was promised."""

from datetime import datetime

from contactcenter.dashboards.verification.checks import STUCK_AFTER, Check, add_rows, count_of
from contactcenter.routing.ledger_events import OPEN_CHANNELS
from contactcenter.routing.states import LIVE, OWNING
from contactcenter.tickets.models import SlaClock, Ticket
from contactcenter.tickets.sla import Clock
from contactcenter.tickets.sla_actions import clock_of, clocks_as_of

_MS = "date_trunc('milliseconds', {instant})"


def _words(values: object) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))  # type: ignore[call-overload]


_OWNING, _LIVE, _OPEN_CHANNELS = _words(OWNING), _words(LIVE), _words(OPEN_CHANNELS)


def places_are_held(*, at: datetime) -> Check:
    """Whoever holds a place (an offer, an assignment, a transfer) has a reason to; no ticket is nowhere, none twice."""
    check = Check(
        "places = answers", "every offer, assignment and transfer stands as it was answered, no ticket is lost"
    )
    check.checked = count_of(
        "SELECT (SELECT count(*) FROM routing_offer) + (SELECT count(*) FROM routing_assignment) "
        "+ (SELECT count(*) FROM routing_transfer) + (SELECT count(*) FROM routing_waiting)"
    )
    late = at - STUCK_AFTER
    add_rows(
        check,
        "offer {0}: ran out at {2}, and operator {1} is reserved for it still",
        "SELECT id, operator_id, expires_at FROM routing_offer WHERE state = 'pending' AND expires_at < %s ORDER BY id",
        [late],
    )
    add_rows(
        check,
        "offer {0}: accepted by operator {1} at {2}, and nothing began",
        """
        SELECT o.id, o.operator_id, o.resolved_at FROM routing_offer o
        LEFT JOIN routing_transfer t ON t.id = o.transfer_id
        WHERE o.state = 'accepted' AND CASE WHEN o.purpose = 'consult' THEN t.consulting_at IS NULL ELSE NOT EXISTS (
            SELECT 1 FROM routing_assignment a WHERE a.operator_id = o.operator_id AND a.started_at = o.resolved_at
        ) END ORDER BY o.id
        """,
    )
    add_rows(
        check,
        "transfer {0}: {1}, while assignment {2} is {3}",
        f"""
        SELECT t.id, t.state, a.id, a.state FROM routing_transfer t JOIN routing_assignment a ON a.id = t.assignment_id
        WHERE (t.state IN ('asked', 'consulting') AND a.state NOT IN ({_OWNING}))
           OR (t.state = 'consulting' AND a.state <> 'consult') ORDER BY t.id
        """,  # noqa: S608 - words of states.py
    )
    add_rows(
        check,
        "assignment {0} of ticket {1}: consults with nobody",
        """
        SELECT a.id, a.ticket_id FROM routing_assignment a WHERE a.state = 'consult' AND NOT EXISTS (
            SELECT 1 FROM routing_transfer t WHERE t.assignment_id = a.id AND t.state = 'consulting') ORDER BY a.id
        """,
    )
    add_rows(
        check,
        "assignment {0} of ticket {1}: {2}, its interaction {3} ended at {4}",
        f"""
        SELECT a.id, a.ticket_id, a.state, i.id, i.ended_at FROM routing_assignment a
        JOIN tickets_interaction i ON i.id = a.interaction_id
        WHERE (a.state IN ({_OWNING}) AND i.ended_at < %s)
           OR (a.state NOT IN ({_OWNING}) AND i.ended_at IS NULL AND i.source_key IS NULL) ORDER BY a.id
        """,  # noqa: S608 - words of states.py
        [late],
    )
    add_rows(
        check,
        "assignment {0} of ticket {1}: its wrap-up was due to end at {2}",
        "SELECT id, ticket_id, wrap_due_at FROM routing_assignment WHERE state = 'wrapping' AND wrap_due_at < %s "
        "ORDER BY id",
        [late],
    )
    add_rows(
        check,
        "assignment {0} of ticket {1}: operator {2} has gone at {3}, and has it still",
        f"""
        SELECT a.id, a.ticket_id, a.operator_id, s.since FROM routing_assignment a
        LEFT JOIN routing_operatorstate s ON s.operator_id = a.operator_id
        WHERE a.state IN ({_LIVE}) AND coalesce(s.presence, 'offline') NOT IN ('available', 'break')
            AND greatest(s.since, a.started_at) < %s ORDER BY a.id
        """,  # noqa: S608 - words of states.py
        [late],
    )
    add_rows(
        check,
        "ticket {0}: waits in place {1}, and is served by assignment {2}",
        f"""
        SELECT w.ticket_id, w.id, a.id FROM routing_waiting w JOIN routing_assignment a ON a.ticket_id = w.ticket_id
        WHERE a.state IN ({_OWNING}) ORDER BY w.id
        """,  # noqa: S608 - words of states.py
    )
    add_rows(
        check,
        "ticket {0}: unread since {1}, and it neither waits nor is it served",
        f"""
        SELECT t.id, t.last_activity_at FROM tickets_ticket t
        WHERE t.status IN ('new', 'open') AND t.unread > 0 AND t.last_activity_at < %s
            AND EXISTS (SELECT 1 FROM tickets_message m
                WHERE m.ticket_id = t.id AND m.direction = 'in' AND m.kind = 'message')
            AND NOT EXISTS (SELECT 1 FROM routing_waiting w WHERE w.ticket_id = t.id)
            AND NOT EXISTS (SELECT 1 FROM routing_assignment a WHERE a.ticket_id = t.id AND a.state IN ({_LIVE}))
        ORDER BY t.id
        """,  # noqa: S608 - words of states.py
        [late],
    )
    return check


def ledger_knows_routing() -> Check:
    """Every offer's beginning and end, and every written conversation's, was told to the ledger at its instant."""
    check = Check("events = offers", "the ledger was told of every offer and conversation when it began and ended")
    check.checked = count_of(
        "SELECT (SELECT count(*) FROM routing_offer) + (SELECT count(*) FROM routing_assignment "  # noqa: S608
        f"WHERE channel IN ({_OPEN_CHANNELS}))"
    )
    for word, instant in (("made", "offered_at"), ("ended", "resolved_at")):
        add_rows(
            check,
            "offer {0} of operator {1}: {2} at {3}, the ledger was told {4}",
            f"""
            SELECT o.id, o.operator_id, '{word}', o.{instant}, coalesce('at ' || e.at, 'nothing')
            FROM routing_offer o LEFT JOIN worktime_operatorevent e
                ON e.source_key = 'offer ' || o.id || ' {word}' AND e.operator_id = o.operator_id
            WHERE o.{instant} IS NOT NULL AND e.at IS DISTINCT FROM {_MS.format(instant=f"o.{instant}")} ORDER BY o.id
            """,  # noqa: S608 - only this module's own constants
        )
    add_rows(
        check,
        "assignment {0} of operator {1}: began at {2}, the ledger was told of no such beginning",
        f"""
        SELECT a.id, a.operator_id, a.started_at FROM routing_assignment a WHERE a.channel IN ({_OPEN_CHANNELS})
            AND NOT EXISTS (SELECT 1 FROM worktime_operatorevent e WHERE e.operator_id = a.operator_id
                AND e.at = {_MS.format(instant="a.started_at")} AND e.kind = 'chat.opened'
                AND e.interaction_id = a.interaction_id)
        ORDER BY a.id
        """,  # noqa: S608 - only this module's own constants
    )
    ends = ", ".join(_MS.format(instant=f"a.{name}") for name in ("transferred_at", "wrapping_at", "done_at"))
    add_rows(
        check,
        "assignment {0} of operator {1}: {2}, the ledger was told of no such end",
        f"""
        SELECT a.id, a.operator_id, a.state FROM routing_assignment a
        WHERE a.channel IN ({_OPEN_CHANNELS}) AND a.state NOT IN ({_OWNING})
            AND NOT EXISTS (SELECT 1 FROM worktime_operatorevent e WHERE e.operator_id = a.operator_id
                AND e.at IN ({ends}) AND e.kind = 'chat.closed' AND e.interaction_id = a.interaction_id)
        ORDER BY a.id
        """,  # noqa: S608 - only this module's own constants
    )
    return check


def promises_equal_clocks(*, at: datetime) -> Check:
    """Tickets say what their clocks say, clocks what messages, statuses and policies make them; no breach is missed.

    What changed in the last minutes may still be under way and is passed over.
    """
    check = Check("promises = clocks", "clocks are what messages and policies make them, and tickets say the same")
    check.checked = count_of("SELECT count(*) FROM tickets_slaclock")
    add_rows(
        check,
        "ticket {0}: due at {1} for {2}, breached {3}; its clocks say {4}, {5}",
        """
        SELECT t.id, t.due_at, t.due_for, t.is_breached, c.due_at, c.is_breached FROM tickets_ticket t
        LEFT JOIN (SELECT ticket_id, min(due_at) AS due_at, bool_or(breached_at IS NOT NULL) AS is_breached,
                array_agg(kind ORDER BY due_at, kind) FILTER (WHERE due_at IS NOT NULL) AS kinds
            FROM tickets_slaclock GROUP BY ticket_id) AS c ON c.ticket_id = t.id
        WHERE t.due_at IS DISTINCT FROM c.due_at OR t.is_breached <> coalesce(c.is_breached, false)
            OR t.due_for <> coalesce(c.kinds[1], '') ORDER BY t.id
        """,
    )
    add_rows(
        check,
        "clock {0} of ticket {1}: ran {2} ms of {3} s, breached at {4}",
        """
        SELECT id, ticket_id, elapsed_ms, target_s, breached_at FROM tickets_slaclock
        WHERE met_at IS NOT NULL AND elapsed_ms <> target_s * 1000::bigint
            AND (elapsed_ms > target_s * 1000::bigint) <> (breached_at IS NOT NULL)
        ORDER BY id
        """,
    )
    settled = at - STUCK_AFTER
    running = (
        SlaClock.objects.filter(met_at=None, ticket__last_activity_at__lt=settled)
        .order_by("ticket_id")
        .values_list("ticket_id", flat=True)
        .distinct()
    )
    for ticket in Ticket.objects.filter(pk__in=running).order_by("pk").iterator(chunk_size=500):
        _compare_clocks(check, ticket, at=at, settled=settled)
    return check


def _compare_clocks(check: Check, ticket: Ticket, *, at: datetime, settled: datetime) -> None:
    rows = list(SlaClock.objects.filter(ticket=ticket).order_by("started_at", "id"))
    wanted = {(clock.kind, clock.started_at): clock for clock in clocks_as_of(ticket=ticket, rows=rows, at=at)}
    for row in rows:
        again = wanted.pop((row.kind, row.started_at), None)
        if again is None or _said(clock_of(row=row), settled) != _said(again, settled):
            check.differs(f"clock {row.pk} of ticket {ticket.pk}: {row.kind}, is not what messages and policy make it")
    for kind, started_at in sorted(wanted):
        check.differs(f"ticket {ticket.pk}: has no clock {kind} from {started_at:%Y-%m-%d %H:%M:%S}")


def _said(clock: Clock, settled: datetime) -> tuple[object, ...]:
    """What a clock says; a breach of the last minutes may not have been noticed yet."""
    breached = clock.breached_at is not None and clock.breached_at < settled
    return (clock.target, clock.elapsed, clock.running_since, clock.due_at, clock.met_at, breached)
