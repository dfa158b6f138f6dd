"""Replies to visitors who have left: they go by mail, and the answer to the mail finds the same ticket."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from channels_app.models import ChannelThread, ChatSession, Endpoint, EndpointKind
from channels_app.webchat.queries import sessions_of, tickets_of
from contactcenter.contacts.models import ContactPoint, PointKind
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tickets.models import Channel, Direction, Message, MessageKind, MessageStatus

GONE_AFTER: Final = timedelta(minutes=3)
"""A widget tells every minute that it is there; one that was silent for so long reads nothing now."""
QUOTED: Final = 6
"""So many earlier messages of the chat remind the reader of a mail what it is about."""

_SUBJECT = {"en": "Your chat with {}", "ru": "Ваш чат: {}", "es": "Su chat con {}"}


def continue_by_mail(*, message: Message, at: datetime) -> bool:
    """Turn a chat reply into a mail if its reader has left an address and gone; says whether it did.

    Afterwards the ticket has a place on the account's mailbox, so that the answer joins it. Stays a chat reply where
    the visitor is there, left no address, or the account has no mailbox.
    """
    if message.channel != Channel.CHAT:
        return False
    chat = ChatSession.objects.filter(uuid__in=sessions_of(ticket_id=message.ticket_id)).order_by("-pk").first()
    if chat is None or (chat.left_at is None and chat.last_seen_at > at - GONE_AFTER):
        return False
    mailbox = _mailbox(account_id=message.account_id)
    if mailbox is None or not chat.email:
        return False
    point, _ = ContactPoint.objects.get_or_create(
        account_id=message.account_id,
        kind=PointKind.EMAIL,
        value=chat.email,
        defaults={"contact_id": message.ticket.contact_id},
    )
    if not ChannelThread.objects.filter(endpoint=mailbox, ticket_id=message.ticket_id).exists():
        ChannelThread.objects.create(
            account_id=message.account_id, endpoint=mailbox, ticket_id=message.ticket_id, contact_point=point
        )
    message.channel = Channel.EMAIL
    message.subject = message.subject or _SUBJECT.get(message.language, _SUBJECT["en"]).format(message.account.name)
    message.headers = {**message.headers, "chat": True}
    if not Message.objects.filter(
        ticket_id=message.ticket_id, channel=Channel.EMAIL, direction=Direction.INBOUND
    ).exists():
        # until a mail has come in, the address the visitor gave is the only one that counts
        message.headers["to"] = [{"name": chat.visitor_name, "email": chat.email}]
    # the mail gets a Message-ID of its own
    message.external_id = ""
    message.save(update_fields=["channel", "subject", "headers", "external_id"])
    return True


def quoted_chat(*, message: Message) -> str:
    """Return the chat before this message as quoted lines; '' for anything but a reply that left a chat."""
    if not message.headers.get("chat") or message.direction != Direction.OUTBOUND:
        return ""
    earlier = (
        Message.objects.filter(
            Q(channel=Channel.CHAT) | Q(headers__has_key="chat"),
            ticket_id=message.ticket_id,
            kind=MessageKind.MESSAGE,
            at__lte=message.at,
        )
        .exclude(pk=message.pk)
        .select_related("operator", "contact")
        .order_by("-at", "-pk")[:QUOTED]
    )
    lines = []
    for item in reversed(earlier):
        author = item.operator.display_name if item.operator else (item.contact.name if item.contact else "")
        lines += [f"> {line}" for line in f"{author or '?'}: {item.text}".splitlines()]
    return "\n\n" + "\n".join(lines) if lines else ""


def mail_unseen(*, session: UUID, at: datetime) -> int:
    """Send the replies that a visitor who has left did not see once more, by mail; returns how many.

    None where the visitor left no address or the account has no mailbox.
    """
    chat = ChatSession.objects.get(uuid=session)
    if not chat.email or _mailbox(account_id=chat.account_id) is None:
        return 0
    unseen = list(
        Message.objects.select_for_update(of=("self",))
        .filter(
            ticket__in=tickets_of(endpoint_id=chat.endpoint_id, session=session),
            channel=Channel.CHAT,
            direction=Direction.OUTBOUND,
            kind=MessageKind.MESSAGE,
            status=MessageStatus.SENT,
        )
        .order_by("pk")
    )
    for message in unseen:
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.QUEUED, attempts=0, next_attempt_at=at)
        enqueue_on_commit("channels.deliver_message", message_id=message.pk)
    return len(unseen)


def _mailbox(*, account_id: int) -> Endpoint | None:
    mailboxes = Endpoint.objects.filter(account_id=account_id, kind=EndpointKind.EMAIL, is_active=True)
    return mailboxes.order_by("pk").first()
