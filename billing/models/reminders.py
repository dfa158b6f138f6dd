"""Reminders of unpaid invoices, by mail, one a level."""

from django.conf import settings
from django.db import models

from billing.models.house_mails import HouseMail
from billing.models.invoice import Invoice


class Reminder(HouseMail):
    """A reminder of an overdue invoice, one a level."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders")
    level = models.PositiveSmallIntegerField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

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
