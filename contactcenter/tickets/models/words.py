"""Closed vocabularies of tickets and entries."""

from django.db import models


class Channel(models.TextChoices):
    """By which way a contact speaks with the account."""

    VOICE = "voice", "Phone"
    EMAIL = "email", "E-mail"
    CHAT = "chat", "Web chat"
    SOCIAL = "social", "Social network"
    SMS = "sms", "SMS"


class Direction(models.TextChoices):
    """Towards the account, or from it."""

    INBOUND = "in", "Inbound"
    OUTBOUND = "out", "Outbound"


class TicketStatus(models.TextChoices):
    """Where the matter stands."""

    NEW = "new", "New"
    OPEN = "open", "In progress"
    PENDING = "pending", "Waiting for the contact"
    SOLVED = "solved", "Solved"
    CLOSED = "closed", "Closed"


class MessageKind(models.TextChoices):
    """What a message is; only `message` is routed and answered."""

    MESSAGE = "message", "Message"
    AUTO_REPLY = "auto_reply", "Automatic reply"
    BOUNCE = "bounce", "Bounce"
    FEEDBACK = "feedback", "Feedback report"


class MessageStatus(models.TextChoices):
    """How far a message came."""

    RECEIVED = "received", "Received"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    READ = "read", "Read"
    FAILED = "failed", "Not sent"


class FileState(models.TextChoices):
    """Where the bytes of an attachment are: remote ones are fetched after the entry has appeared."""

    STORED = "stored", "Stored"
    PENDING = "pending", "Being fetched"
    FAILED = "failed", "Not to be had"
