"""A ticket in one line, as every list shows it: one statement for any number of tickets.

The statement is written by hand, because Django spends more on composing so many joins than PostgreSQL on running them.
Which tickets it shows is a query of the scoped manager, taken in as it stands: the account scope holds here too. The
waiting row and the assignment belong to routing, above this app, and are read by the names of their tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from contactcenter.contacts.models import ContactPoint, PointKind
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.statements import Later, ask
from contactcenter.tickets.models import Ticket

Row = dict[str, Any]

COLUMNS: Final = {
    "id": "t.id",
    "number": "t.number",
    "ticket_prefix": "a.ticket_prefix",
    "account_id": "t.account_id",
    "contact_id": "t.contact_id",
    "contact_name": "c.name",
    # the point of the ticket's channel, else the first a person can read; a chat's identity is not one
    "contact_point": """
        (SELECT p.value FROM contacts_contactpoint p WHERE p.contact_id = t.contact_id AND p.kind <> 'chat'
         ORDER BY p.kind = CASE t.channel WHEN 'voice' THEN 'phone' ELSE t.channel END DESC, p.id LIMIT 1)
    """,
    "channel": "t.channel",
    "subject": "t.subject",
    "language": "t.language",
    "status": "t.status",
    "unread": "t.unread",
    "last_activity_at": "t.last_activity_at",
    "assignee_id": "t.assignee_id",
    "assignee_name": "o.display_name",
    "preview": "t.preview",
    "due_at": "t.due_at",
    "due_for": "t.due_for",
    "is_breached": "t.is_breached",
    "waiting_priority": "w.priority",
    "waiting_since": "w.enqueued_at",
    "snoozed_until": "z.until",
    "assignment_state": "s.state",
    "since": "coalesce(s.wrapping_at, s.state_since, s.started_at)",
}
# the owner's assignment goes before one in wrap-up; who handed the ticket on has no say in it
_SOURCES: Final = """
    JOIN tickets_ticket t ON t.id = shown.id
    JOIN tenancy_account a ON a.id = t.account_id
    JOIN contacts_contact c ON c.id = t.contact_id
    LEFT JOIN operators_operator o ON o.id = t.assignee_id
    LEFT JOIN routing_waiting w ON w.ticket_id = t.id
    LEFT JOIN routing_snooze z ON z.ticket_id = t.id
    LEFT JOIN LATERAL (
        SELECT state, state_since, started_at, wrapping_at, wrap_due_at, wrap_extended, bridge
        FROM routing_assignment
        WHERE ticket_id = t.id
          AND (state IN ('active', 'consult', 'held') OR (state = 'wrapping' AND transferred_at IS NULL))
        ORDER BY state, started_at DESC LIMIT 1
    ) s ON true
"""


def rows_of(
    tickets: QuerySet[Ticket], *, further: dict[str, str] | None = None, parameters: Sequence[Any] = ()
) -> list[Row]:
    """Return {name: value} of COLUMNS per ticket, in the order of the query.

    `further` adds columns by their SQL over t, a, c, o, w and s (the live assignment), with its `parameters`.
    """
    return _ask_rows_of(tickets, further=further, parameters=parameters)()


def _ask_rows_of(
    tickets: QuerySet[Ticket], *, further: dict[str, str] | None = None, parameters: Sequence[Any] = ()
) -> Later[list[Row]]:
    columns = COLUMNS | (further or {})
    try:
        shown, chosen = tickets.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return list
    statement = f"""
        SELECT {", ".join(columns.values())}
        FROM (SELECT "id", row_number() OVER () AS place FROM ({shown}) chosen ("id")) shown {_SOURCES}
        ORDER BY shown.place
    """  # noqa: S608 -- names of columns and the ORM's own statement; every value is a parameter
    rows = ask(statement, [*parameters, *chosen], using=tickets.db)
    return lambda: [dict(zip(columns, row, strict=True)) for row in rows()]


def cards_of(tickets: QuerySet[Ticket]) -> list[dict[str, Any]]:
    """Return the cards of these tickets, in the order of the query."""
    return ask_cards_of(tickets)()


def ask_cards_of(tickets: QuerySet[Ticket]) -> Later[list[dict[str, Any]]]:
    """Ask for what cards_of returns."""
    rows = _ask_rows_of(tickets)
    return lambda: [card_from(row) for row in rows()]


def card_of(*, ticket_id: int) -> dict[str, Any]:
    """Return the card of one ticket; NotFound outside the account scope."""
    cards = cards_of(Ticket.objects.filter(pk=ticket_id))
    if not cards:
        raise NotFound("There is no such ticket.")
    return cards[0]


def new_card(ticket: Ticket, *, point: ContactPoint, ticket_prefix: str) -> dict[str, Any]:
    """Return the card of a ticket opened a moment ago, of a contact whose only point this is, without a query."""
    row = dict.fromkeys(COLUMNS) | {name: value for name, value in vars(ticket).items() if name in COLUMNS}
    return card_from(
        row
        | {
            "ticket_prefix": ticket_prefix,
            "contact_name": ticket.contact.name,
            "contact_point": "" if point.kind == PointKind.CHAT else point.value,
        }
    )


def card_from(row: Row) -> dict[str, Any]:
    """Return the card of a row with COLUMNS."""
    return {
        "id": row["id"],
        "number": number_text(prefix=row["ticket_prefix"], number=row["number"]),
        "account_id": row["account_id"],
        "contact": {"id": row["contact_id"], "name": row["contact_name"], "point": row["contact_point"] or ""},
        "channel": row["channel"],
        "subject": row["subject"],
        "language": row["language"],
        "status": row["status"],
        "unread": row["unread"],
        "waiting_since": text_or_none(row["waiting_since"]),
        "last_activity_at": as_text(row["last_activity_at"]),
        "assignee": {"id": row["assignee_id"], "name": row["assignee_name"]} if row["assignee_id"] else None,
        "preview": row["preview"],
        "assignment_state": row["assignment_state"],
        "since": text_or_none(row["since"]),
        "due_at": text_or_none(row["due_at"]),
        "due_for": row["due_for"],
        "is_breached": row["is_breached"],
        "snoozed_until": text_or_none(row["snoozed_until"]),
    }


def number_text(*, prefix: str, number: int) -> str:
    """Return the number as people write it, such as MT-1042."""
    return f"{prefix}-{number}"


def text_or_none(instant: datetime | None) -> str | None:
    """Return the instant as clients receive it; None stays None."""
    return None if instant is None else as_text(instant)
