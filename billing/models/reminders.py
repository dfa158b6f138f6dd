"""Reminders of unpaid invoices, by mail, one a level."""

from django.conf import settings
from django.db import models

from billing.models.invoice import Invoice
from contactcenter.tenancy.scoped import AccountScopedModel


class Reminder(AccountScopedModel):
    """A reminder as it was written; `sent_at` once the mail server took it, `error` what it said otherwise."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders")
    level = models.PositiveSmallIntegerField()
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "level"], name="reminder_level_once"),
            models.CheckConstraint(
                condition=models.Q(level__gte=1) & models.Q(level__lte=3), name="reminder_level_known"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=models.Q(sent_at__isnull=True), name="reminder_unsent")]

    def __str__(self) -> str:
        return f"{self.level} {self.subject}"
