"""A client's own endpoints for outgoing webhooks, and what is sent to them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class WebhookEvent(models.TextChoices):
    """What can be told."""

    TICKET_CREATED = "ticket.created", "A ticket was opened"
    TICKET_CHANGED = "ticket.changed", "A ticket changed"
    MESSAGE_RECEIVED = "message.received", "A contact wrote"
    MESSAGE_SENT = "message.sent", "A message to a contact left"
    MESSAGE_FAILED = "message.failed", "A message could not be sent, or came back"
    CALL_ENDED = "call.ended", "A call ended"
    CONTACT_MERGED = "contact.merged", "Two contacts became one"
    CONTACT_UNMERGED = "contact.unmerged", "A merge was undone"
    INVOICE_ISSUED = "invoice.issued", "An invoice was issued"
    USAGE_ALERT = "usage.alert", "Usage reached or will reach a threshold"


TEST_KIND = "webhook.test"


class WebhookSubscription(AccountScopedModel):
    """One address of a client that is told of events of its account.

    `secrets` is sealed: {"current", "previous"?, "previous_until"?}. While attempts fail, `failing_since` is when the
    first of them did and nothing is sent before `paused_until`; `disabled_at` says that nobody was there for days, or
    that the other side wished no more.
    """

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=120, blank=True)
    events = ArrayField(models.CharField(max_length=24, choices=WebhookEvent.choices))
    secrets = models.TextField()
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_success_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    # when the client's admins were told of that by mail
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(events__contained_by=WebhookEvent.values) & ~Q(events=[]), name="webhook_events_known"
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="webhook_newest")]

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    """How far a delivery came."""

    PENDING = "pending", "Pending"
    SENDING = "sending", "Sending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookDelivery(AccountScopedModel):
    """One event for one subscription. `message_id` (the header webhook-id) and `body` never change, however often it
    is sent; `subject` is what it is about, such as message:123.
    """

    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_delivery_state_known")
        ]
        indexes = [
            models.Index(fields=["subscription", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["subscription", "subject"], name="webhook_delivery_subject"),
            models.Index(
                fields=["subscription", "next_attempt_at", "id"],
                condition=Q(state__in=["pending", "sending"]),
                name="webhook_delivery_due",
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class WebhookAttempt(AccountScopedModel):
    """One attempt: `status` of the answer, null where there was none and `error` says why; the answer's beginning."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="webhook_attempt_delivery")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.status or self.error}"
