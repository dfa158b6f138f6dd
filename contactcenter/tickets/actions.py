"""Every write to tickets and their timelines. Each needs an open account scope and runs in a transaction.

Interactions, the handled units, are written by `interaction_actions`.

The intake's own writes take no savepoint: whoever calls them within a transaction gives all of it up on an error.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import F

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_event_on_commit
from contactcenter.kernel.statements import insert
from contactcenter.tickets.models import (
    Channel,
    Direction,
    Message,
    MessageKind,
    MessageStatus,
    Note,
    Ticket,
    TicketStatus,
)
from contactcenter.tickets.new_rows import (
    MessageValues,
    TicketValues,
    entry_event,
    new_message,
    new_ticket,
    preview_of,
    ticket_event,
)
from contactcenter.tickets.recipients import checked_recipients
from contactcenter.tickets.sla_actions import keep_clocks
from contactcenter.tickets.states import check_status_change
from contactcenter.tickets.uploads import take_uploads
from contactcenter.tickets.written import keep_written

MAX_TEXT = 100_000
Recipients = Sequence[Mapping[str, str]]


def push_ticket_changed(ticket: Ticket, *, kind: str = "ticket.changed", **payload: Any) -> None:
    """Tell everybody entitled to the account that this ticket changed; screens fetch what they need."""
    push_event_on_commit(ticket_event(ticket, kind=kind, **payload))


def open_ticket(**values: Unpack[TicketValues]) -> Ticket:
    """Create a ticket with the account's next number; numbers are contiguous per account unless rolled back."""
    ticket = new_ticket(**values)
    with transaction.atomic(savepoint=False):
        insert(ticket)
        push_ticket_changed(ticket, created=True)
    return ticket


@transaction.atomic(savepoint=False)
def receive_message(*, opens: bool = False, **values: Unpack[MessageValues]) -> Message:
    """Add what the contact wrote; a message (not an automatic one) reopens a pending or solved ticket.

    `opens`: the ticket was opened for this message a moment ago, and its head (unread, preview, language, last
    activity) tells of it already.
    """
    message = new_message(**values)
    insert(message)
    if not opens:
        _tell_head(message)
    push_event_on_commit(entry_event(message))
    return message


def _tell_head(message: Message) -> None:
    """Change the ticket's head as a message that came in demands."""
    ticket = message.ticket
    changes: dict[str, Any] = {"unread": F("unread") + 1}
    if message.kind == MessageKind.MESSAGE:
        changes["preview"] = preview_of(message.reply_text or message.text)
        if ticket.status in {TicketStatus.PENDING, TicketStatus.SOLVED}:
            changes |= {"status": TicketStatus.OPEN, "solved_at": None}
        if message.language and not ticket.language:
            changes["language"] = message.language
    if message.at > ticket.last_activity_at:
        changes["last_activity_at"] = message.at
    Ticket.objects.filter(pk=ticket.pk).update(**changes)
    for name, value in changes.items():
        if name != "unread":
            setattr(ticket, name, value)


@transaction.atomic
def send_reply(
    *,
    ticket: Ticket,
    operator_id: int | None,
    channel: str,
    text: str,
    at: datetime,
    client_uuid: UUID,
    template: Mapping[str, Any] | None = None,
    to: Recipients = (),
    cc: Recipients = (),
    bcc: Recipients = (),
    confirm_new_recipients: bool = False,
    attachments: Sequence[int] = (),
    user_id: int | None = None,
    translation_id: int | None = None,
) -> Message:
    """Queue a reply; delivery follows after commit. The same client_uuid again returns the same message.

    Without `to` a mail goes to whom the ticket's last mail asks to answer (`recipients.proposed_recipients`), without
    copies. Addresses that were never on the ticket raise NewRecipients unless `confirm_new_recipients`. `attachments`
    are ids of uploads of `user_id` on this ticket; they may stand for the text. `template` is what a network needs to
    know of an approved text (contract.OutboundMessage); `text` is how it reads. `translation_id` names what was written
    in another language, of which `text` is the translation: it stays with the message.
    """
    text = text.strip()
    if not text and not attachments:
        raise Invalid("Write something first.", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"At most {MAX_TEXT} characters.", field="text")
    if channel not in {Channel.EMAIL, Channel.CHAT, Channel.SMS, Channel.SOCIAL}:
        raise Invalid("This channel carries no text.", field="channel")
    existing = Message.objects.filter(account_id=ticket.account_id, client_uuid=client_uuid).first()
    if existing is not None:
        if existing.ticket_id != ticket.pk:
            raise Conflict("This client_uuid was used on another ticket.", field="client_uuid")
        return existing
    headers: dict[str, Any] = {"template": dict(template)} if template else {}
    if to or cc or bcc:
        if channel != Channel.EMAIL:
            raise Invalid("Only a mail names its recipients.", field="to")
        given = {"to": to, "cc": cc, "bcc": bcc}
        headers = checked_recipients(ticket=ticket, given=given, confirmed=confirm_new_recipients)
    message = Message.objects.create(
        account_id=ticket.account_id,
        ticket=ticket,
        headers=headers,
        direction=Direction.OUTBOUND,
        channel=channel,
        contact_id=ticket.contact_id,
        operator_id=operator_id,
        subject=ticket.subject,
        text=text,
        reply_text=text,
        language=ticket.language,
        at=at,
        client_uuid=client_uuid,
        status=MessageStatus.QUEUED,
        next_attempt_at=at,
    )
    if translation_id is not None:
        keep_written(message=message, translation_id=translation_id)
    files = take_uploads(message=message, upload_ids=attachments, user_id=user_id) if attachments else []
    Ticket.objects.filter(pk=ticket.pk).update(
        last_activity_at=at, preview=preview_of(text or files[0]), unread=0, status=TicketStatus.PENDING
    )
    ticket.status = TicketStatus.PENDING
    enqueue_on_commit("channels.deliver_message", message_id=message.pk)
    if ticket.sla_policy_id is not None:
        keep_clocks(ticket_id=ticket.pk, at=at)
    if operator_id is None or ticket.assignee_id != operator_id:
        # answered by somebody else: it need not wait, and nobody need be offered it
        enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket.pk)
    push_event_on_commit(entry_event(message))
    return message


