"""A ticket in one line, as every list shows it. Three queries for any number of tickets.

The waiting row and the assignments belong to routing, above this app; they are read by the names of their relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from contactcenter.contacts.models import ContactPoint
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.tickets.models import Ticket

ROW: Final = (
    "id",
    "number",
    "account_id",
    "account__ticket_prefix",
    "contact_id",
    "contact__name",
    "channel",
    "subject",
    "language",
    "status",
    "unread",
    "last_activity_at",
    "assignee_id",
    "assignee__display_name",
    "preview",
    "waiting__enqueued_at",
)
POINT_KIND: Final = {"voice": "phone", "email": "email", "chat": "chat", "sms": "sms", "social": "social"}


def cards_of(tickets: QuerySet[Ticket]) -> list[dict[str, Any]]:
    """Return the cards of these tickets, in the order of the query."""
    return cards_from(list(tickets.values(*ROW)))


def card_of(*, ticket_id: int) -> dict[str, Any]:
    """Return the card of one ticket; NotFound outside the account scope."""
    cards = cards_of(Ticket.objects.filter(pk=ticket_id))
    if not cards:
        raise NotFound("There is no such ticket.")
    return cards[0]


Points = Mapping[int, Sequence[tuple[str, str]]]


def cards_from(rows: Sequence[Mapping[str, Any]], *, points: Points | None = None) -> list[dict[str, Any]]:
    """Return cards of rows read with the columns of ROW; `points` saves reading the contacts' points again."""
    if points is None:
        points = points_of(row["contact_id"] for row in rows)
    served = served_tickets(row["id"] for row in rows)
    return [
        {
            "id": row["id"],
            "number": number_text(prefix=row["account__ticket_prefix"], number=row["number"]),
            "account_id": row["account_id"],
            "contact": {
                "id": row["contact_id"],
                "name": row["contact__name"],
                "point": _best_point(points.get(row["contact_id"], []), channel=row["channel"]),
            },
            "channel": row["channel"],
            "subject": row["subject"],
            "language": row["language"],
            "status": row["status"],
            "unread": row["unread"],
            "waiting_since": _text(row["waiting__enqueued_at"]),
            "last_activity_at": as_text(row["last_activity_at"]),
            "assignee": (
                {"id": row["assignee_id"], "name": row["assignee__display_name"]} if row["assignee_id"] else None
            ),
            "preview": row["preview"],
            "assignment_state": served[row["id"]].state if row["id"] in served else None,
            "since": as_text(served[row["id"]].since) if row["id"] in served else None,
        }
        for row in rows
    ]


def number_text(*, prefix: str, number: int) -> str:
    """Return the number as people write it, such as MT-1042."""
    return f"{prefix}-{number}"


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else as_text(instant)


def points_of(contact_ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """Return (kind, value) of every point per contact, the oldest first."""
    points: dict[int, list[tuple[str, str]]] = {}
    for contact_id, kind, value in (
        ContactPoint.objects.filter(contact_id__in=set(contact_ids))
        .order_by("id")
        .values_list("contact_id", "kind", "value")
    ):
        points.setdefault(contact_id, []).append((kind, value))
    return points


def _best_point(points: Sequence[tuple[str, str]], *, channel: str) -> str:
    """Return the point of the ticket's channel, else the first a person can read; a chat's identity is not one."""
    wanted = POINT_KIND.get(channel)
    readable = [(kind, value) for kind, value in points if kind != "chat"]
    for kind, value in readable:
        if kind == wanted:
            return value
    return readable[0][1] if readable else ""


@dataclass(frozen=True, slots=True)
class Served:
    """The live assignment of a ticket, as far as a card or its detail shows it."""

    state: str
    started_at: datetime
    wrapping_at: datetime | None
    wrap_due_at: datetime | None
    wrap_extended: bool

    @property
    def since(self) -> datetime:
        return self.wrapping_at or self.started_at


def served_tickets(ticket_ids: Iterable[int]) -> dict[int, Served]:
    """Return the live assignment per ticket; an active one goes before one in wrap-up."""
    rows = (
        Ticket.objects.filter(pk__in=list(ticket_ids), assignments__state__in=["active", "wrapping"])
        .order_by("pk", "assignments__state", "-assignments__started_at")
        .values_list(
            "pk",
            "assignments__state",
            "assignments__started_at",
            "assignments__wrapping_at",
            "assignments__wrap_due_at",
            "assignments__wrap_extended",
        )
    )
    served: dict[int, Served] = {}
    for ticket_id, state, started_at, wrapping_at, due_at, extended in rows:
        served.setdefault(ticket_id, Served(state, started_at, wrapping_at, due_at, extended))
    return served
