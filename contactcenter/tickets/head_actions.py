"""What people do at the head of a ticket: open one by hand, change its status, subject or language."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.points import normal_value
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import publish_on_commit
from contactcenter.kernel.statements import insert_together, rows_from
from contactcenter.tenancy.scope import current_scope
from contactcenter.tickets import actions
from contactcenter.tickets.cards import card_of, new_card
from contactcenter.tickets.models import Channel, Ticket
from contactcenter.tickets.new_rows import entry_event, new_message, new_ticket, ticket_event

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
) -> dict[str, Any]:
    """Open a ticket with what the contact said, if anything, and return its card; it takes its place in the queue.

    The same client_uuid again returns the same ticket. Raises Invalid for an account out of reach, or a point of
    contact that is none. All of a ticket is inserted at once, so that others of the account wait for the commit only.
    """
    start = _start(account_id=account_id, client_uuid=client_uuid)
    if start.earlier_ticket_id is not None:
        return card_of(ticket_id=start.earlier_ticket_id)
    value = normal_value(kind=contact["kind"], value=contact["value"])
    if not value:
        raise Invalid("This is no address or number.", field="contact.value")
    person, point = find_or_create_contact(
        account_id=account_id, kind=contact["kind"], value=value, name=contact["name"], language=language
    )
    language = language or person.language
    ticket = new_ticket(
        pk=start.ticket_id,
        account_id=account_id,
        contact=person,
        channel=channel,
        at=at,
        subject=subject,
        language=language,
        preview=text,
        unread=1 if text.strip() else 0,
    )
    rows: list[Model] = [
        ticket,
        audit.entry(action="ticket.open", target=ticket, actor_id=actor_id, account_id=account_id),
    ]
    events = [ticket_event(ticket, pk=start.event_id, created=True)]
    if text.strip():
        message = new_message(
            pk=start.message_id,
            ticket=ticket,
            channel=channel,
            at=at,
            text=text,
            language=language,
            client_uuid=client_uuid,
        )
        rows.append(message)
        events.append(entry_event(message, pk=start.next_event_id))
    insert_together(*rows, *events)
    for event in events:
        publish_on_commit(event)
    enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket.pk)
    if person.is_new:
        return new_card(ticket, point=point, ticket_prefix=start.ticket_prefix)
    return card_of(ticket_id=ticket.pk)


class _Start(NamedTuple):
    """What opening a ticket by hand begins with; the ids are free."""

    ticket_prefix: str
    earlier_ticket_id: int | None
    ticket_id: int
    message_id: int
    event_id: int
    next_event_id: int


def _start(*, account_id: int, client_uuid: UUID | None) -> _Start:
    reach = current_scope().reach()
    rows = rows_from(
        """
        SELECT ticket_prefix,
               (SELECT ticket_id FROM tickets_message WHERE account_id = account.id AND client_uuid = %s),
               nextval('tickets_ticket_id_seq'), nextval('tickets_message_id_seq'),
               nextval('kernel_liveevent_id_seq'), nextval('kernel_liveevent_id_seq')
        FROM tenancy_account account
        WHERE id = %s AND is_active AND (%s::bigint[] IS NULL OR id = ANY(%s))
        """,
        [client_uuid, account_id, reach, reach],
    )
    if not rows:
        raise Invalid("There is no such account.", field="account_id")
    return _Start(*rows[0])


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
