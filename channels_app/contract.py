"""The values that doors, adapters and the one intake exchange, for every kind of channel.

A door stores the raw bytes (`receipts.store_receipt`) and acknowledges; an adapter translates them purely into an
`InboundMessage`, a `StatusReport`, a `MessageEdit` or `Ignored`; `ingest` turns that into contact, ticket and timeline
entry, in one transaction, inside the account's scope. On the way out `delivery` hands an `OutboundMessage` to the
adapter of the ticket's endpoint. Nothing here knows Django. What a provider's webhook asks of its door is in
`webhook.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias
from uuid import UUID


class InboundKind(StrEnum):
    """What a message is; only `MESSAGE` asks for an operator, only `MESSAGE` may ever be answered automatically."""

    MESSAGE = "message"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    FEEDBACK = "feedback"


class Consent(StrEnum):
    """What the holder of a point of contact says about being written to."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"


class AdapterError(Exception):
    """A translation or a delivery failed; `permanent` says that the same attempt can never succeed.

    `retry_after` is how long the other side asked to be left alone, where it said so. `opted_out`: it says that the
    recipient wants nothing more.
    """

    def __init__(
        self, message: str, *, permanent: bool, retry_after: timedelta | None = None, opted_out: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        self.opted_out = opted_out


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointInfo:
    """What an adapter may know of an endpoint; `settings` is the endpoint's own JSON document, open to be shown.

    `secrets` never is: names to values, decrypted. `webhook_url` is where the provider calls us, in full.
    """

    id: int
    account_id: int
    account_name: str
    kind: str
    address: str
    name: str
    language: str
    settings: Mapping[str, Any]
    provider: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRef:
    """One contact point: `kind` is phone, email, chat, social or sms; `value` as received (contacts normalises it)."""

    kind: str
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAttachment:
    """A file as the sender declared it; `content_type` is a claim, the intake sniffs the bytes."""

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """What a mail server says of a recipient it did not reach; '' where it does not say.

    `status` is the enhanced status code (RFC 3463, d.d.d), `reply_code` the SMTP reply (ddd), `reason` the server's own
    words. `hard` is True where the address itself is dead (no such mailbox, no such domain, moved) and writing again is
    useless, False where the mail failed for another reason, None where nothing tells. `final` is False while the server
    still tries. `message_id` names the mail that came back.
    """

    recipient: str = ""
    status: str = ""
    reply_code: str = ""
    hard: bool | None = None
    reason: str = ""
    final: bool = True
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReport:
    """Somebody called a mail of ours spam, by the button of their mail program or provider (RFC 5965).

    `recipient` is who complained, '' where it is not said; `nature` is abuse, fraud, virus, ... or ''.
    """

    recipient: str = ""
    nature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that the provider keeps: `reference` is its address or the provider's id of it.

    The entry appears at once; the bytes are fetched afterwards by the adapter's `fetch_file`.
    """

    reference: str
    filename: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Which piece of a message it is: `number` of `total`, from 1; `reference` is what the sender calls the whole."""

    reference: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message that arrived, translated; every string is clean text, `html` is already sanitised.

    `answers` holds external ids of earlier messages, the nearest first (In-Reply-To and References of a mail);
    `thread_keys` names the channel's own threads (the session uuid of a chat), `own_keys` those under which later
    messages will find this one. Both are looked up within the same endpoint only. `reply_token` is the unverified
    token of a signed reply address: the intake verifies it. `language` is set only where the channel itself knows it;
    otherwise the intake detects it with `language_hints`. `bounces` is what a bounce says of the first of `answers`,
    one for each recipient, delays included; `complaint` what a complaint says of it. `parts` is how many units the
    carrier counts (SMS segments), `consent` what a keyword says about being written to. `problem` states why the text
    may be incomplete, if so. `album`: the external id is that of a set of files which come one by one; those after the
    first join its entry. `piece`: the text is a part of the message only, which is shown when all parts are there.
    """

    channel: str
    external_id: str
    at: datetime
    sender: ContactRef
    text: str
    reply_text: str = ""
    html: str = ""
    subject: str = ""
    kind: InboundKind = InboundKind.MESSAGE
    language: str = ""
    language_hints: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    thread_keys: tuple[str, ...] = ()
    own_keys: tuple[str, ...] = ()
    reply_token: str = ""
    client_uuid: str = ""
    attachments: tuple[InboundAttachment, ...] = ()
    remote_files: tuple[RemoteFile, ...] = ()
    parts: int | None = None
    album: bool = False
    piece: Piece | None = None
    consent: Consent | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    bounces: tuple[BounceReport, ...] = ()
    complaint: ComplaintReport | None = None
    problem: str = ""

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("InboundMessage.at must be an aware instant")


class DeliveryStatus(StrEnum):
    """What a provider can say of a message of ours; `states.py` says which may follow which."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """A provider's word on messages of ours, named in one of three ways.

    `external_id` is what the provider called the message when it took it; `reference` is our own name for it
    (`OutboundMessage.client_uuid`, a UUID) where the provider gives it back; `recipient` with no id means every message
    sent to them by `at` (a read mark). `reason` is the provider's sentence or code on a failure.
    `opted_out`: the provider says that the recipient wants nothing more. Of a mail, which may have several recipients,
    `mailbox` is the one it is about, `bounce` why it came back from there, `complaint` that they called it spam.
    """

    status: DeliveryStatus
    at: datetime
    external_id: str = ""
    reference: str = ""
    recipient: ContactRef | None = None
    reason: str = ""
    opted_out: bool = False
    mailbox: str = ""
    bounce: BounceReport | None = None
    complaint: ComplaintReport | None = None

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("StatusReport.at must be an aware instant")
        if not (self.external_id or self.reference or self.recipient):
            raise ValueError("StatusReport must name the messages it is about")
        if self.reference:
            UUID(self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdit:
    """The contact changed the text of a message that they had sent; what it said before stays with the entry."""

    external_id: str
    text: str
    at: datetime

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("MessageEdit.at must be an aware instant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """What arrived asks for nothing: an echo of our own message, a typing mark. `reason` stands on the receipt."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misdelivered:
    """It came to this endpoint's webhook for another number, page or account of the same app: that of `address`."""

    address: str


InboundEvent: TypeAlias = InboundMessage | StatusReport | MessageEdit | Ignored | Misdelivered


class IngestStatus(StrEnum):
    """What the intake did with a message."""

    CREATED = "created"
    APPENDED = "appended"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """The entry that a message became; on a duplicate, the entry that was there already."""

    status: IngestStatus
    account_id: int
    ticket_id: int
    ticket_number: str
    message_id: int
    contact_id: int
    kind: InboundKind
    language: str

    def outcome(self) -> dict[str, Any]:
        """Return what stands on the receipt."""
        return {
            "status": str(self.status),
            "ticket": self.ticket_number,
            "ticket_id": self.ticket_id,
            "message_id": self.message_id,
            "kind": str(self.kind),
            "language": self.language,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundAttachment:
    """A stored file that leaves with a message; `content_type` is the sniffed one.

    `url` is a signed address at which a provider that fetches files by itself gets it, for a while; '' where this
    installation has no public address.
    """

    filename: str
    content_type: str
    content: bytes
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One queued message as an adapter delivers it.

    `external_id` is the identity it must carry on the wire (for mail the keyed Message-ID), so that a repeated
    attempt is recognisable; `in_reply_to` and `references` are external ids of earlier messages of the ticket;
    `thread_key` is the channel's own thread (chat session uuid) where there is one; `reply_token` goes into the signed
    reply address. `sent_at` is the instant of this attempt, `last_inbound_at` that of the contact's last message on the
    endpoint, where the network limits how long after it one may write. `template` is {"name", "language",
    "parameters"} where an approved text is sent.
    A mail goes to `to` (of which `recipient` is the first), `cc` and, unseen by the others, `bcc`;
    `signature` stands below its text; `automatic` mails say that no person wrote them (RFC 3834).
    """

    message_id: int
    account_id: int
    ticket_id: int
    ticket_number: str
    channel: str
    recipient: ContactRef
    subject: str
    text: str
    html: str
    at: datetime
    external_id: str
    author_name: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    thread_key: str = ""
    reply_token: str = ""
    client_uuid: str = ""
    attachments: tuple[OutboundAttachment, ...] = ()
    sent_at: datetime | None = None
    last_inbound_at: datetime | None = None
    template: Mapping[str, Any] | None = None
    to: tuple[ContactRef, ...] = ()
    cc: tuple[ContactRef, ...] = ()
    bcc: tuple[ContactRef, ...] = ()
    signature: str = ""
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedTemplate:
    """A text that a network has approved for writing first; `body` has {{1}}, {{2}}, ... for its parameters."""

    name: str
    language: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """An adapter's word that a message left; `confirmed` where the other side acknowledged it.

    `external_id` is what the provider calls it from now on; '' where it tells later, by a report on our reference.
    `parts` is how many units the carrier counts. `problem` is what it refused though it took the rest (a copy).
    """

    external_id: str
    confirmed: bool = False
    parts: int | None = None
    problem: str = ""


class Adapter(Protocol):
    """One provider of one kind of channel. `translate` is pure; all raise `AdapterError` only.

    `check` asks the other side whether the endpoint works as it is configured and returns a sentence that says so; its
    AdapterError is a sentence that names what to mend.
    """

    channel: str

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent: ...

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered: ...

    def check(self, *, endpoint: EndpointInfo) -> str: ...
