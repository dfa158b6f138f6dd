"""What people and measurements say about the ledger: corrections, allocations made again, contradictions, clocks."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class CorrectionState(models.TextChoices):
    """Where a correction stands; only an approved one is in the ledger."""

    PENDING = "pending", "Waits for approval"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class TimeCorrection(models.Model):
    """Changes to an operator's time that one person proposes and another approves; approval records them as events.

    `changes` is what corrections.changes_of takes; `before` and `after` are the totals [{"account", "kind", "ms"}] of
    the sessions concerned, as they were shown when it was proposed.
    """

    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="time_corrections")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=CorrectionState.choices, default=CorrectionState.PENDING)
    changes = models.JSONField()
    reason = models.CharField(max_length=200)
    before = models.JSONField()
    after = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CorrectionState.values), name="correction_state_known"),
            models.CheckConstraint(
                condition=~Q(state="approved") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("author"))),
                name="correction_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="correction_decided_once",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="correction_by_state"),
            models.Index(fields=["operator", "starts_at"], name="correction_by_operator"),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk} ({self.state})"


class Reallocation(models.Model):
    """The sessions of a period allocated again under another policy, or only calculated (`is_dry_run`).

    `policy` is {"kind", "open_kind", "settings"}, empty: each operator's own as it is set now. `differences` has
    [{"account", "kind", "before_ms", "after_ms"}] of the sessions gone through, complete once `finished_at` is set.
    """

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    policy = models.JSONField(default=dict)
    is_dry_run = models.BooleanField(default=True)
    reason = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    sessions = models.PositiveIntegerField(default=0)
    changed_sessions = models.PositiveIntegerField(default=0)
    differences = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="reallocation_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"allocation {self.pk} of {self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"


class ContradictionKind(models.TextChoices):
    """What two sources, or a source and the rules, do not agree on."""

    NO_LOG_IN = "no_log_in", "Work without a log-in"
    NO_LOG_OUT = "no_log_out", "Log-out missing, closed by rule"
    TWO_CALLS = "two_calls", "Two calls at once"
    CALL_IN_BREAK = "call_in_break", "Call during a break"
    END_MISSING = "end_missing", "Beginning without an end"
    AHEAD_OF_CLOCK = "ahead_of_clock", "Told before it happened"


class Contradiction(models.Model):
    """An interval of an operator's time about which what was told does not fit together; the ledger decided by rule.

    Found while deriving; gone when the events no longer say it (a correction, a late event). What a person has looked
    at is marked by whom.
    """

    operator = models.ForeignKey("operators.Operator", on_delete=models.CASCADE, related_name="contradictions")
    kind = models.CharField(max_length=14, choices=ContradictionKind.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    subject = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(db_default=Now())
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "kind", "starts_at", "ends_at", "subject"], name="contradiction_once"
            ),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="contradiction_ends_after_start"),
        ]
        indexes = [
            models.Index(fields=["-starts_at", "-id"], name="contradiction_newest"),
            models.Index(fields=["operator", "starts_at"], name="contradiction_operator"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M:%S}"


class ClockReading(models.Model):
    """The least by which a source's clock was ahead of ours (ms; negative: nothing proven) in one of our minutes."""

    source = models.CharField(max_length=60)
    minute = models.DateTimeField()
    at_least_ms = models.BigIntegerField()
    readings = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "minute"], name="clock_reading_of_minute")]

    def __str__(self) -> str:
        return f"{self.source} {self.minute:%Y-%m-%d %H:%M}"


class ClockCorrection(models.Model):
    """From the source's instant `valid_from` on, `offset_ms` is taken off what the source stamps. Never changed."""

    source = models.CharField(max_length=60)
    valid_from = models.DateTimeField()
    offset_ms = models.BigIntegerField()
    readings = models.PositiveIntegerField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "valid_from"], name="clock_correction_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.offset_ms:+d} ms"
