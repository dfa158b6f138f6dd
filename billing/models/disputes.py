"""What a client doubts on an invoice, what was said of it, and how it ended."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.models.invoice import Invoice, InvoiceLine
from contactcenter.tenancy.scoped import AccountScopedModel


class DisputeState(models.TextChoices):
    """Open until the house answers, then until it is resolved; a word of the client opens it again."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    CREDITED = "credited", "Credited"
    REJECTED = "rejected", "Rejected"


class Dispute(AccountScopedModel):
    """A client doubts a line of an issued invoice. One unresolved dispute a line."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="disputes")
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=8, choices=DisputeState.choices, default=DisputeState.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    credit_note = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(state__in=["open", "answered"]), name="dispute_one_a_line"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered"], resolved_at__isnull=True, credit_note__isnull=True)
                | Q(state="rejected", resolved_at__isnull=False, credit_note__isnull=True)
                | Q(state="credited", resolved_at__isnull=False, credit_note__isnull=False),
                name="dispute_state_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="dispute_newest"),
            models.Index(fields=["state", "-id"], name="dispute_state"),
        ]

    def __str__(self) -> str:
        return f"dispute {self.pk} {self.state}"


class DisputeMessage(AccountScopedModel):
    """One word in a dispute's thread."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_staff = models.BooleanField()
    text = models.TextField()
    said_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["dispute", "id"], name="dispute_thread")]

    def __str__(self) -> str:
        return f"{self.dispute_id}: {self.text[:40]}"
