"""What a chat socket reads. Only `find_endpoint` opens a door; the rest needs the account's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Q

from channels_app.attachments import IMAGES
from channels_app.models import ChannelThread, ChatSession, Endpoint, EndpointKind, Receipt, ReceiptState
from channels_app.signed_files import signed_path
from channels_app.webchat.protocol import decode_receipt, form_key, instant
from contactcenter.kernel.sealing import unseal
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.models import Attachment, Channel, Direction, Message, MessageKind, MessageStatus

HISTORY: Final = 200
"""Entries a returning visitor is given: the newest so many."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEndpoint:
    """What a socket needs to know of its endpoint. `origins` empty: any page may embed the widget."""

    id: int
    account_id: int
    account_name: str
    language: str
    origins: tuple[str, ...]
    hours: Mapping[str, Any] = field(default_factory=dict)
    identity_secret: str = field(default="", repr=False)


def find_endpoint(*, address: str) -> ChatEndpoint | None:
    """Return the active chat endpoint at this address."""
    with open_every_account(reason="the address of the widget names the account"):
        endpoint = (
            Endpoint.objects.select_related("account")
            .filter(kind=EndpointKind.WEBCHAT, address=address, is_active=True, account__is_active=True)
            .first()
        )
    if endpoint is None:
        return None
    origins = endpoint.settings.get("origins") or ()
    hours = endpoint.settings.get("hours")
    return ChatEndpoint(
        id=endpoint.pk,
        account_id=endpoint.account_id,
        account_name=endpoint.account.name,
        language=endpoint.language,
        origins=tuple(str(origin).rstrip("/").lower() for origin in origins),
        hours=hours if isinstance(hours, dict) else {},
        identity_secret=str(unseal(endpoint.secrets_sealed).get("identity_secret") or ""),
    )


def origin_allowed(*, origin: str, host: str, origins: Sequence[str]) -> bool:
    """Return whether a page of this origin may chat: no list allows all; our own host is always allowed.

    A client without an Origin header is no browser; the list protects visitors' browsers, not the socket.
    """
    if not origins or not origin:
        return True
    return origin.rstrip("/").lower() in origins or urlsplit(origin).netloc.lower() == host.lower()


def find_session(*, endpoint_id: int, uuid: UUID) -> ChatSession | None:
    """Return the chat session of this uuid, if it belongs to this endpoint."""
    return ChatSession.objects.filter(endpoint_id=endpoint_id, uuid=uuid).first()


def tickets_of(*, endpoint_id: int, session: UUID) -> list[int]:
    """Return the ids of the session's tickets, oldest first."""
    threads = ChannelThread.objects.filter(endpoint_id=endpoint_id, key=str(session))
    return list(threads.order_by("ticket_id").values_list("ticket_id", flat=True))


def sessions_of(*, ticket_id: int) -> list[UUID]:
    """Return the chats that are about this ticket."""
    keys = ChannelThread.objects.filter(
        ticket_id=ticket_id, endpoint__kind=EndpointKind.WEBCHAT, key__regex=r"^[0-9a-f-]{36}$"
    )
    return [UUID(key) for key in keys.values_list("key", flat=True)]


def read_history(*, endpoint_id: int, session: ChatSession) -> list[Entry]:
    """Return the newest entries the visitor may see, oldest first, with what is stored but not yet processed.

    Chat messages, and what left the chat for the mail: notes, other mails and calls of the same ticket are none of the
    widget's business.
    """
    threads = ChannelThread.objects.filter(endpoint_id=endpoint_id, key__in=[str(session.uuid), form_key(session.uuid)])
    messages = (
        Message.objects.filter(
            Q(direction=Direction.INBOUND) | ~Q(status=MessageStatus.FAILED),
            Q(channel=Channel.CHAT) | Q(headers__has_key="chat"),
            ticket__in=threads.values("ticket_id"),
        )
        .select_related("operator")
        .prefetch_related("attachments")
        .order_by("-at", "-id")[:HISTORY]
    )
    entries = [message_entry(message) for message in reversed(messages)]
    read_at = instant(session.read_at) if session.read_at else ""
    read_at = max([read_at, *(entry["at"] for entry in entries if entry["from"] == "operator")])
    for entry in entries:
        if entry["from"] == "visitor" and entry["at"] <= read_at:
            entry["state"] = "seen"
    unprocessed = Receipt.objects.filter(
        endpoint_id=endpoint_id, external_id__startswith=f"{session.uuid}:", message__isnull=True
    ).exclude(state=ReceiptState.PROCESSED)
    return entries + [receipt_entry(receipt) for receipt in unprocessed.order_by("id")]


def message_entry(message: Message) -> Entry:
    """Return a stored message as the widget shows it."""
    entry: Entry = {
        "id": str(message.pk),
        "from": "visitor" if message.direction == Direction.INBOUND else "operator",
        "text": message.text,
        "at": instant(message.at),
    }
    files = [file_entry(attachment) for attachment in message.attachments.all()]
    if files:
        entry["files"] = files
    if message.direction == Direction.INBOUND:
        # the visitor's uuid is unique within the session only, so it is not the message's client_uuid
        entry |= {"uuid": message.external_id.rpartition(":")[2], "state": "sent"}
    elif message.kind != MessageKind.MESSAGE:
        entry["from"] = "system"
    else:
        entry["name"] = message.operator.display_name if message.operator else ""
    return entry


def file_entry(attachment: Attachment) -> Entry:
    """Return a file with the signed address at which the visitor gets it."""
    return {
        "name": attachment.filename,
        "image": attachment.content_type in IMAGES,
        "url": signed_path(attachment),
    }


def receipt_entry(receipt: Receipt) -> Entry:
    """Return a stored but unprocessed message as the widget shows it."""
    kept = decode_receipt(bytes(receipt.raw))
    entry: Entry = {
        "id": f"r{receipt.pk}",
        "uuid": str(kept.uuid),
        "from": "visitor",
        "text": kept.text,
        "at": instant(receipt.received_at),
        "state": "sent",
    }
    if kept.file is not None:
        entry["files"] = [{"name": kept.file.filename, "image": False, "url": ""}]
    return entry
