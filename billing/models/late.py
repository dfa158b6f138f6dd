"""What people decided about usage that came too late to be billed without them."""

from django.conf import settings
from django.db import models

from billing.models.invoice import Invoice
from contactcenter.tenancy.scoped import AccountScopedModel


class LateChoice(models.TextChoices):
    """Bill it on the next invoice however old it is, or let it be."""

    BILL = "bill", "Bill"
    WAIVE = "waive", "Waive"


class LateDecision(AccountScopedModel):
    """A person's word on an invoice's late usage. `lines`: what was waived, by line; it counts as booked since."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="late_decisions")
    choice = models.CharField(max_length=5, choices=LateChoice.choices)
    lines = models.JSONField(default=list)
    reason = models.CharField(max_length=500)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["invoice"], name="late_decision_invoice")]

    def __str__(self) -> str:
        return f"{self.choice} {self.invoice_id}"
