"""Queued messages on their way out.

At least once: a repeated attempt carries the same identity, the Message-ID of a mail or our reference where a provider
takes one.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from channels_app.actions import push_message_changed
from channels_app.consent import refuse_opted_out
from channels_app.contract import (
    AdapterError,
    ContactRef,
    Delivered,
    EndpointInfo,
    OutboundAttachment,
    OutboundMessage,
)
from channels_app.email.addresses import outgoing_message_id, reply_token, without_tag
from channels_app.email.signatures import signature_for
from channels_app.endpoints import endpoint_info, note_error, own_mailboxes
from channels_app.models import ChannelThread, Endpoint, EndpointKind
from channels_app.queries import last_inbound_at
from channels_app.receipts import MAX_ATTEMPTS, back_off
from channels_app.registry import adapter_for
from channels_app.signed_files import public_url
from channels_app.states import advanced
from channels_app.webchat.continuity import continue_by_mail, quoted_chat
from contactcenter.contacts.consent import record_consent
from contactcenter.contacts.models import ContactPoint, PointKind
from contactcenter.tickets.files import path_of
from contactcenter.tickets.models import Channel, Direction, Message, MessageKind, MessageStatus
from contactcenter.tickets.recipients import LISTS, proposed_recipients, recipients_of

logger = logging.getLogger(__name__)

# an attempt that has not ended by then was killed
LEASE = timedelta(minutes=5)
_KIND_OF_CHANNEL = {
    Channel.EMAIL: EndpointKind.EMAIL,
    Channel.CHAT: EndpointKind.WEBCHAT,
    Channel.SMS: EndpointKind.SMS,
    Channel.SOCIAL: EndpointKind.SOCIAL,
}
# channels on which we name our messages; on the others the provider does, by its answer
_OWN_IDS = frozenset({Channel.EMAIL, Channel.CHAT})
# kinds of endpoint that may write first, and the points of contact that they reach
_POINTS: dict[str, list[str]] = {
    EndpointKind.EMAIL: [PointKind.EMAIL],
    EndpointKind.SMS: [PointKind.SMS, PointKind.PHONE],
}
_NAMES: dict[str, str] = {
    EndpointKind.EMAIL: "mailbox",
    EndpointKind.WEBCHAT: "chat",
    EndpointKind.SMS: "SMS number",
    EndpointKind.SOCIAL: "social network",
}
_WANTED: dict[str, str] = {EndpointKind.EMAIL: "mail address", EndpointKind.SMS: "telephone number"}
MAX_REFERENCES = 20


def deliver_message(*, message_id: int, at: datetime) -> str:
    """Send one queued message through its endpoint's adapter and return its status; needs the account's scope.

    Claimed by a conditional update, so of two callers one sends. A temporary failure puts it back with a back-off, a
    permanent one, or `MAX_ATTEMPTS` failures, end in `failed` with the reason on the message.
    """
    claimed = Message.objects.filter(pk=message_id, direction=Direction.OUTBOUND, status=MessageStatus.QUEUED).update(
        status=MessageStatus.SENDING, attempts=F("attempts") + 1, next_attempt_at=at + LEASE
    )
    if claimed != 1:
        return str(Message.objects.values_list("status", flat=True).get(pk=message_id))
    message = Message.objects.select_related("ticket", "account", "operator", "contact").get(pk=message_id)
    try:
        endpoint, outbound = _prepare(message, at=at)
        adapter = adapter_for(kind=endpoint.kind, provider=endpoint.provider)
        delivered = adapter.deliver(endpoint=endpoint, message=outbound)
    except AdapterError as error:
        return _record_failure(message=message, error=error, at=at)
    except Exception as error:
        # a door to the outside: the message stays, with the reason, and is tried again within bounds
        logger.exception("message %s could not be delivered", message_id)
        unexpected = AdapterError(f"{type(error).__name__}: {error}", permanent=False)
        return _record_failure(message=message, error=unexpected, at=at)
    return _record_success(message=message, delivered=delivered)


@transaction.atomic
def _prepare(message: Message, *, at: datetime) -> tuple[EndpointInfo, OutboundMessage]:
    """Find the endpoint and the recipient, and give the message its identity before it leaves."""
    continue_by_mail(message=message, at=at)
    ticket = message.ticket
    thread = _thread_for(message)
    endpoint = endpoint_info(thread.endpoint)
    external_id = message.external_id
    if not external_id and message.channel in _OWN_IDS:
        external_id = outgoing_message_id(key=settings.SECRET_KEY, message_id=message.pk, address=endpoint.address)
        # an answer may come before we learn that the mail was sent
        Message.objects.filter(pk=message.pk).update(external_id=external_id)
    earlier = _earlier(message)
    received = [item for item in earlier if item[1] == Direction.INBOUND]
    in_reply_to = received[-1][0] if received else (earlier[-1][0] if earlier else "")
    to, cc, bcc = _addressees(message, endpoint) if message.channel == Channel.EMAIL else ((), (), ())
    author = message.operator.display_name if message.operator else ""
    outbound = OutboundMessage(
        message_id=message.pk,
        account_id=message.account_id,
        ticket_id=ticket.pk,
        ticket_number=f"{message.account.ticket_prefix}-{ticket.number}",
        channel=message.channel,
        recipient=to[0] if to else _point_of(message, thread),
        subject=_reply_subject(message.subject or ticket.subject, answers=bool(received)),
        text=message.text + quoted_chat(message=message),
        html=message.html,
        at=message.at,
        external_id=external_id,
        author_name=author,
        to=to,
        cc=cc,
        bcc=bcc,
        signature=(
            signature_for(
                account_id=message.account_id,
                language=message.language,
                operator=author,
                account=endpoint.account_name,
            )
            if message.channel == Channel.EMAIL
            else ""
        ),
        automatic=message.kind == MessageKind.AUTO_REPLY,
        in_reply_to=in_reply_to,
        references=tuple(item[0] for item in earlier[-MAX_REFERENCES:]),
        thread_key=thread.key,
        reply_token=reply_token(key=settings.SECRET_KEY, endpoint_id=endpoint.id, ticket_id=ticket.pk),
        client_uuid=str(message.client_uuid or ""),
        attachments=tuple(
            OutboundAttachment(
                filename=item.filename,
                content_type=item.content_type,
                content=path_of(item.sha256).read_bytes(),
                url=public_url(item),
            )
            for item in message.attachments.all()
        ),
        sent_at=at,
        last_inbound_at=last_inbound_at(
            endpoint_id=endpoint.id, contact_id=message.contact_id, channel=message.channel
        ),
        template=message.headers.get("template"),
    )
    # the confirmation of a STOP still leaves, and so does what a person writes by mail
    if (message.channel, outbound.automatic) in {(Channel.SMS, False), (Channel.EMAIL, True)}:
        refuse_opted_out(outbound)
    return endpoint, outbound


def _thread_for(message: Message) -> ChannelThread:
    """Return the ticket's place on an endpoint of the channel.

    A mail or an SMS may open one on the account's first mailbox or number; a chat and a social network cannot: there
    the contact writes first.
    """
    kind = _KIND_OF_CHANNEL.get(Channel(message.channel))
    if kind is None:
        raise AdapterError(f"channel: {message.channel} carries no replies yet.", permanent=True)
    thread = (
        ChannelThread.objects.select_related("endpoint__account", "contact_point")
        .filter(ticket_id=message.ticket_id, endpoint__kind=kind, endpoint__is_active=True)
        .order_by("-pk")
        .first()
    )
    if thread is not None:
        return thread
    if kind not in _POINTS:
        raise AdapterError(f"The ticket has no {_NAMES[kind]} to answer in.", permanent=True)
    endpoints = Endpoint.objects.select_related("account").filter(kind=kind, is_active=True)
    endpoint = endpoints.filter(account_id=message.account_id).order_by("pk").first()
    if endpoint is None:
        raise AdapterError(f"The account has no active {_NAMES[kind]} to write from.", permanent=True)
    points = ContactPoint.objects.filter(contact_id=message.ticket.contact_id, kind__in=_POINTS[kind])
    # the kind of the channel itself comes first: a number that has written is known to take messages
    point = min(points, key=lambda item: (_POINTS[kind].index(item.kind), item.pk), default=None)
    if point is None:
        raise AdapterError(f"recipient: the contact has no {_WANTED[kind]}.", permanent=True)
    return ChannelThread.objects.create(
        account_id=message.account_id, endpoint=endpoint, ticket_id=message.ticket_id, contact_point=point
    )


def _point_of(message: Message, thread: ChannelThread) -> ContactRef:
    """Return the point of contact by which the ticket is answered."""
    if thread.contact_point is None:
        raise AdapterError("recipient: the ticket names no point of contact.", permanent=True)
    name = message.contact.name if message.contact else ""
    return ContactRef(kind=thread.contact_point.kind, value=thread.contact_point.value, name=name)


def _addressees(message: Message, endpoint: EndpointInfo) -> tuple[tuple[ContactRef, ...], ...]:
    """Return whom a mail goes to (to, cc, bcc): those it names, else whom the ticket's last mail asks to answer.

    They are kept on the message before it leaves. Mailboxes of this installation are left out: a mail of ours that
    comes in at another door of ours is a loop.
    """
    own = own_mailboxes()
    lists = recipients_of(message.headers)
    if lists is None:
        proposed = proposed_recipients(ticket=message.ticket, own=own)
        lists = {"to": proposed["to"], "cc": [], "bcc": []}
        message.headers = {**message.headers, **lists}
        Message.objects.filter(pk=message.pk).update(headers=message.headers)
    found = tuple(
        tuple(
            ContactRef(kind="email", value=item["email"], name=item.get("name", ""))
            for item in lists[name]
            if without_tag(item["email"].lower()) not in own
        )
        for name in LISTS
    )
    if not found[0]:
        raise AdapterError("recipient: nobody is left to write to but ourselves.", permanent=True)
    return found


def _earlier(message: Message) -> list[tuple[str, str]]:
    """Return (external id, direction) of the ticket's earlier messages of this channel, the oldest first."""
    return list(
        Message.objects.filter(
            ticket_id=message.ticket_id,
            channel=message.channel,
            kind=MessageKind.MESSAGE,
            external_id__gt="",
        )
        # what was left at a chat widget to be answered by mail has no Message-ID
        .exclude(channel=Channel.EMAIL, headers__has_key="chat", direction=Direction.INBOUND)
        .exclude(pk=message.pk)
        .order_by("at", "pk")
        .values_list("external_id", "direction")
    )


