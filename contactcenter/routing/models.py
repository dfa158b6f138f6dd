"""Queues, who waits in them, who is offered what, and who serves it."""

from django.db import models
from django.db.models import Q

from contactcenter.routing.callback_models import (
    OPEN_CALLBACKS,
    CallbackAttempt,
    CallbackRequest,
    CallbackResult,
    CallbackSource,
    CallbackState,
)
from contactcenter.routing.queue_models import (
    MatcherState,
    MatchMark,
    QueueMember,
    QueueSkill,
    RelaxationAction,
    RelaxationStep,
)
from contactcenter.routing.states import OWNING
from contactcenter.routing.transfer_models import OPEN_TRANSFERS, Snooze, Transfer, TransferKind, TransferState
from contactcenter.tenancy.scoped import AccountScopedModel

__all__ = [
    "OPEN_CALLBACKS",
    "OPEN_TRANSFERS",
    "Abandonment",
    "Assignment",
    "AssignmentState",
    "Bridge",
    "CallbackAttempt",
    "CallbackRequest",
    "CallbackResult",
    "CallbackSource",
    "CallbackState",
    "MatchMark",
    "MatcherState",
    "Offer",
    "OfferPurpose",
    "OfferState",
    "OperatorState",
    "Presence",
    "Queue",
    "QueueMember",
    "QueueSkill",
    "RelaxationAction",
    "RelaxationStep",
    "Snooze",
    "Transfer",
    "TransferKind",
    "TransferState",
    "Waiting",
    "WrapUpMode",
]


class WrapUpMode(models.TextChoices):
    """How wrap-up ends, and whether new work may come meanwhile (anchors/operations.md, "Definitions").

    MANDATORY: until the operator clears it, without offers. TIMED: without offers, for `wrap_up_seconds` at most.
    OPTIONAL: as long, but offers may come.
    """

    MANDATORY = "mandatory", "Until cleared"
    TIMED = "timed", "For a time"
    OPTIONAL = "optional", "Beside new work"


class Queue(models.Model):
    """Where tickets wait. `account` null: shared; empty language or channel: any.

    Without `calendar` it is always open. `sticky_seconds`: so long after serving a contact an operator is asked first
    when the contact comes again; 0: never. Whoever asks to be called back is called `callback_attempts` times,
    `callback_retry_s` apart, and not later than `callback_expires_s` after it was open for them first (0: no end).
    """

    name = models.CharField(max_length=80)
    account = models.ForeignKey(
        "tenancy.Account",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    language = models.CharField(max_length=8, blank=True)
    channel = models.CharField(max_length=10, blank=True)
    priority = models.SmallIntegerField(default=0)
    minimum_level = models.PositiveSmallIntegerField(default=2)
    offer_seconds = models.PositiveSmallIntegerField(default=30)
    wrap_up_seconds = models.PositiveSmallIntegerField(default=60)
    wrap_up_mode = models.CharField(max_length=10, choices=WrapUpMode.choices, default=WrapUpMode.OPTIONAL)
    sticky_seconds = models.PositiveIntegerField(default=7 * 86_400)
    callback_attempts = models.PositiveSmallIntegerField(default=3)
    callback_retry_s = models.PositiveIntegerField(default=1800)
    callback_expires_s = models.PositiveIntegerField(default=2 * 86_400)
    calendar = models.ForeignKey(
        "tickets.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="queues"
    )
    sla_policy = models.ForeignKey(
        "tickets.SlaPolicy", null=True, blank=True, on_delete=models.PROTECT, related_name="queues"
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "language", "channel"],
                nulls_distinct=False,
                name="queue_once",
            ),
            models.CheckConstraint(condition=Q(wrap_up_mode__in=WrapUpMode.values), name="queue_wrap_up_mode_known"),
            models.CheckConstraint(condition=Q(callback_attempts__gte=1), name="queue_calls_back_once_at_least"),
        ]

    def __str__(self) -> str:
        return self.name


class Waiting(AccountScopedModel):
    """A ticket that waits for an operator, in the place it took when it was enqueued.

    The order is priority (higher first), `due_at`, `enqueued_at`, id. `look_at`: when time alone changes who may take
    it (a step of relaxation, the opening of its queue). `is_language_open`: so relaxed that speakers of other languages
    may be asked too.
    """

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.CASCADE, related_name="waiting")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="waiting")
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=8, blank=True)
    priority = models.SmallIntegerField(default=0)
    enqueued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    look_at = models.DateTimeField(null=True)
    is_language_open = models.BooleanField(default=False)
    # by voice, to whoever asked to be called back (CallbackRequest)
    is_callback = models.BooleanField(default=False)
    # when a step of relaxation offered the contact to be called back
    callback_offered_at = models.DateTimeField(null=True)
    # a transfer named the queue: no rule puts the ticket into another one
    is_queue_chosen = models.BooleanField(default=False)
    # who served the contact last, as of joining the queue
    last_operator_id = models.BigIntegerField(null=True)
    last_served_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-priority", "due_at", "enqueued_at", "id"], name="waiting_place"),
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="waiting_look"),
        ]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id}"