@transaction.atomic(savepoint=False)
def send_automatic_reply(*, ticket: Ticket, channel: str, text: str, at: datetime, client_uuid: UUID) -> Message:
    """Queue a reply that no person wrote; the ticket's state stays. The same client_uuid again is the same message."""
    message, created = Message.objects.get_or_create(
        account_id=ticket.account_id,
        client_uuid=client_uuid,
        defaults={
            "ticket": ticket,
            "direction": Direction.OUTBOUND,
            "channel": channel,
            "kind": MessageKind.AUTO_REPLY,
            "contact_id": ticket.contact_id,
            "text": text,
            "reply_text": text,
            "language": ticket.language,
            "at": at,
            "status": MessageStatus.QUEUED,
            "next_attempt_at": at,
        },
    )
    if created:
        enqueue_on_commit("channels.deliver_message", message_id=message.pk)
        push_event_on_commit(entry_event(message))
    return message


@transaction.atomic
def add_note(
    *, ticket: Ticket, author_id: int | None, text: str, at: datetime, client_uuid: UUID, author_name: str = ""
) -> Note:
    """Add a remark for the team. The same client_uuid again returns the same note.

    `author_name` is who wrote it where no person did: an API key's name.
    """
    text = text.strip()
    if not text:
        raise Invalid("Write something first.", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"At most {MAX_TEXT} characters.", field="text")
    existing = Note.objects.filter(account_id=ticket.account_id, client_uuid=client_uuid).first()
    if existing is not None:
        return existing
    note = Note.objects.create(
        account_id=ticket.account_id,
        ticket=ticket,
        author_id=author_id,
        author_name=author_name,
        text=text,
        at=at,
        client_uuid=client_uuid,
    )
    push_ticket_changed(ticket, kind="entry.added", entry={"type": "note", "id": note.pk})
    return note


@transaction.atomic
def change_status(*, ticket_id: int, status: str, at: datetime, actor_id: int | None) -> Ticket:
    """Move the ticket to another status as states.TRANSITIONS allows."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    if ticket.status == status:
        return ticket
    check_status_change(old=ticket.status, new=status)
    before, ticket.status = ticket.status, status
    ticket.solved_at = at if status in {TicketStatus.SOLVED, TicketStatus.CLOSED} else None
    ticket.save(update_fields=["status", "solved_at"])
    audit.record(
        action="ticket.status",
        target=ticket,
        actor_id=actor_id,
        account_id=ticket.account_id,
        data={"from": before, "to": status},
    )
    if ticket.sla_policy_id is not None:
        keep_clocks(ticket_id=ticket_id, at=at)
    push_ticket_changed(ticket)
    return ticket


@transaction.atomic
def assign(*, ticket_id: int, operator_id: int | None) -> None:
    """Set or clear the assignee. Routing decides; this only records."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    ticket.assignee_id = operator_id
    if operator_id is not None and ticket.status == TicketStatus.NEW:
        ticket.status = TicketStatus.OPEN
    ticket.save(update_fields=["assignee", "status"])
    push_ticket_changed(ticket)


def mark_read(*, ticket_id: int) -> None:
    """Set the unread count to zero; a contact who waits in a chat is told."""
    if Ticket.objects.filter(pk=ticket_id, unread__gt=0).update(unread=0):
        enqueue_on_commit("channels.chat_read", ticket_id=ticket_id)
