"""The one intake: from a translated event to contact, ticket and timeline entry, whatever channel it came by."""

import hashlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from channels_app.attachments import attach_files, keep_files, store_remote_files
from channels_app.bounces import record_bounces, record_complaint
from channels_app.consent import take_consent
from channels_app.contract import (
    AdapterError,
    Ignored,
    InboundEvent,
    InboundKind,
    InboundMessage,
    IngestResult,
    IngestStatus,
    MessageEdit,
    Misdelivered,
    StatusReport,
)
from channels_app.email.addresses import verified_ticket
from channels_app.email.loops import guarded
from channels_app.language import SURE, DetectedLanguage, detect_language
from channels_app.message_actions import apply_edit, apply_report, join_album
from channels_app.misdelivered import pass_on
from channels_app.models import ChannelThread, Endpoint, EndpointKind
from channels_app.pieces import hold_piece, note_entry
from channels_app.queries import ticket_of_answers, ticket_of_thread, ticket_on_endpoint
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.models import Contact, ContactPoint
from contactcenter.contacts.points import normal_value
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.statements import insert, rows_from
from contactcenter.tickets.actions import open_ticket, receive_message
from contactcenter.tickets.models import Ticket, TicketLink, TicketStatus

MAX_DETECTED_CHARACTERS = 4_000


@transaction.atomic(savepoint=False)
def ingest_event(
    *, endpoint: Endpoint, event: InboundEvent, receipt_id: int | None = None
) -> tuple[IngestResult | None, dict[str, Any]]:
    """Do what the event asks for; returns the entry if it made one, and the outcome to stand on the receipt.

    Needs the account's scope. A report or an edit of a message that is not known (yet) is a temporary AdapterError: the
    order of arrival does not matter.
    """
    match event:
        case InboundMessage():
            if event.album:
                serialise_sender(endpoint=endpoint, inbound=event)
                if (joined := join_album(endpoint=endpoint, part=event)) is not None:
                    return None, {"status": "part", **joined}
            if event.piece is not None and receipt_id is not None:
                serialise_sender(endpoint=endpoint, inbound=event)
                held = hold_piece(endpoint=endpoint, inbound=event, receipt_id=receipt_id)
                if held.whole is None:
                    return None, {"status": "part", **(held.outcome or {})}
                result = ingest_message(endpoint=endpoint, inbound=held.whole, receipt_id=receipt_id)
                note_entry(receipt_id=receipt_id, message_id=result.message_id)
                return result, result.outcome()
            result = ingest_message(endpoint=endpoint, inbound=event, receipt_id=receipt_id)
            return result, result.outcome()
        case StatusReport():
            return None, {"status": "report", **apply_report(endpoint=endpoint, report=event)}
        case MessageEdit():
            return None, {"status": "edit", **apply_edit(endpoint=endpoint, edit=event)}
        case Ignored():
            return None, {"status": "ignored", "reason": event.reason[:300]}
        case Misdelivered():
            if receipt_id is None:
                raise AdapterError(f"It came for {event.address[:80]!r}.", permanent=True)
            return None, {"status": "passed_on", **pass_on(endpoint=endpoint, event=event, receipt_id=receipt_id)}


@transaction.atomic(savepoint=False)
def ingest_message(*, endpoint: Endpoint, inbound: InboundMessage, receipt_id: int | None = None) -> IngestResult:
    """Make `inbound` an entry of the right ticket of the endpoint's account; needs that account's scope.

    Afterwards there is exactly one entry for it; only one of kind `message` asks the routing for an operator.
    Messages of one contact point on one endpoint are taken one after the other, so that two at once, of a new contact,
    make one ticket. `receipt_id` only tells log readers where the message came from: its idempotence is the receipt's.
    """
    files = keep_files(inbound.attachments)
    language = _language(endpoint=endpoint, inbound=inbound, contact_language="")
    point_value = _point_value(inbound)
    _serialise(endpoint_id=endpoint.pk, value=point_value)
    contact, point = find_or_create_contact(
        account_id=endpoint.account_id,
        kind=inbound.sender.kind,
        value=point_value,
        name=inbound.sender.name,
        language=language.code if language.confidence >= SURE and inbound.kind == InboundKind.MESSAGE else "",
    )
    if language.confidence < SURE and contact.language:
        language = _language(endpoint=endpoint, inbound=inbound, contact_language=contact.language)
    inbound = guarded(account_id=endpoint.account_id, contact_id=contact.pk, inbound=inbound)
    ticket = _thread(endpoint=endpoint, inbound=inbound, contact=contact)
    follows = None
    if ticket is not None and ticket.status == TicketStatus.CLOSED:
        follows, ticket = ticket, None
    status = IngestStatus.APPENDED if ticket is not None else IngestStatus.CREATED
    if ticket is None:
        ticket = _open(endpoint=endpoint, inbound=inbound, contact=contact, point=point, language=language.code)
    headers = dict(inbound.headers)
    if inbound.problem:
        headers["problem"] = inbound.problem
    if follows is not None:
        headers["follows_ticket"] = follows.number
    message = receive_message(
        ticket=ticket,
        channel=inbound.channel,
        at=inbound.at,
        text=inbound.text,
        kind=str(inbound.kind),
        subject=inbound.subject,
        reply_text=inbound.reply_text or inbound.text,
        html=inbound.html,
        language=language.code,
        external_id=inbound.external_id,
        client_uuid=UUID(inbound.client_uuid) if inbound.client_uuid else None,
        headers=headers,
        contact_id=contact.pk,
        parts=inbound.parts,
        opens=status == IngestStatus.CREATED,
    )
    attach_files(message=message, files=files)
    store_remote_files(message=message, files=inbound.remote_files, at=inbound.at)
    take_consent(endpoint=endpoint, inbound=inbound, message=message, point=point)
    _link_twins(ticket=ticket, inbound=inbound)
    if inbound.bounces:
        record_bounces(ticket_id=ticket.pk, answers=inbound.answers, bounces=inbound.bounces, at=inbound.at)
    if inbound.complaint is not None:
        record_complaint(ticket_id=ticket.pk, answers=inbound.answers, complaint=inbound.complaint, at=inbound.at)
    if inbound.kind == InboundKind.MESSAGE:
        enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket.pk)
    if endpoint.kind == EndpointKind.SOCIAL and not contact.name:
        enqueue_on_commit("channels.name_contact", endpoint_id=endpoint.pk, point_id=point.pk)
    return IngestResult(
        status=status,
        account_id=endpoint.account_id,
        ticket_id=ticket.pk,
        ticket_number=f"{endpoint.account.ticket_prefix}-{ticket.number}",
        message_id=message.pk,
        contact_id=contact.pk,
        kind=inbound.kind,
        language=language.code,
    )


