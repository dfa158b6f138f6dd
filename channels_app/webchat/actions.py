"""Writes of the chat: store what a visitor sends, note what was seen, end the chat. Each needs the account's scope."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from channels_app.models import ChatSession
from channels_app.receipts import StoredReceipt, process_receipt, store_receipt
from channels_app.webchat.continuity import mail_unseen
from channels_app.webchat.protocol import ChatText, FrameError, KeptText, Rate, encode_receipt, instant, receipt_key
from channels_app.webchat.queries import message_entry, sessions_of, tickets_of
from channels_app.webchat.visitors import Visit, WrongToken, digest, introduce, know_contact
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.tickets.models import Channel, Direction, Message, MessageStatus, Ticket, TicketStatus
from contactcenter.tickets.rating_actions import rate_ticket
from contactcenter.tickets.rating_queries import asked_rating

IDLE_AFTER: Final = timedelta(minutes=10)
"""A visitor whose widget was silent for so long has left."""


@transaction.atomic
def store_message(*, visit: Visit, text: ChatText, at: datetime) -> StoredReceipt:
    """Keep one message of the visitor. When this returns it is committed; the same uuid again is the same receipt.

    The session gets its row with its first message; writing reopens an ended chat. What was written to be answered by
    mail, while no chat is running, becomes a matter of its own; without an address it is refused (FrameError). The
    caller goes on with `take_in_message`; if it dies before, the sweeper does.
    """
    chat, created = ChatSession.objects.get_or_create(
        uuid=visit.session,
        defaults={
            "account_id": visit.endpoint.account_id,
            "endpoint_id": visit.endpoint.id,
            "secret_sha256": digest(visit.token),
            "visitor_name": visit.name or text.name,
            "external_user": visit.user,
            "email": visit.email or text.email,
            "language": visit.language,
            "started_at": at,
            "last_seen_at": at,
            # a form begins no conversation
            "ended_at": at if text.form else None,
        },
    )
    if not created:
        _check_same(chat, visit=visit)
    introduce(visit=visit)
    email = chat.email or text.email
    form = text.form and not _is_running(chat)
    if form and not email:
        raise FrameError("invalid", "email: expected a mail address.", uuid=str(text.uuid))
    name = visit.name or text.name or chat.visitor_name
    kept = KeptText(
        session=visit.session,
        uuid=text.uuid,
        text=text.text,
        name=name,
        language=visit.language,
        at=at,
        user=chat.external_user or visit.user,
        email=email,
        form=form,
        file=text.file,
    )
    stored = store_receipt(
        endpoint_id=visit.endpoint.id,
        external_id=receipt_key(session=visit.session, uuid=text.uuid),
        raw=encode_receipt(kept),
        at=at,
        enqueue=False,
    )
    if not stored.created:
        return stored
    if not created:
        changes: dict[str, Any] = {"last_seen_at": at, "left_at": None, "email": email, "visitor_name": name}
        if not form:
            changes["ended_at"] = None
        ChatSession.objects.filter(pk=chat.pk).update(**changes)
        if chat.ended_at is not None and not form:
            _push(chat, kind="chat.opened", payload={})
    if text.file is None:
        entry = {
            "id": f"r{stored.receipt_id}",
            "uuid": str(text.uuid),
            "from": "visitor",
            "text": text.text,
            "at": instant(stored.received_at),
            "state": "sent",
        }
        _push(chat, kind="entry.added", payload={"entry": entry})
    return stored


def _check_same(chat: ChatSession, *, visit: Visit) -> None:
    """Two sockets may have begun the same session before it had a row: the first to write owns it."""
    same = chat.external_user == visit.user if visit.user else chat.secret_sha256 == digest(visit.token)
    if chat.endpoint_id != visit.endpoint.id or not (same or chat.external_user):
        raise WrongToken("The token does not belong to this chat.", field="token")


def _is_running(chat: ChatSession) -> bool:
    if chat.ended_at is not None:
        return False
    tickets = tickets_of(endpoint_id=chat.endpoint_id, session=chat.uuid)
    return Ticket.objects.filter(pk__in=tickets).exclude(status=TicketStatus.CLOSED).exists()


@transaction.atomic
def take_in_message(*, visit: Visit, receipt_id: int) -> int | None:
    """Make the stored message an entry of its ticket, here and now; returns the ticket's id if this call did it."""
    result = process_receipt(receipt_id=receipt_id).result
    if result is None:
        return None
    know_contact(session=visit.session, contact_id=result.contact_id)
    message = Message.objects.prefetch_related("attachments").get(pk=result.message_id)
    if message.attachments.all():
        # what was stored could not be shown before its bytes were sniffed
        push_on_commit(
            f"chat:{visit.session}",
            kind="entry.added",
            account_id=visit.endpoint.account_id,
            payload={"entry": message_entry(message)},
        )
    return result.ticket_id


@transaction.atomic
def rate_chat(*, visit: Visit, rate: Rate, at: datetime) -> int:
    """Record the visitor's verdict on the chat and return the score; refusals are those of `rate_ticket`."""
    tickets = tickets_of(endpoint_id=visit.endpoint.id, session=visit.session)
    if not tickets:
        raise FrameError("invalid", "score: there is nothing to rate yet.", uuid=str(rate.uuid))
    rating = rate_ticket(ticket_id=tickets[-1], channel=Channel.CHAT, score=rate.score, comment=rate.comment, at=at)
    push_on_commit(
        f"chat:{visit.session}",
        kind="chat.rated",
        account_id=visit.endpoint.account_id,
        payload={"rate": rating.score},
    )
    return rating.score


