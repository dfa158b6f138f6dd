"""Requests to be called back, and the attempts at it.

Part of models.py, which is where to import from.
"""

from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class CallbackState(models.TextChoices):
    """How far a callback came. CALLING: an operator has it and the call is being made."""

    WAITING = "waiting", "Waiting"
    CALLING = "calling", "Being called"
    DONE = "done", "Done"
    CANCELED = "canceled", "Cancelled"
    FAILED = "failed", "Not reached"
    EXPIRED = "expired", "Expired"


class CallbackSource(models.TextChoices):
    """By which way the contact asked."""

    CONSOLE = "console", "An operator"
    MESSAGE = "message", "A chat or a message"
    PHONE = "phone", "The telephone queue"
    API = "api", "The API"


class CallbackResult(models.TextChoices):
    """What came of one attempt."""

    REACHED = "reached", "Reached"
    NO_ANSWER = "no_answer", "No answer"
    REFUSED = "refused", "No longer wanted"


OPEN_CALLBACKS = (CallbackState.WAITING, CallbackState.CALLING)


class CallbackRequest(AccountScopedModel):
    """A contact who asked to be called back: the ticket waits in the place it had at `enqueued_at`.

    It is offered from `next_attempt_at` on (null: at once) and given up at `expires_at`. `asked_by_id` is the contact
    as of the request, which merging contacts leaves alone. `assignment` is the attempt under way.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="callbacks")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="+")
    asked_by_id = models.BigIntegerField(null=True)
    queue = models.ForeignKey("routing.Queue", null=True, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=64)
    source = models.CharField(max_length=10, choices=CallbackSource.choices, default=CallbackSource.CONSOLE)
    state = models.CharField(max_length=10, choices=CallbackState.choices, default=CallbackState.WAITING)
    enqueued_at = models.DateTimeField()
    requested_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey("routing.Assignment", null=True, on_delete=models.PROTECT, related_name="callbacks")
    changed_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state__in=["waiting", "calling"]), name="callback_one_open"
            ),
            models.UniqueConstraint(
                fields=["asked_by_id", "queue"],
                condition=Q(state__in=["waiting", "calling"]),
                name="callback_one_open_of_contact",
            ),
            models.CheckConstraint(condition=Q(state__in=CallbackState.values), name="callback_state_known"),
        ]
        indexes = [
            models.Index(fields=["ticket", "-requested_at"], name="callback_ticket"),
            models.Index(fields=["account", "-id"], name="callback_newest"),
            models.Index(
                fields=["enqueued_at", "id"], condition=Q(state__in=["waiting", "calling"]), name="callback_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class CallbackAttempt(AccountScopedModel):
    """One attempt of one operator at a callback, and what came of it: a fact."""

    callback = models.ForeignKey(CallbackRequest, on_delete=models.CASCADE, related_name="attempts")
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="+")
    interaction = models.ForeignKey("tickets.Interaction", on_delete=models.PROTECT, related_name="+")
    result = models.CharField(max_length=10, choices=CallbackResult.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(result__in=CallbackResult.values), name="callback_result_known"),
            models.UniqueConstraint(fields=["callback", "interaction"], name="callback_attempt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.callback_id}: {self.result}"