def _point_value(inbound: InboundMessage) -> str:
    return normal_value(kind=inbound.sender.kind, value=inbound.sender.value) or inbound.sender.value[:320]


def serialise_sender(*, endpoint: Endpoint, inbound: InboundMessage) -> None:
    """Wait for other messages of the same sender on the same endpoint; the lock ends with the transaction."""
    _serialise(endpoint_id=endpoint.pk, value=_point_value(inbound))


def _serialise(*, endpoint_id: int, value: str) -> None:
    """Wait for other messages of the same point on the same endpoint; the lock ends with the transaction."""
    digest = hashlib.sha256(f"{endpoint_id}\0{value}".encode()).digest()
    rows_from("SELECT pg_advisory_xact_lock(%s::bigint)", [int.from_bytes(digest[:8], "big", signed=True)])


def _language(*, endpoint: Endpoint, inbound: InboundMessage, contact_language: str) -> DetectedLanguage:
    if inbound.language:
        return DetectedLanguage(inbound.language[:8], 1.0)
    text = inbound.reply_text or inbound.text
    if sum(map(str.isalpha, text[:200])) < 20:
        text = f"{inbound.subject}\n{text}"
    hints = (contact_language, *inbound.language_hints, endpoint.language)
    return detect_language(text=text[:MAX_DETECTED_CHARACTERS], hints=hints)


def _thread(*, endpoint: Endpoint, inbound: InboundMessage, contact: Contact) -> Ticket | None:
    """Return the ticket this message belongs to, locked, or None for a new matter.

    In this order: a signed reply address (proves itself); the channel's own thread; a mail of ours that it answers
    (its id cannot be guessed, so whoever has it was written to); an earlier mail of the same contact that it refers
    to. All within this endpoint. A ticket number alone joins nothing.
    """
    ticket_id = None
    if inbound.reply_token:
        named = verified_ticket(key=settings.SECRET_KEY, endpoint_id=endpoint.pk, token=inbound.reply_token)
        ticket_id = ticket_on_endpoint(endpoint_id=endpoint.pk, ticket_id=named) if named else None
    if ticket_id is None and inbound.thread_keys:
        ticket_id = ticket_of_thread(endpoint_id=endpoint.pk, keys=inbound.thread_keys)
    if ticket_id is None and inbound.answers:
        ticket_id = ticket_of_answers(
            endpoint_id=endpoint.pk,
            account_id=endpoint.account_id,
            external_ids=inbound.answers,
            contact_id=contact.pk,
        )
    if ticket_id is None:
        return None
    return Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)


def _open(
    *, endpoint: Endpoint, inbound: InboundMessage, contact: Contact, point: ContactPoint, language: str
) -> Ticket:
    ticket = open_ticket(
        account_id=endpoint.account_id,
        contact=contact,
        channel=inbound.channel,
        at=inbound.at,
        subject=inbound.subject,
        language=language,
        preview=inbound.reply_text or inbound.text or inbound.subject,
        unread=1,
        campaign=endpoint.campaign,
    )
    for key in inbound.own_keys or ("",):
        insert(
            ChannelThread(
                account_id=endpoint.account_id, endpoint=endpoint, ticket=ticket, contact_point=point, key=key[:200]
            )
        )
    return ticket


def _link_twins(*, ticket: Ticket, inbound: InboundMessage) -> None:
    """Let tickets that stem from one mail to several mailboxes know of each other, and of nothing else.

    Each writes its own row under the hash of the common Message-ID: no order, no look into another account.
    """
    if inbound.channel == "email":
        key = hashlib.sha256(inbound.external_id.encode()).hexdigest()
        insert(TicketLink(key=key, ticket=ticket), unless_there=True)
