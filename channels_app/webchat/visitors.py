"""Who comes to a chat: a new visitor, one who comes back, or one whom the client's site has named."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from channels_app.models import ChatSession
from channels_app.webchat.adapter import user_point
from channels_app.webchat.identity import (
    Identity,
    IdentityRefused,
    is_session_token,
    session_of,
    session_token,
    verify_identity,
)
from channels_app.webchat.opening import chat_is_open
from channels_app.webchat.protocol import Hello
from channels_app.webchat.queries import ChatEndpoint, Entry, find_session, read_history, tickets_of
from contactcenter.contacts.models import Contact, ContactPoint, PointKind
from contactcenter.kernel.errors import PermissionDenied
from contactcenter.tickets.models import Channel
from contactcenter.tickets.rating_queries import asked_rating

MIN_TOKEN: Final = 32
"""A token that a widget chooses itself is at least so long."""


class WrongToken(PermissionDenied):
    """The token does not belong to the session."""

    code = "wrong_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visitor on one socket. The session has a row only once something was written.

    `user` and `email` are what the client's site has vouched for, '' where it has not.
    """

    endpoint: ChatEndpoint
    session: UUID
    token: str
    language: str
    name: str
    user: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatState:
    """How a chat stands for its visitor.

    `state` is online, away (nobody is there) or closed; `rate` None, 0 (please rate) or the score given; `mail` says
    that an address for later replies is known.
    """

    state: str
    rate: int | None
    mail: bool


def digest(token: str) -> str:
    """Return what is stored of a visitor's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def recognise(*, endpoint: ChatEndpoint, hello: Hello, at: datetime) -> tuple[Visit, str]:
    """Return whose visit this is, and why the identity was refused ('' if there was none or it held).

    A valid identity names the session, the same on every device. Otherwise session and token do: a stored session needs
    its token, or WrongToken is raised; an unknown one is begun under the widget's own, so that the tabs of a page have
    one session before anything was written. Looking leaves no trace.
    """
    identity, refused = None, ""
    if hello.identity:
        try:
            identity = verify_identity(token=hello.identity, secret=endpoint.identity_secret, at=at)
        except IdentityRefused as error:
            refused = str(error)
    if identity is not None:
        return _named(endpoint=endpoint, hello=hello, identity=identity, at=at), ""
    known = find_session(endpoint_id=endpoint.id, uuid=hello.session) if hello.session else None
    if known is not None:
        visit = Visit(
            endpoint=endpoint,
            session=known.uuid,
            token=hello.token,
            language=hello.language or known.language,
            name=hello.name or known.visitor_name,
        )
        if known.external_user:
            if not is_session_token(key=settings.SECRET_KEY, session=known.uuid, token=hello.token, at=at):
                raise WrongToken("The token does not belong to this chat.", field="token")
            # proven earlier: the page stayed open for longer than its proof
            return replace(visit, user=known.external_user), ""
        if not secrets.compare_digest(known.secret_sha256, digest(hello.token)):
            raise WrongToken("The token does not belong to this chat.", field="token")
        return visit, refused
    own = hello.session is not None and len(hello.token) >= MIN_TOKEN
    return (
        Visit(
            endpoint=endpoint,
            session=hello.session if own and hello.session else uuid4(),
            token=hello.token if own else secrets.token_urlsafe(24),
            language=hello.language,
            name=hello.name,
        ),
        refused,
    )


def _named(*, endpoint: ChatEndpoint, hello: Hello, identity: Identity, at: datetime) -> Visit:
    session = session_of(key=settings.SECRET_KEY, endpoint_id=endpoint.id, user=identity.user)
    return Visit(
        endpoint=endpoint,
        session=session,
        token=session_token(key=settings.SECRET_KEY, session=session, at=at),
        language=hello.language,
        name=identity.name or hello.name,
        user=identity.user,
        email=identity.email,
    )


@transaction.atomic
def begin_visit(*, endpoint: ChatEndpoint, hello: Hello, at: datetime) -> tuple[Visit, str]:
    """Recognise the visitor, who is there from now on; what the site says of a named one is taken over.

    Raises WrongToken as `recognise` does.
    """
    visit, refused = recognise(endpoint=endpoint, hello=hello, at=at)
    seen = ChatSession.objects.filter(uuid=visit.session)
    if visit.user and visit.email:
        seen.update(external_user=visit.user, email=visit.email, visitor_name=visit.name)
    seen.filter(last_seen_at__lt=at).update(last_seen_at=at, left_at=None)
    return visit, refused


def standing_of(*, visit: Visit, at: datetime) -> ChatState:
    """Return how the chat stands for its visitor."""
    chat = find_session(endpoint_id=visit.endpoint.id, uuid=visit.session)
    state = "online" if chat_is_open(endpoint=visit.endpoint, at=at) else "away"
    rate = None
    if chat is not None and chat.ended_at is not None:
        tickets = tickets_of(endpoint_id=visit.endpoint.id, session=visit.session)
        rate = asked_rating(ticket_id=tickets[-1], channel=Channel.CHAT, at=at) if tickets else None
        if state == "online":
            state = "closed"
    return ChatState(state=state, rate=rate, mail=bool(visit.email or (chat and chat.email)))


def history_of(*, visit: Visit) -> list[Entry]:
    """Return what the visitor may see of earlier; nothing for one who has not written yet."""
    chat = find_session(endpoint_id=visit.endpoint.id, uuid=visit.session)
    return read_history(endpoint_id=visit.endpoint.id, session=chat) if chat else []


@transaction.atomic
def introduce(*, visit: Visit) -> None:
    """Let a named visitor be the contact whose address the site vouches for, before the first message comes in.

    Does nothing for others, and where the visitor is known already.
    """
    if not visit.user or not visit.email:
        return
    value = user_point(visit.user)
    account_id = visit.endpoint.account_id
    if ContactPoint.objects.filter(account_id=account_id, kind=PointKind.CHAT, value=value).exists():
        return
    point = ContactPoint.objects.filter(account_id=account_id, kind=PointKind.EMAIL, value=visit.email).first()
    if point is not None:
        ContactPoint.objects.get_or_create(
            account_id=account_id, kind=PointKind.CHAT, value=value, defaults={"contact_id": point.contact_id}
        )


@transaction.atomic
def know_contact(*, session: UUID, contact_id: int) -> None:
    """Tie the chat to its contact, and the contact to the chat's address where nobody else has it.

    An address that a visitor merely claims joins nobody to the contact who has it.
    """
    chat = ChatSession.objects.select_for_update(of=("self",)).filter(uuid=session).first()
    if chat is None:
        return
    if chat.contact_id is None:
        ChatSession.objects.filter(pk=chat.pk).update(contact_id=contact_id)
    if chat.email:
        ContactPoint.objects.get_or_create(
            account_id=chat.account_id, kind=PointKind.EMAIL, value=chat.email, defaults={"contact_id": contact_id}
        )
    if chat.visitor_name:
        Contact.objects.filter(pk=contact_id, name="").update(name=chat.visitor_name)
