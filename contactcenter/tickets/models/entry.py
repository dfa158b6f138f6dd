"""Entries of the timeline that are written: messages with their attachments, and notes."""

from django.conf import settings
from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel
from contactcenter.tickets.models.words import Channel, Direction, FileState, MessageKind, MessageStatus


class Message(AccountScopedModel):
    """One message to or from the contact. `text` is all of it, `reply_text` without quotes, `html` sanitised.

    `parts` is how many units the carrier counts (SMS segments); null where nothing is counted.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="messages")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    kind = models.CharField(max_length=12, choices=MessageKind.choices, default=MessageKind.MESSAGE)
    contact = models.ForeignKey("contacts.Contact", null=True, on_delete=models.PROTECT, related_name="+")
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=998, blank=True)
    text = models.TextField(blank=True)
    reply_text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()
    external_id = models.CharField(max_length=500, blank=True)
    client_uuid = models.UUIDField(null=True)
    status = models.CharField(max_length=10, choices=MessageStatus.choices)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    headers = models.JSONField(default=dict)
    parts = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "client_uuid"], name="message_client_uuid_once"),
            models.CheckConstraint(condition=models.Q(status__in=MessageStatus.values), name="message_status_known"),
        ]
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="message_timeline"),
            models.Index(fields=["account", "external_id"], name="message_external"),
            models.Index(fields=["account", "-id"], name="message_newest"),
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="message_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.channel} {self.at:%Y-%m-%d %H:%M}"


class Attachment(AccountScopedModel):
    """A file of a message, stored by content outside the web root; `content_type` is what its bytes say.

    One that the provider keeps (`remote`: its address or id there) is fetched after the entry has appeared; until then
    `sha256` is '' and `content_type` is what the sender claims.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    declared_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    content_id = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=FileState.choices, default=FileState.STORED)
    remote = models.CharField(max_length=2000, blank=True)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=FileState.values), name="attachment_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state=FileState.STORED) | models.Q(sha256__gt=""),
                name="attachment_stored_has_bytes",
            ),
        ]
        indexes = [
            models.Index(fields=["message", "id"], name="attachment_message"),
            models.Index(fields=["next_attempt_at", "id"], condition=models.Q(state="pending"), name="attachment_due"),
        ]

    def __str__(self) -> str:
        return self.filename


class Note(AccountScopedModel):
    """A remark for the team; the contact never sees it, nor does the client.

    Written by a person, or by an API key, whose name is `author_name`.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    at = models.DateTimeField()
    client_uuid = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "client_uuid"], name="note_client_uuid_once"),
            models.CheckConstraint(
                condition=models.Q(author__isnull=False) | ~models.Q(author_name=""), name="note_has_author"
            ),
        ]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="note_timeline")]

    def __str__(self) -> str:
        return self.text[:60]


class Upload(AccountScopedModel):
    """A file that a person has given to a reply which is not sent yet; sending makes it an Attachment."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    declared_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "ticket"], name="upload_of_person")]

    def __str__(self) -> str:
        return self.filename
