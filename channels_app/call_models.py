"""What people ask of telephone systems: calls to be placed, and what is to become of a call under way."""

from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class CallRequestState(models.TextChoices):
    """How far a click to call came. ANSWERED: the operator lifted; the called party's answer is the call's."""

    REQUESTED = "requested", "Requested"
    RINGING = "ringing", "The operator's telephone rings"
    ANSWERED = "answered", "The operator answered"
    FAILED = "failed", "Failed"


class CallRequest(AccountScopedModel):
    """An operator's wish to call a number of a contact: the telephone system rings their telephone first.

    `channel_id` is what the operator's channel, and so the call, is called at the telephone system `endpoint_id`, which
    may be another account's (one system serves several).
    """

    endpoint_id = models.BigIntegerField()
    ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="+")
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="+")
    interface = models.CharField(max_length=120)
    number = models.CharField(max_length=64)
    channel_id = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=CallRequestState.choices, default=CallRequestState.REQUESTED)
    reason = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CallRequestState.values), name="call_request_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint_id", "requested_at"], condition=Q(state="requested"), name="call_request_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interface} {self.number} {self.state}"


class CallAction(models.TextChoices):
    """What can be done with a call under way. LISTEN and WHISPER are a supervisor's."""

    HOLD = "hold", "Put the caller on hold"
    RESUME = "resume", "Go on with the caller"
    TRANSFER = "transfer", "Put the caller through"
    HANG_UP = "hang_up", "Hang up"
    LISTEN = "listen", "Listen to the call"
    WHISPER = "whisper", "Speak to the operator only"


class CallOrderState(models.TextChoices):
    """How far an order came. DONE: the telephone system took it; what follows from it the call's log tells."""

    REQUESTED = "requested", "Requested"
    SENT = "sent", "Sent to the telephone system"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class CallOrder(AccountScopedModel):
    """What a person wants done with a call under way, for the bridge of the telephone system `endpoint_id`.

    `interaction_id` is the operator's part of the call it is about. `extension` is what a transfer is put through to,
    `number` the outside number if it is one. `interface` is the telephone of who listens.
    """

    endpoint_id = models.BigIntegerField()
    call = models.ForeignKey("tickets.Call", on_delete=models.CASCADE, related_name="+")
    interaction = models.ForeignKey("tickets.Interaction", on_delete=models.CASCADE, related_name="+")
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=10, choices=CallAction.choices)
    extension = models.CharField(max_length=64, blank=True)
    number = models.CharField(max_length=64, blank=True)
    interface = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=CallOrderState.choices, default=CallOrderState.REQUESTED)
    reason = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CallOrderState.values), name="call_order_state_known"),
            models.CheckConstraint(condition=Q(action__in=CallAction.values), name="call_order_action_known"),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(state="requested"), name="call_order_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.action} call {self.call_id} {self.state}"