def _reply_subject(subject: str, *, answers: bool) -> str:
    if not answers or subject.lower().startswith("re:"):
        return subject
    return f"Re: {subject}" if subject else ""


@transaction.atomic
def _record_success(*, message: Message, delivered: Delivered) -> str:
    """Keep the provider's id; a report that was faster than its own answer has already moved the status on."""
    current = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    said = MessageStatus.DELIVERED if delivered.confirmed else MessageStatus.SENT
    current.status = advanced(old=current.status, new=said)
    current.external_id = delivered.external_id[:500] or current.external_id
    current.error, current.next_attempt_at = delivered.problem, None
    if delivered.parts is not None:
        current.parts = delivered.parts
    current.save(update_fields=["status", "external_id", "error", "next_attempt_at", "parts"])
    push_message_changed(message)
    return str(current.status)


@transaction.atomic
def _record_failure(*, message: Message, error: AdapterError, at: datetime) -> str:
    final = error.permanent or message.attempts >= MAX_ATTEMPTS
    status = MessageStatus.FAILED if final else MessageStatus.QUEUED
    wait = max(back_off(message.attempts), error.retry_after or timedelta(0))
    changed = Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING).update(
        status=status,
        error=str(error).replace("\0", "")[:500],
        next_attempt_at=None if final else at + wait,
    )
    if changed == 0:
        # the answer was lost, but the provider has reported on the message meanwhile: it did leave
        return str(Message.objects.values_list("status", flat=True).get(pk=message.pk))
    if error.opted_out:
        _record_opt_out(message, at=at)
    if final:
        logger.error("message %s was not sent: %s", message.pk, error)
        kind = _KIND_OF_CHANNEL.get(Channel(message.channel))
        endpoint_id = (
            ChannelThread.objects.filter(ticket_id=message.ticket_id, endpoint__kind=kind)
            .values_list("endpoint_id", flat=True)
            .first()
        )
        if endpoint_id is not None:
            note_error(endpoint_id=endpoint_id, error=str(error), at=at)
    push_message_changed(message)
    return str(status)


def _record_opt_out(message: Message, *, at: datetime) -> None:
    """The provider knows of a STOP that never came to us."""
    point = _thread_for(message).contact_point
    if point is not None:
        record_consent(
            account_id=message.account_id, kind=point.kind, value=point.value, opted_out=True, at=at, source="provider"
        )


def claim_due(*, at: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """Return (account id, message id) of messages to send now; attempts whose process was killed are queued again."""
    Message.objects.filter(status=MessageStatus.SENDING, next_attempt_at__lte=at).update(
        status=MessageStatus.QUEUED, next_attempt_at=at
    )
    return list(
        Message.objects.filter(status=MessageStatus.QUEUED, direction=Direction.OUTBOUND, next_attempt_at__lte=at)
        .order_by("next_attempt_at", "pk")
        .values_list("account_id", "pk")[:limit]
    )
