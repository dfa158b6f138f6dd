"""Documents sent by mail: one row a document, recipient and sending, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.models.invoice import Invoice
from contactcenter.tenancy.scoped import AccountScopedModel


class DeliveryState(models.TextChoices):
    """Waiting until a worker claims it; sent once the mail server took it, bounced where that or a later one would not.
    Failed: tried as often as it is, without an answer.
    """

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    BOUNCED = "bounced", "Bounced"
    FAILED = "failed", "Failed"


class InvoiceDelivery(AccountScopedModel):
    """A document on its way to one address. (invoice, recipient, round) is the key by which it is sent once; sending it
    again is a further round.

    `message_id` is known before the mail leaves, so that whoever gets it twice after a crash sees one mail, and a
    bounce finds its row. `note` says what could not be attached.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.EmailField()
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=7, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    message_id = models.CharField(max_length=200, unique=True)
    queued_at = models.DateTimeField()
    queued_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "recipient", "round"], name="invoice_delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state__in=["waiting", "sending"]), name="invoice_delivery_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} to {self.recipient}: {self.state}"