class Abandonment(AccountScopedModel):
    """A chat whose visitor left the queue before an operator answered: a fact. Calls tell of it themselves."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="abandonments")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=8, blank=True)
    enqueued_at = models.DateTimeField()
    abandoned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "enqueued_at"], name="abandonment_once"),
            models.CheckConstraint(
                condition=Q(abandoned_at__gte=models.F("enqueued_at")), name="abandonment_after_entering"
            ),
        ]
        indexes = [models.Index(fields=["account", "-enqueued_at", "-id"], name="abandonment_newest")]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} {self.abandoned_at:%Y-%m-%d %H:%M}"


class Presence(models.TextChoices):
    """What an operator says of themselves; LOST is said by the server."""

    OFFLINE = "offline", "Offline"
    AVAILABLE = "available", "Available"
    BREAK = "break", "Break"
    LOST = "lost", "Connection lost"


class OperatorState(models.Model):
    """The current presence of an operator; locked when an offer is made.

    `next_presence` ('' if none) was asked for while work is unfinished: routing stops, and it begins with its end.
    """

    operator = models.OneToOneField(
        "operators.Operator",
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="state",
    )
    presence = models.CharField(max_length=10, choices=Presence.choices, default=Presence.OFFLINE)
    reason = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField()
    idle_since = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    missed_offers = models.PositiveSmallIntegerField(default=0)
    next_presence = models.CharField(max_length=10, blank=True, choices=Presence.choices)
    next_reason = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.operator_id} {self.presence}"


class OfferState(models.TextChoices):
    """How an offer stands or ended."""

    PENDING = "pending", "Pending"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    TIMED_OUT = "timed_out", "Timed out"
    RESCINDED = "rescinded", "Rescinded"
    CANCELED = "canceled", "Cancelled"


class Bridge(models.TextChoices):
    """How an operator who does not speak the contact's language well enough can serve all the same."""

    NONE = "", "None"
    MACHINE = "machine", "Machine translation"
    INTERPRETER = "interpreter", "Interpreter"


class OfferPurpose(models.TextChoices):
    """What an operator is asked: to take a waiting ticket, to take one over, or to help with one."""

    ROUTE = "route", "Waiting ticket"
    TRANSFER = "transfer", "Transfer"
    CONSULT = "consult", "Consultation"


class Offer(AccountScopedModel):
    """A reservation of an operator for a ticket, until accepted, declined or expired. `why` tells the choice."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="offers")
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="offers")
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=OfferState.choices, default=OfferState.PENDING)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    why = models.JSONField(default=dict)
    bridge = models.CharField(max_length=12, blank=True, choices=Bridge.choices)
    purpose = models.CharField(max_length=10, choices=OfferPurpose.choices, default=OfferPurpose.ROUTE)
    transfer = models.ForeignKey("routing.Transfer", null=True, on_delete=models.PROTECT, related_name="offers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state="pending"),
                name="offer_one_pending",
            ),
            # an operator decides on one offer at a time
            models.UniqueConstraint(fields=["operator"], condition=Q(state="pending"), name="offer_one_deciding"),
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_known"),
            models.CheckConstraint(
                condition=(Q(state="pending") & Q(resolved_at__isnull=True))
                | (~Q(state="pending") & Q(resolved_at__isnull=False)),
                name="offer_resolved_once",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="pending"), name="offer_expiry"),
            models.Index(fields=["ticket", "-offered_at"], name="offer_ticket"),
            models.Index(fields=["resolved_at"], condition=Q(state__in=["declined", "timed_out"]), name="offer_passed"),
        ]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} to {self.operator_id}: {self.state}"


class AssignmentState(models.TextChoices):
    """How far an operator is with a ticket."""

    ACTIVE = "active", "Active"
    HELD = "held", "On hold"
    CONSULT = "consult", "Consulting"
    TRANSFERRED = "transferred", "Transferred"
    WRAPPING = "wrapping", "Wrap-up"
    DONE = "done", "Done"


class Assignment(AccountScopedModel):
    """An operator who serves a ticket, from accepting to the end of wrap-up.

    `enqueued_at` is the place the ticket had when it was accepted; it gets it back when its operator is lost.
    `state_since` is when a hold or consultation began; null in the other states.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="assignments")
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="assignments")
    interaction = models.ForeignKey("tickets.Interaction", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=AssignmentState.choices, default=AssignmentState.ACTIVE)
    enqueued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    state_since = models.DateTimeField(null=True)
    transferred_at = models.DateTimeField(null=True)
    wrapping_at = models.DateTimeField(null=True)
    wrap_due_at = models.DateTimeField(null=True)
    wrap_extended = models.BooleanField(default=False)
    # no offer of new work while it is wrapped up
    wrap_is_exclusive = models.BooleanField(default=False)
    bridge = models.CharField(max_length=12, blank=True, choices=Bridge.choices)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state__in=OWNING),
                name="assignment_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(state__in=AssignmentState.values),
                name="assignment_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["operator"], condition=~Q(state="done"), name="assignment_load"),
            models.Index(
                fields=["wrap_due_at"],
                condition=Q(state="wrapping"),
                name="assignment_wrap_due",
            ),
            models.Index(fields=["ticket", "-started_at"], name="assignment_ticket"),
            models.Index(
                fields=["transferred_at"], condition=Q(transferred_at__isnull=False), name="assignment_handed_on"
            ),
        ]

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} with {self.operator_id}: {self.state}"
