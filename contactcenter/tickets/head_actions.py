"""What people do at the head of a ticket: open one by hand, change its status, subject or language."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.points import normal_value
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.queries import is_open_account
from contactcenter.tickets import actions
from contactcenter.tickets.models import Channel, Message, Ticket

DRAFT_CHANNELS: Final = (*Channel.values, "note")


@transaction.atomic
def open_by_hand(
    *,
    account_id: int,
    channel: str,
    subject: str,
    contact: dict[str, str],
    text: str,
    language: str,
    client_uuid: UUID | None,
    at: datetime,
    actor_id: int | None,
) -> int:
    """Open a ticket with what the contact said, if anything, and return its id; it takes its place in the queue.

    The same client_uuid again returns the same ticket. Raises Invalid for an account out of reach, or a point of
    contact that is none.
    """
    if not is_open_account(account_id):
        raise Invalid("There is no such account.", field="account_id")
    if client_uuid is not None:
        earlier = Message.objects.filter(account_id=account_id, client_uuid=client_uuid).first()
        if earlier is not None:
            return earlier.ticket_id
    value = normal_value(kind=contact["kind"], value=contact["value"])
    if not value:
        raise Invalid("This is no address or number.", field="contact.value")
    person, _ = find_or_create_contact(
        account_id=account_id, kind=contact["kind"], value=value, name=contact["name"], language=language
    )
    language = language or person.language
    ticket = actions.open_ticket(
        account_id=account_id,
        contact=person,
        channel=channel,
        at=at,
        subject=subject,
        language=language,
        preview=text,
        unread=1 if text.strip() else 0,
    )
    if text.strip():
        actions.receive_message(
            ticket=ticket, channel=channel, at=at, text=text, language=language, client_uuid=client_uuid, opens=True
        )
    audit.record(action="ticket.open", target=ticket, actor_id=actor_id, account_id=account_id)
    enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket.pk)
    return ticket.pk


@transaction.atomic
def change_head(
    *,
    ticket_id: int,
    at: datetime,
    actor_id: int | None,
    status: str | None = None,
    subject: str | None = None,
    language: str | None = None,
) -> None:
    """Change what is given and leave the rest; routing looks at the ticket again."""
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    if status is not None:
        ticket = actions.change_status(ticket_id=ticket_id, status=status, at=at, actor_id=actor_id)
    for name, value in (("subject", subject), ("language", language)):
        before = getattr(ticket, name)
        if value is None or value == before:
            continue
        setattr(ticket, name, value)
        ticket.save(update_fields=[name])
        audit.record(
            action=f"ticket.{name}",
            target=ticket,
            actor_id=actor_id,
            account_id=ticket.account_id,
            data={"from": before, "to": value},
        )
        actions.push_ticket_changed(ticket)
    enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket_id)
