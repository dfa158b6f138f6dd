"""The rows of a new ticket, of what its contact wrote and of the events that tell of it, ready to be inserted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID

from contactcenter.contacts.models import Contact
from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.models import LiveEvent
from contactcenter.kernel.statements import FromStatement
from contactcenter.tickets.models import Direction, Message, MessageStatus, Ticket


class TicketValues(TypedDict, total=False):
    """What a ticket is opened with."""

    pk: int
    account_id: Required[int]
    contact: Required[Contact]
    channel: Required[str]
    at: Required[datetime]
    subject: str
    language: str
    preview: str
    priority: int
    unread: int
    campaign: str


class MessageValues(TypedDict, total=False):
    """What the contact wrote; `html` must already be sanitised."""

    pk: int
    ticket: Required[Ticket]
    channel: Required[str]
    at: Required[datetime]
    text: Required[str]
    kind: str
    subject: str
    reply_text: str
    html: str
    language: str
    external_id: str
    client_uuid: UUID | None
    headers: Mapping[str, Any]
    contact_id: int
    parts: int | None


def new_ticket(**values: Unpack[TicketValues]) -> Ticket:
    """Return a ticket that takes the account's next number when it is inserted.

    Other new tickets of the account then wait until the transaction ends.
    """
    if values["contact"].account_id != values["account_id"]:
        raise Invalid("The contact belongs to another account.", field="contact")
    fields: dict[str, Any] = {
        **values,
        "subject": values.get("subject", "")[:300],
        "preview": preview_of(values.get("preview", "")),
        "last_activity_at": values["at"],
    }
    return Ticket(number=_next_number(values["account_id"]), opened_at=fields.pop("at"), **fields)


def new_message(**values: Unpack[MessageValues]) -> Message:
    """Return a message that came in, as received by now."""
    ticket = values["ticket"]
    fields: dict[str, Any] = {
        "contact_id": ticket.contact_id,
        **values,
        "subject": values.get("subject", "")[:998],
        "external_id": values.get("external_id", "")[:500],
        "headers": dict(values.get("headers", {})),
    }
    return Message(account_id=ticket.account_id, direction=Direction.INBOUND, status=MessageStatus.RECEIVED, **fields)


def ticket_event(ticket: Ticket, *, kind: str = "ticket.changed", pk: int | None = None, **payload: Any) -> LiveEvent:
    """Return the event that tells everybody entitled to the account that this ticket changed."""
    return LiveEvent(
        pk=pk,
        audience=f"account:{ticket.account_id}",
        kind=kind,
        account_id=ticket.account_id,
        payload={"ticket_id": ticket.pk, **payload},
    )


def entry_event(message: Message, *, pk: int | None = None) -> LiveEvent:
    """Return the event that tells of a new message on its ticket."""
    return ticket_event(message.ticket, kind="entry.added", pk=pk, entry={"type": "message", "id": message.pk})


def preview_of(text: str) -> str:
    """Return the beginning of the text as lists show it."""
    return " ".join(text.split())[:160]


def _next_number(account_id: int) -> FromStatement:
    return FromStatement(
        "INSERT INTO tickets_ticketcounter (account_id, last_number) VALUES (%s, 1001) "
        "ON CONFLICT (account_id) DO UPDATE SET last_number = tickets_ticketcounter.last_number + 1 "
        "RETURNING last_number AS value",
        [account_id],
    )
