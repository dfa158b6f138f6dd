"""Facts of operators' time (events, sessions, slices) and versioned decisions about them (allocations)."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower, Now

from contactcenter.worktime.review_models import (
    ClockCorrection,
    ClockReading,
    Contradiction,
    ContradictionKind,
    CorrectionState,
    Reallocation,
    TimeCorrection,
)

__all__ = [
    "Allocation",
    "AllocationRun",
    "BreakReason",
    "ClockCorrection",
    "ClockReading",
    "Contradiction",
    "ContradictionKind",
    "CorrectionState",
    "FocusSign",
    "IdlePolicy",
    "IdlePolicyKind",
    "OpenPolicyKind",
    "OperatorEvent",
    "Reallocation",
    "Session",
    "Slice",
    "SliceKind",
    "TimeCorrection",
    "UnderivedStretch",
]


class SliceKind(models.TextChoices):
    """Classes of an operator's time, in order of precedence."""

    TALK = "talk", "Talk"
    HOLD = "hold", "Hold"
    FOCUS = "focus", "Focus"
    WRAP = "wrap", "Wrap-up"
    OFFER = "offer", "Offer"
    BREAK = "break", "Break"
    OPEN = "open", "Open"
    IDLE = "idle", "Idle"


class Session(models.Model):
    """One stay of an operator, from logging in to logging out; `ended_at` null means running."""

    operator = models.ForeignKey(
        "operators.Operator", on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    derived_until = models.DateTimeField(null=True)
    close_rule = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="session_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["operator"], condition=Q(ended_at__isnull=True), name="session_one_running"
            ),
        ]
        indexes = [models.Index(fields=["operator", "-started_at"], name="session_operator")]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.started_at:%Y-%m-%d %H:%M}"


class OperatorEvent(models.Model):
    """One thing that happened to an operator. Never edited; a correction is a new event with author and reason.

    Not account-scoped: an operator's timeline spans accounts. `source_key` makes recording idempotent. Events are read
    by operator and time and by their key only: every further index would be paid for by each of them.
    """

    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="events", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    account = models.ForeignKey(
        "tenancy.Account", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ticket_id = models.BigIntegerField(null=True)
    interaction_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=30)
    source_key = models.CharField(max_length=200)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    data = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_key"], name="operator_event_once")]
        indexes = [
            models.Index(fields=["operator", "at", "id"], name="operator_event_timeline"),
            models.Index(fields=["author"], condition=Q(author__isnull=False), name="operator_event_author"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H:%M:%S}"


class UnderivedStretch(models.Model):
    """Events of an operator, from first to last, that the ledger has not followed yet.

    A row of its own for each recording, so that writers never wait for each other; deriving deletes it.
    """

    operator = models.ForeignKey("operators.Operator", on_delete=models.CASCADE, related_name="+", db_index=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    events = models.PositiveIntegerField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_at__gte=F("first_at")), name="underived_ends_after_start")
        ]
        indexes = [models.Index(fields=["operator", "recorded_at"], name="underived_operator")]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.first_at:%Y-%m-%d %H:%M:%S}"


class FocusSign(models.Model):
    """What an operator's consoles last said of their attention: as the ledger was told it, and a later sign held back.

    `subject` '' means that nothing has the attention. Written over by each sign; the ledger follows the events only.
    """

    operator = models.OneToOneField("operators.Operator", primary_key=True, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(
        "tenancy.Account", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    ticket_id = models.BigIntegerField(null=True)
    interaction_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10, blank=True)
    told_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_at__isnull=True) | Q(held_at__gt=F("told_at")), name="focus_sign_held_after_told"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.subject or 'nothing'}"


