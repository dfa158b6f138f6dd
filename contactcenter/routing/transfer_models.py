"""Tickets on their way: handed from one operator to somebody else, or put away until an instant."""

from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class TransferKind(models.TextChoices):
    """Whom a ticket is handed to."""

    OPERATOR = "operator", "To an operator"
    WARM = "warm", "Consultation, then to that operator"
    QUEUE = "queue", "To a queue"
    NUMBER = "number", "To a telephone number"
    TAKEN = "taken", "Taken over by a supervisor"


class TransferState(models.TextChoices):
    """How far a transfer came."""

    ASKED = "asked", "Asked"
    CONSULTING = "consulting", "Consulting"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    CANCELED = "canceled", "Cancelled"


OPEN_TRANSFERS = (TransferState.ASKED, TransferState.CONSULTING)


class Transfer(AccountScopedModel):
    """A ticket on its way from its owner to somebody else. Until it is done the ticket stays with its owner."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="transfers")
    assignment = models.ForeignKey("routing.Assignment", on_delete=models.CASCADE, related_name="transfers")
    kind = models.CharField(max_length=10, choices=TransferKind.choices)
    state = models.CharField(max_length=10, choices=TransferState.choices, default=TransferState.ASKED)
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    queue = models.ForeignKey("routing.Queue", null=True, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    consulting_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(state__in=OPEN_TRANSFERS), name="transfer_one_open"),
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="transfer_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_TRANSFERS) ^ Q(resolved_at__isnull=False), name="transfer_resolved_once"
            ),
        ]
        indexes = [
            models.Index(fields=["operator"], condition=Q(state="consulting"), name="transfer_consulting"),
            models.Index(fields=["ticket", "-asked_at"], name="transfer_ticket"),
            models.Index(fields=["assignment"], name="transfer_assignment"),
        ]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} {self.kind} {self.state}"


class Snooze(AccountScopedModel):
    """A ticket put away until an instant; then it waits again in the place it had, its operator asked first.

    A new message of the contact ends it at once. `enqueued_at` null: it had no place.
    """

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.CASCADE, related_name="snooze")
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10)
    enqueued_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("made_at")), name="snooze_ends_later"),
        ]
        indexes = [models.Index(fields=["until", "id"], name="snooze_due")]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} until {self.until:%Y-%m-%d %H:%M}"
