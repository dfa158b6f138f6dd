"""Lists of tickets: views, filters, search, and pages by key (never by offset)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from contactcenter.contacts.models import Contact, ContactPoint
from contactcenter.kernel.errors import Invalid
from contactcenter.tickets.cards import card_from, rows_of
from contactcenter.tickets.models import Ticket, TicketStatus
from contactcenter.tickets.models.ticket import OPEN_STATUSES

PAGE: Final = 50
VIEWS: Final = ("queue", "mine", "team", "later", "all")
SEARCHED: Final = 2_000
"""A search looks at so many tickets of each kind of match; more would tell nobody anything."""
COLUMN_OF_KEY: Final = {
    "-waiting__priority": "waiting_priority",
    "waiting__enqueued_at": "waiting_since",
    "id": "id",
    "snooze__until": "snoozed_until",
    "-last_activity_at": "last_activity_at",
    "-id": "id",
}
"""The card's column that holds a sort key's value."""
KEYS_OF_VIEW: Final = {
    "queue": ("-waiting__priority", "waiting__enqueued_at", "id"),
    "later": ("snooze__until", "id"),
}
"""The order of a view; the others come with the newest activity first."""
_NUMBER = re.compile(r"(?:[A-Za-z]{1,6}-)?(\d{1,12})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows."""

    view: str = "all"
    q: str = ""
    status: str = ""
    account_id: int | None = None
    contact_id: int | None = None
    operator_id: int | None = None


def list_tickets(*, filters: Filters, cursor: str = "", size: int = PAGE) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of cards and the cursor of the next page (None at the end).

    The queue comes in the order in which it is offered, what was put away by its return, the rest newest
    activity first. Raises Invalid for an unknown view or status, or a cursor this server did not give out.
    """
    keys = KEYS_OF_VIEW.get(filters.view, ("-last_activity_at", "-id"))
    tickets = _filtered(filters).order_by(*keys)
    if cursor:
        tickets = tickets.filter(_beyond(keys=keys, values=_decode(cursor, keys=keys)))
    rows = rows_of(tickets[: size + 1])
    cards = [card_from(row) for row in rows[:size]]
    return cards, _encode([rows[size - 1][COLUMN_OF_KEY[key]] for key in keys]) if len(rows) > size else None


def _filtered(filters: Filters) -> QuerySet[Ticket]:
    tickets = Ticket.objects.all()
    if filters.view == "queue":
        tickets = tickets.filter(waiting__isnull=False)
    elif filters.view == "mine":
        tickets = tickets.filter(assignee_id=filters.operator_id or 0, status__in=OPEN_STATUSES)
    elif filters.view == "team":
        tickets = tickets.filter(assignee_id__isnull=False, status__in=OPEN_STATUSES)
    elif filters.view == "later":
        tickets = tickets.filter(snooze__isnull=False)
    elif filters.view != "all":
        raise Invalid(f"Choose one of {', '.join(VIEWS)}.", field="view")
    if filters.status:
        if filters.status not in TicketStatus.values:
            raise Invalid(f"Choose one of {', '.join(TicketStatus.values)}.", field="status")
        tickets = tickets.filter(status=filters.status)
    if filters.account_id is not None:
        tickets = tickets.filter(account_id=filters.account_id)
    if filters.contact_id is not None:
        tickets = tickets.filter(contact_id=filters.contact_id)
    if filters.q:
        tickets = tickets.filter(pk__in=_matching(filters.q))
    return tickets


def _matching(text: str) -> QuerySet[Any]:
    """Return the ids of tickets whose number, subject, last words, or contact match; each part has its own index."""
    text = text.strip()[:100]
    said = Ticket.objects.filter(Q(subject__icontains=text) | Q(preview__icontains=text))
    people = Contact.objects.filter(name__icontains=text).values("id")[:SEARCHED]
    points = ContactPoint.objects.filter(value__icontains=text).values("contact_id")[:SEARCHED]
    parts = [said, Ticket.objects.filter(contact_id__in=people), Ticket.objects.filter(contact_id__in=points)]
    if number := _NUMBER.fullmatch(text):
        parts.append(Ticket.objects.filter(number=int(number[1])))
    first, *rest = [part.values("id") for part in parts]
    return first.union(*rest)


def _beyond(*, keys: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition "after this row" for these sort keys."""
    condition = Q(pk__in=[])
    equal = Q()
    for key, value in zip(keys, values, strict=True):
        name, operator = (key[1:], "lt") if key.startswith("-") else (key, "gt")
        condition |= equal & Q(**{f"{name}__{operator}": value})
        equal &= Q(**{name: value})
    # the first key alone bounds the index scan
    first = keys[0]
    bound = Q(**{f"{first[1:]}__lte": values[0]}) if first.startswith("-") else Q(**{f"{first}__gte": values[0]})
    return bound & condition


def _encode(values: Sequence[Any]) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, *, keys: Sequence[str]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [
            datetime.fromisoformat(value) if key.endswith(("_at", "until")) else int(value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError) as error:
        raise Invalid("The cursor is not one this server gave out.", field="cursor") from error
