"""Endpoints, the raw receipts of what arrived by them, and how their threads map to tickets."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

# Django looks for models here
from channels_app.call_models import CallAction as CallAction
from channels_app.call_models import CallOrder as CallOrder
from channels_app.call_models import CallOrderState as CallOrderState
from channels_app.call_models import CallRequest as CallRequest
from channels_app.call_models import CallRequestState as CallRequestState
from channels_app.subscriptions.models import WebhookAttempt as WebhookAttempt
from channels_app.subscriptions.models import WebhookDelivery as WebhookDelivery
from channels_app.subscriptions.models import WebhookSubscription as WebhookSubscription
from contactcenter.tenancy.scoped import AccountScopedModel


class EndpointKind(models.TextChoices):
    """Kinds of endpoint; each has a folder with its adapter."""

    EMAIL = "email", "Mailbox"
    WEBCHAT = "webchat", "Chat widget"
    VOICE = "voice", "Telephone system"
    SMS = "sms", "SMS number"
    SOCIAL = "social", "Social network"


def new_public_token() -> str:
    """Return the unguessable name under which a provider calls an endpoint."""
    return secrets.token_urlsafe(24)


class Endpoint(AccountScopedModel):
    """One configured mailbox, number, bot, page, widget or telephone line of one account.

    `address` is unique among its kind and provider ('' for kinds without one). What comes by it belongs to `campaign`
    from then on ('' none): tariffs may price it apart. `secrets_sealed` holds what
    `kernel.sealing` made of the secrets; `public_token` names the endpoint in the address of its webhook. `paced_until`
    is how far its rate (`settings["per_minute"]`) has planned receipts ahead (`pacing`).
    """

    kind = models.CharField(max_length=12, choices=EndpointKind.choices)
    provider = models.CharField(max_length=24, blank=True)
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=8, blank=True)
    campaign = models.CharField(max_length=120, blank=True, default="", db_default="")
    settings = models.JSONField(default=dict, blank=True)
    secrets_sealed = models.TextField(blank=True, editable=False)
    public_token = models.CharField(max_length=48, unique=True, default=new_public_token, editable=False)
    is_active = models.BooleanField(default=True)
    paced_until = models.DateTimeField(null=True, editable=False)
    last_received_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "provider", "address"], name="endpoint_address_once"),
            models.CheckConstraint(condition=Q(kind__in=EndpointKind.values), name="endpoint_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"


class MailAuthorization(AccountScopedModel):
    """The access token of a mailbox that logs in by OAuth, for all processes, and the refresh token that replaced the
    configured one: both in `sealed`.

    `fingerprint` names the configuration it was got with; `refreshing_until` is set while one process renews it;
    `refused_at` and `error` say that the provider wants the mailbox authorised anew.
    """

    endpoint = models.OneToOneField(Endpoint, on_delete=models.CASCADE, related_name="authorization")
    fingerprint = models.CharField(max_length=64)
    sealed = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(null=True)
    refreshing_until = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"authorisation of endpoint {self.endpoint_id}"


class MessageTemplate(AccountScopedModel):
    """A text that a network has approved for writing first; `body` has {{1}}, {{2}}, ... for its parameters."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=16)
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "name", "language"], name="message_template_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.language}"


class ReceiptState(models.TextChoices):
    """How far processing came."""

    PENDING = "pending", "Pending"
    PROCESSED = "processed", "Processed"
    FAILED = "failed", "Failed"


