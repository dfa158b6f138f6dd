"""Every write to tickets and their timelines. Each needs an open account scope and runs in a transaction.

Interactions, the handled units, are written by `interaction_actions`.

The intake's own writes take no savepoint: whoever calls them within a transaction gives all of it up on an error.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from contactcenter.contacts.models import Contact
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.kernel.statements import insert, rows_from
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
from contactcenter.tickets.recipients import checked_recipients
from contactcenter.tickets.sla_actions import keep_clocks
from contactcenter.tickets.states import check_status_change
from contactcenter.tickets.uploads import take_uploads
from contactcenter.tickets.written import keep_written

MAX_TEXT = 100_000
Recipients = Sequence[Mapping[str, str]]


def _next_number(account_id: int) -> int:
    rows = rows_from(
        "INSERT INTO tickets_ticketcounter (account_id, last_number) VALUES (%s, 1001) "
        "ON CONFLICT (account_id) DO UPDATE SET last_number = tickets_ticketcounter.last_number + 1 "
        "RETURNING last_number",
        [account_id],
    )
    return int(rows[0][0])


def _preview(text: str) -> str:
    return " ".join(text.split())[:160]


def push_ticket_changed(ticket: Ticket, *, kind: str = "ticket.changed", **payload: Any) -> None:
    """Tell everybody entitled to the account that this ticket changed; screens fetch what they need."""
    push_on_commit(
        f"account:{ticket.account_id}",
        kind=kind,
        account_id=ticket.account_id,
        payload={"ticket_id": ticket.pk, **payload},
    )


def open_ticket(
    *,
    account_id: int,
    contact: Contact,
    channel: str,
    at: datetime,
    subject: str = "",
    language: str = "",
    preview: str = "",
    priority: int = 0,
    unread: int = 0,
    campaign: str = "",
) -> Ticket:
    """Create a ticket with the account's next number; numbers are contiguous per account unless rolled back."""
    if contact.account_id != account_id:
        raise Invalid("The contact belongs to another account.", field="contact")
    with transaction.atomic(savepoint=False):
        ticket = Ticket(
            account_id=account_id,
            number=_next_number(account_id),
            contact=contact,
            channel=channel,
            language=language,
            subject=subject[:300],
            preview=_preview(preview),
            priority=priority,
            unread=unread,
            campaign=campaign,
            opened_at=at,
            last_activity_at=at,
        )
        insert(ticket)
        push_ticket_changed(ticket, created=True)
        return ticket


@transaction.atomic(savepoint=False)
def receive_message(
    *,
    ticket: Ticket,
    channel: str,
    at: datetime,
    text: str,
    kind: str = MessageKind.MESSAGE,
    subject: str = "",
    reply_text: str = "",
    html: str = "",
    language: str = "",
    external_id: str = "",
    client_uuid: UUID | None = None,
    headers: Mapping[str, Any] | None = None,
    contact_id: int | None = None,
    parts: int | None = None,
    opens: bool = False,
) -> Message:
    """Add what the contact wrote; a message (not an automatic one) reopens a pending or solved ticket.

    `html` must already be sanitised. `opens`: the ticket was opened for this message a moment ago, and its head
    (unread, preview, language, last activity) tells of it already.
    """
    message = Message(
        account_id=ticket.account_id,
        ticket=ticket,
        direction=Direction.INBOUND,
        channel=channel,
        kind=kind,
        contact_id=contact_id or ticket.contact_id,
        subject=subject[:998],
        text=text,
        reply_text=reply_text,
        html=html,
        language=language,
        at=at,
        external_id=external_id[:500],
        client_uuid=client_uuid,
        status=MessageStatus.RECEIVED,
        headers=dict(headers or {}),
        parts=parts,
    )
    insert(message)
    if not opens:
        _tell_head(ticket=ticket, kind=kind, text=reply_text or text, language=language, at=at)
    push_ticket_changed(ticket, kind="entry.added", entry={"type": "message", "id": message.pk})
    return message


def _tell_head(*, ticket: Ticket, kind: str, text: str, language: str, at: datetime) -> None:
    """Change the ticket's head as a message that came in demands."""
    changes: dict[str, Any] = {"unread": F("unread") + 1}
    if kind == MessageKind.MESSAGE:
        changes["preview"] = _preview(text)
        if ticket.status in {TicketStatus.PENDING, TicketStatus.SOLVED}:
            changes |= {"status": TicketStatus.OPEN, "solved_at": None}
        if language and not ticket.language:
            changes["language"] = language
    if at > ticket.last_activity_at:
        changes["last_activity_at"] = at
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
        last_activity_at=at, preview=_preview(text or files[0]), unread=0, status=TicketStatus.PENDING
    )
    ticket.status = TicketStatus.PENDING
    enqueue_on_commit("channels.deliver_message", message_id=message.pk)
    if ticket.sla_policy_id is not None:
        keep_clocks(ticket_id=ticket.pk, at=at)
    if operator_id is None or ticket.assignee_id != operator_id:
        # answered by somebody else: it need not wait, and nobody need be offered it
        enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket.pk)
    push_ticket_changed(ticket, kind="entry.added", entry={"type": "message", "id": message.pk})
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
        push_ticket_changed(ticket, kind="entry.added", entry={"type": "message", "id": message.pk})
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