class Slice(models.Model):
    """An interval [started_at, ended_at) of one operator's session that has one class: a fact.

    `candidates` lists the open interactions [{"account", "interaction"}] of an `open` slice, which has no single owner.
    A slice is never edited: when a late event changes the facts it stays for the allocation runs (and the usage lines)
    that were made from it, no longer current. Read by session, by interaction, and by operator and time through the
    index of `slice_no_overlap` (queries.slices_within).
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="slices", db_index=False)
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    ms = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8, choices=SliceKind.choices)
    account = models.ForeignKey(
        "tenancy.Account", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    interaction_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    candidates = models.JSONField(default=list)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gt=F("started_at")), name="slice_not_empty"),
            models.CheckConstraint(condition=Q(kind__in=SliceKind.values), name="slice_kind_known"),
            ExclusionConstraint(
                name="slice_no_overlap",
                expressions=[
                    ("operator", RangeOperators.EQUAL),
                    (
                        Func(
                            "started_at",
                            "ended_at",
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_current=True),
            ),
        ]
        indexes = [
            models.Index(fields=["session", "started_at"], name="slice_session"),
            models.Index(
                fields=["interaction_id"], condition=Q(interaction_id__isnull=False), name="slice_interaction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ms} ms"


class IdlePolicyKind(models.TextChoices):
    """Whose the idle time is."""

    NONE = "none", "Nobody's"
    HOME = "home", "The home account's"
    PERCENT = "percent", "Shared by percent"
    PROPORTIONAL = "proportional", "Shared in proportion to the time handled in its hour"
    EQUAL = "equal", "Shared equally"
    LEADS_TO = "leads_to", "The next accepted contact's"
    DEDICATED = "dedicated", "All the dedicated account's"


class OpenPolicyKind(models.TextChoices):
    """Whose the time is in which chats are open and none has the focus."""

    EQUAL = "equal", "Shared equally among the open chats"
    WEIGHTED = "weighted", "Shared by the accounts' weights"
    LAST_FOCUSED = "last_focused", "The chat's that had the focus last"
    AS_IDLE = "as_idle", "As idle time"


class IdlePolicy(models.Model):
    """Whose idle and unfocused open time of one operator is, or of everybody without a policy (operator null).

    `settings` has what the kinds take: see policies.policy_from.
    """

    operator = models.OneToOneField(
        "operators.Operator", null=True, blank=True, on_delete=models.CASCADE, related_name="idle_policy"
    )
    kind = models.CharField(max_length=12, choices=IdlePolicyKind.choices, default=IdlePolicyKind.NONE)
    open_kind = models.CharField(max_length=12, choices=OpenPolicyKind.choices, default=OpenPolicyKind.EQUAL)
    settings = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator"], nulls_distinct=False, name="idle_policy_one_default")
        ]

    def __str__(self) -> str:
        return self.kind


class BreakReason(models.Model):
    """A reason that operators choose for a break. Its time is nobody's, unless the reason names an account (a
    training that it ordered).

    `reason` is what is recorded, `labels` what is shown for it: {language: words}. What the reason names when the break
    begins is recorded with it: changing the row changes nothing that was. One that is not active is offered no more.
    """

    reason = models.CharField(max_length=80)
    labels = models.JSONField(default=dict)
    account = models.ForeignKey("tenancy.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("reason"), name="break_reason_once")]

    def __str__(self) -> str:
        return self.reason


class AllocationRun(models.Model):
    """One version of the decision whose account each slice of a session belongs to.

    While a session runs its current run is extended and `revision` counts up; what it said of settled slices stays. A
    late event or another policy makes a new version, which holds what it decides otherwise than the one before; the
    earlier ones stay as they were (queries.allocations_of).
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="allocation_runs", db_index=False)
    version = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    policy = models.JSONField(default=dict)
    is_current = models.BooleanField(default=True)
    reallocation = models.ForeignKey(Reallocation, null=True, on_delete=models.PROTECT, related_name="runs")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "version"], name="allocation_version_once"),
            models.UniqueConstraint(fields=["session"], condition=Q(is_current=True), name="allocation_one_current"),
        ]

    def __str__(self) -> str:
        return f"session {self.session_id} version {self.version}"


class Allocation(models.Model):
    """So many milliseconds of a slice belong to this account (null: to nobody) and interaction.

    Decided by version `run` of the session's allocation, it stands in the later ones too, up to the one before
    `until_version`; null: it is in force. The allocations of a slice that stand together are of one run.
    """

    run = models.ForeignKey(AllocationRun, on_delete=models.CASCADE, related_name="allocations", db_index=False)
    slice = models.ForeignKey(Slice, on_delete=models.CASCADE, related_name="allocations", db_index=False)
    account = models.ForeignKey(
        "tenancy.Account", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    interaction_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=8, choices=SliceKind.choices)
    ms = models.PositiveBigIntegerField()
    until_version = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "until_version"], name="allocation_run"),
            models.Index(fields=["slice"], name="allocation_slice"),
            models.Index(
                fields=["interaction_id"], condition=Q(interaction_id__isnull=False), name="allocation_interaction"
            ),
            models.Index(fields=["account", "kind"], name="allocation_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ms} ms"