def touch_session(*, session: UUID, at: datetime) -> None:
    """Note that the visitor's widget is alive."""
    ChatSession.objects.filter(uuid=session, last_seen_at__lt=at).update(last_seen_at=at, left_at=None)


def tell_typing(*, visit: Visit) -> None:
    """Tell the operators of the account that the visitor is writing, on the newest ticket of the chat."""
    tickets = tickets_of(endpoint_id=visit.endpoint.id, session=visit.session)
    if tickets:
        push_on_commit(
            f"account:{visit.endpoint.account_id}",
            kind="chat.typing",
            account_id=visit.endpoint.account_id,
            payload={"ticket_id": tickets[-1], "from": "contact", "name": visit.name},
        )


def show_typing(*, ticket_id: int, name: str) -> None:
    """Tell the visitor of this ticket's chat that an operator is writing."""
    for chat in _chats_of(ticket_id=ticket_id):
        _push(chat, kind="chat.typing", payload={"name": name})


@transaction.atomic
def show_read(*, ticket_id: int, at: datetime) -> int:
    """Tell the visitors of this ticket's chats that an operator has read what they wrote; returns how many."""
    chats = _chats_of(ticket_id=ticket_id, lock=True)
    for chat in chats:
        ChatSession.objects.filter(pk=chat.pk).update(read_at=at)
        _push(chat, kind="chat.read", payload={"at": instant(at)})
    return len(chats)


@transaction.atomic
def mark_seen(*, visit: Visit, message_id: int) -> int:
    """Set the chat's replies up to this message to read; returns how many changed."""
    messages = list(
        Message.objects.select_for_update(of=("self",))
        .filter(
            ticket__in=tickets_of(endpoint_id=visit.endpoint.id, session=visit.session),
            channel=Channel.CHAT,
            direction=Direction.OUTBOUND,
            status__in=[MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED],
            pk__lte=message_id,
        )
        .order_by("pk")
    )
    for message in messages:
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.READ, next_attempt_at=None)
        push_on_commit(
            f"account:{message.account_id}",
            kind="entry.changed",
            account_id=message.account_id,
            payload={"ticket_id": message.ticket_id, "entry": {"type": "message", "id": message.pk}},
        )
    return len(messages)


@transaction.atomic
def leave_chat(*, session: UUID, at: datetime) -> bool:
    """The visitor has gone: end the session once, and have the routing end the conversation.

    Replies that they did not see go by mail, where an address is known. Returns False if the visitor had left before.
    """
    chat = ChatSession.objects.select_for_update(of=("self",)).filter(uuid=session, left_at__isnull=True).first()
    if chat is None:
        return False
    ChatSession.objects.filter(pk=chat.pk).update(left_at=at)
    if chat.ended_at is None:
        _end([chat], at=at)
        for ticket_id in tickets_of(endpoint_id=chat.endpoint_id, session=session)[-1:]:
            enqueue_on_commit("routing.chat_closed", ticket_id=ticket_id)
    mail_unseen(session=session, at=at)
    return True


@transaction.atomic
def close_chat(*, ticket_id: int, at: datetime) -> int:
    """The operator has finished: end the ticket's running sessions and tell the visitor; returns how many."""
    running = [chat for chat in _chats_of(ticket_id=ticket_id, lock=True) if chat.ended_at is None]
    _end(running, at=at)
    return len(running)


def idle_sessions(*, at: datetime) -> list[tuple[int, UUID]]:
    """Return (account id, session) of chats whose visitor has gone; every account must be in scope."""
    return list(
        ChatSession.objects.filter(left_at__isnull=True, last_seen_at__lt=at - IDLE_AFTER)
        .order_by("last_seen_at")
        .values_list("account_id", "uuid")[:500]
    )


def _chats_of(*, ticket_id: int, lock: bool = False) -> list[ChatSession]:
    chats = ChatSession.objects.filter(uuid__in=sessions_of(ticket_id=ticket_id))
    if lock:
        chats = chats.select_for_update(of=("self",)).order_by("pk")
    return list(chats)


def _end(chats: Iterable[ChatSession], *, at: datetime) -> None:
    for chat in chats:
        ChatSession.objects.filter(pk=chat.pk).update(ended_at=at)
        tickets = tickets_of(endpoint_id=chat.endpoint_id, session=chat.uuid)
        rate = asked_rating(ticket_id=tickets[-1], channel=Channel.CHAT, at=at) if tickets else None
        _push(chat, kind="chat.closed", payload={"rate": rate})
        push_on_commit(
            f"account:{chat.account_id}",
            kind="chat.closed",
            account_id=chat.account_id,
            payload={"ticket_id": tickets[-1] if tickets else None},
        )


def _push(chat: ChatSession, *, kind: str, payload: dict[str, Any]) -> None:
    push_on_commit(f"chat:{chat.uuid}", kind=kind, account_id=chat.account_id, payload=payload)