class Receipt(AccountScopedModel):
    """What a door acknowledged, raw, as it came. Never deleted by processing.

    UNIQUE(endpoint, external_id) makes a second delivery a duplicate. `outcome` names the entries it became.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="receipts")
    external_id = models.CharField(max_length=500)
    raw = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReceiptState.choices, default=ReceiptState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    outcome = models.JSONField(default=dict)
    message = models.OneToOneField("tickets.Message", null=True, on_delete=models.PROTECT, related_name="receipt")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "external_id"], name="receipt_once"),
            models.CheckConstraint(condition=Q(state__in=ReceiptState.values), name="receipt_state_known"),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], condition=Q(state="pending"), name="receipt_pending"),
            models.Index(fields=["-received_at", "-id"], condition=Q(state="failed"), name="receipt_failed"),
            models.Index(fields=["account", "-received_at"], name="receipt_account"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.state}"


class MessagePiece(AccountScopedModel):
    """A piece of a message that waits for the rest, or stands in the entry that they made together.

    `key` is the sender and the number that they gave the whole message; `number` counts from 1 to `total`.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    receipt = models.OneToOneField(Receipt, on_delete=models.CASCADE, related_name="piece")
    received_at = models.DateTimeField()
    message = models.ForeignKey("tickets.Message", null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "key", "-received_at"], name="message_piece_group"),
            models.Index(fields=["received_at"], condition=Q(message__isnull=True), name="message_piece_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.number} of {self.total}"


class ChannelThread(AccountScopedModel):
    """A ticket's place on one endpoint: by which endpoint and point of contact it is answered."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="threads")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="threads")
    contact_point = models.ForeignKey("contacts.ContactPoint", null=True, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "key", "ticket"], name="channel_thread_once"),
        ]
        indexes = [
            models.Index(fields=["ticket"], name="channel_thread_ticket"),
            models.Index(fields=["endpoint", "key"], name="channel_thread_key"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.key}"


class ChatSession(AccountScopedModel):
    """One visitor's chat on one widget; the secret proves a returning visitor (only its sha256 is kept).

    `external_user` is the verified id of a visitor whom the page has named, '' of all others; `email` is where later
    replies go. The account has read up to `read_at`. `ended_at`: the conversation is over; `left_at`: the widget has
    been silent for so long that nobody reads it. Both are taken back when the visitor writes, or looks, again.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="chat_sessions")
    uuid = models.UUIDField(unique=True)
    secret_sha256 = models.CharField(max_length=64)
    contact = models.ForeignKey("contacts.Contact", null=True, on_delete=models.PROTECT, related_name="+")
    visitor_name = models.CharField(max_length=120, blank=True)
    external_user = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=320, blank=True)
    language = models.CharField(max_length=8, blank=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-started_at"], name="chat_session_newest"),
            models.Index(fields=["last_seen_at"], condition=Q(left_at__isnull=True), name="chat_session_present"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class PhoneLogEntry(AccountScopedModel):
    """One line or frame of a telephone system's log, raw: what calls are reduced from, again and again.

    UNIQUE(endpoint, dedupe_key) makes a second import of it nothing. `call_keys` are the ids that tie it to a call
    (empty: it is about the whole telephone system); `reduced_at` null means that calls do not know of it yet.
    `rejected` is the reason why it could not be understood.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="phone_log")
    source = models.CharField(max_length=24)
    dedupe_key = models.CharField(max_length=64)
    raw = models.BinaryField()
    at = models.DateTimeField(null=True)
    call_keys = ArrayField(models.CharField(max_length=160), default=list)
    rejected = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()
    reduced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "dedupe_key"], name="phone_log_entry_once")]
        indexes = [
            GinIndex(fields=["call_keys"], name="phone_log_call_keys"),
            models.Index(fields=["endpoint", "at"], condition=Q(call_keys=[]), name="phone_log_system"),
            models.Index(
                fields=["endpoint", "id"], condition=Q(reduced_at__isnull=True, rejected=""), name="phone_log_pending"
            ),
            models.Index(fields=["-received_at", "-id"], condition=~Q(rejected=""), name="phone_log_rejected"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.dedupe_key[:12]}"


class MailFolder(AccountScopedModel):
    """A folder of a mailbox that is read by IMAP, and how far. UIDs count within one `uid_validity`.

    Every mail up to `last_uid` has its MailFolderEntry. `on_server` is how many mails the server had at `checked_at`;
    `error` is why it could not be read lately ('' where it can).
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="mail_folders")
    name = models.CharField(max_length=255)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    on_server = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "name"], name="mail_folder_once")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.name}"


class MailFolderEntry(AccountScopedModel):
    """One mail of a folder as the server numbers it, and the receipt it is stored as.

    Without a receipt `problem` says why it was not stored (it stays on the server). `is_present` is whether the server
    still had it when the folder was last compared.
    """

    folder = models.ForeignKey(MailFolder, on_delete=models.CASCADE, related_name="entries")
    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, related_name="+")
    problem = models.CharField(max_length=300, blank=True)
    is_present = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["folder", "uid_validity", "uid"], name="mail_folder_entry_once"),
            models.CheckConstraint(
                condition=Q(receipt__isnull=False) | ~Q(problem=""), name="mail_folder_entry_stored_or_explained"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.folder_id} {self.uid}"


class EmailSignature(AccountScopedModel):
    """What stands below the mails of an account in a language ('': in all without one of their own)."""

    language = models.CharField(max_length=8, blank=True)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "language"], name="email_signature_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.language}"
