"""Writes of the chat: store what a visitor sends, note what they saw, end the chat. Each needs the account's scope."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from channels_app.models import ChannelThread, ChatSession, EndpointKind
from channels_app.receipts import StoredReceipt, process_receipt, store_receipt
from channels_app.webchat.protocol import ChatText, Hello, encode_receipt, instant, receipt_key
from channels_app.webchat.queries import ChatEndpoint, Entry, find_session, is_staffed, read_history, tickets_of
from contactcenter.kernel.errors import PermissionDenied
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.tickets.models import Channel, Direction, Message, MessageStatus

IDLE_AFTER: Final = timedelta(minutes=10)
"""A visitor whose widget was silent for so long has left."""


class WrongToken(PermissionDenied):
    """The token does not belong to the session."""

    code = "wrong_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visitor on one socket. The session has a row only once something was written."""

    endpoint: ChatEndpoint
    session: UUID
    token: str
    language: str
    name: str


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin_visit(*, endpoint: ChatEndpoint, hello: Hello, at: datetime) -> tuple[Visit, str, list[Entry]]:
    """Return the visit, how the chat stands (online, away, closed) and its history.

    A known session needs its token, or WrongToken is raised; an unknown one, or none, begins a new one that is
    stored with its first message, so that merely looking leaves no trace.
    """
    known = find_session(endpoint_id=endpoint.id, uuid=hello.session) if hello.session else None
    state = "online" if is_staffed(account_id=endpoint.account_id) else "away"
    if known is None:
        visit = Visit(
            endpoint=endpoint,
            session=uuid4(),
            token=secrets.token_urlsafe(24),
            language=hello.language,
            name=hello.name,
        )
        return visit, state, []
    if not secrets.compare_digest(known.secret_sha256, _digest(hello.token)):
        raise WrongToken("The token does not belong to this chat.", field="token")
    visit = Visit(
        endpoint=endpoint,
        session=known.uuid,
        token=hello.token,
        language=hello.language or known.language,
        name=hello.name or known.visitor_name,
    )
    touch_session(session=visit.session, at=at)
    if known.ended_at is not None:
        state = "closed"
    return visit, state, read_history(endpoint_id=endpoint.id, session=known.uuid)


@transaction.atomic
def store_message(*, visit: Visit, text: ChatText, at: datetime) -> StoredReceipt:
    """Keep one message of the visitor. When this returns it is committed; the same uuid again is the same receipt.

    The session gets its row with its first message; writing reopens an ended chat. The caller goes on with
    `take_in_message`; if it dies before, the sweeper does.
    """
    session, created = ChatSession.objects.get_or_create(
        uuid=visit.session,
        defaults={
            "account_id": visit.endpoint.account_id,
            "endpoint_id": visit.endpoint.id,
            "secret_sha256": _digest(visit.token),
            "visitor_name": visit.name,
            "language": visit.language,
            "started_at": at,
            "last_seen_at": at,
        },
    )
    if not created:
        ChatSession.objects.filter(pk=session.pk).update(last_seen_at=at, ended_at=None)
    stored = store_receipt(
        endpoint_id=visit.endpoint.id,
        external_id=receipt_key(session=visit.session, uuid=text.uuid),
        raw=encode_receipt(session=visit.session, text=text, name=visit.name, language=visit.language, at=at),
        at=at,
        enqueue=False,
    )
    if stored.created:
        push_on_commit(
            f"chat:{visit.session}",
            kind="entry.added",
            account_id=visit.endpoint.account_id,
            payload={
                "entry": {
                    "id": f"r{stored.receipt_id}",
                    "uuid": str(text.uuid),
                    "from": "visitor",
                    "text": text.text,
                    "at": instant(at),
                    "state": "sent",
                }
            },
        )
    return stored


@transaction.atomic
def take_in_message(*, visit: Visit, receipt_id: int) -> int | None:
    """Make the stored message an entry of its ticket, here and now; returns the ticket's id if this call did it."""
    result = process_receipt(receipt_id=receipt_id).result
    if result is None:
        return None
    ChatSession.objects.filter(uuid=visit.session, contact=None).update(contact_id=result.contact_id)
    return result.ticket_id


def touch_session(*, session: UUID, at: datetime) -> None:
    """Note that the visitor's widget is alive."""
    ChatSession.objects.filter(uuid=session, last_seen_at__lt=at).update(last_seen_at=at)


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
    for session in _sessions_of(ticket_id=ticket_id):
        push_on_commit(
            f"chat:{session.uuid}", kind="chat.typing", account_id=session.account_id, payload={"name": name}
        )


@transaction.atomic
def mark_seen(*, visit: Visit, message_id: int) -> int:
    """Set the chat's replies up to this message to delivered; returns how many changed."""
    messages = list(
        Message.objects.select_for_update(of=("self",))
        .filter(
            ticket__in=tickets_of(endpoint_id=visit.endpoint.id, session=visit.session),
            channel=Channel.CHAT,
            direction=Direction.OUTBOUND,
            status__in=[MessageStatus.SENDING, MessageStatus.SENT],
            pk__lte=message_id,
        )
        .order_by("pk")
    )
    for message in messages:
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.DELIVERED)
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

    Returns False if the session was not running.
    """
    chat = ChatSession.objects.select_for_update(of=("self",)).filter(uuid=session, ended_at__isnull=True).first()
    if chat is None:
        return False
    _end([chat], at=at)
    for ticket_id in tickets_of(endpoint_id=chat.endpoint_id, session=session)[-1:]:
        enqueue_on_commit("routing.chat_closed", ticket_id=ticket_id)
    return True


@transaction.atomic
def close_chat(*, ticket_id: int, at: datetime) -> int:
    """The operator has finished: end the ticket's running sessions and tell the visitor; returns how many."""
    running = [chat for chat in _sessions_of(ticket_id=ticket_id, lock=True) if chat.ended_at is None]
    _end(running, at=at)
    return len(running)


def idle_sessions(*, at: datetime) -> list[tuple[int, UUID]]:
    """Return (account id, session) of running chats whose visitor has gone; every account must be in scope."""
    return list(
        ChatSession.objects.filter(ended_at__isnull=True, last_seen_at__lt=at - IDLE_AFTER)
        .order_by("last_seen_at")
        .values_list("account_id", "uuid")[:500]
    )


def _sessions_of(*, ticket_id: int, lock: bool = False) -> list[ChatSession]:
    keys = ChannelThread.objects.filter(ticket_id=ticket_id, endpoint__kind=EndpointKind.WEBCHAT)
    sessions = ChatSession.objects.filter(uuid__in=[UUID(key) for key in keys.values_list("key", flat=True)])
    if lock:
        sessions = sessions.select_for_update(of=("self",)).order_by("pk")
    return list(sessions)


def _end(sessions: Iterable[ChatSession], *, at: datetime) -> None:
    for chat in sessions:
        ChatSession.objects.filter(pk=chat.pk).update(ended_at=at)
        tickets = tickets_of(endpoint_id=chat.endpoint_id, session=chat.uuid)
        push_on_commit(f"chat:{chat.uuid}", kind="chat.closed", account_id=chat.account_id, payload={})
        push_on_commit(
            f"account:{chat.account_id}",
            kind="chat.closed",
            account_id=chat.account_id,
            payload={"ticket_id": tickets[-1] if tickets else None},
        )
