"""Business hours, what is promised within them, and the clocks that tell how the promise stands."""

from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class Calendar(models.Model):
    """When something is open: spans per weekday in a time zone, without holidays; kernel/business_time.py reads it.

    `week`: seven lists (Monday first) of ["HH:MM", "HH:MM"]; one that ends at or before its start runs past midnight.
    `days`: [{"on": "YYYY-MM-DD", "name": str, "spans": [...]}] replace the week and the holidays on their day.
    `holiday_country` ('' for none) and `holiday_subdivision` are ISO 3166 codes as the package `holidays` knows them.
    """

    name = models.CharField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    week = models.JSONField(default=list)
    days = models.JSONField(default=list)
    holiday_country = models.CharField(max_length=2, blank=True)
    holiday_subdivision = models.CharField(max_length=6, blank=True)

    def __str__(self) -> str:
        return self.name


class SlaPolicy(models.Model):
    """A promise: targets by priority, counted in the calendar's time (without one: around the clock).

    `account` null: for queues that name it. An account's own policy holds where its queue names none.
    """

    name = models.CharField(max_length=80)
    account = models.ForeignKey(
        "tenancy.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="sla_policies"
    )
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="sla_policy_of_account")]

    def __str__(self) -> str:
        return self.name


class SlaTarget(models.Model):
    """What is promised to tickets of one priority (null: of any other one). Seconds; null: nothing is promised."""

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="targets")
    priority = models.SmallIntegerField(null=True, blank=True)
    first_reply_s = models.PositiveIntegerField(null=True, blank=True)
    next_reply_s = models.PositiveIntegerField(null=True, blank=True)
    resolution_s = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "priority"], nulls_distinct=False, name="sla_target_once")
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.priority}"


class ClockKind(models.TextChoices):
    """What is promised."""

    FIRST_REPLY = "first_reply", "First reply"
    NEXT_REPLY = "next_reply", "Next reply"
    RESOLUTION = "resolution", "Resolution"


class SlaClock(AccountScopedModel):
    """One promise on one ticket. It has run `elapsed_ms` of business time and runs on since `running_since`.

    `running_since` null: it stands (on hold, waiting for the contact) or has ended; then `due_at` is null.
    `met_at` null: it has not ended. `breached_at`: when it ran out, met or not.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=12, choices=ClockKind.choices)
    target_s = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    elapsed_ms = models.PositiveBigIntegerField(default=0)
    running_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "kind"], condition=Q(met_at__isnull=True), name="sla_clock_once"),
            models.CheckConstraint(condition=Q(kind__in=ClockKind.values), name="sla_clock_kind_known"),
            models.CheckConstraint(
                condition=Q(running_since__isnull=True) ^ Q(due_at__isnull=False), name="sla_clock_due_while_running"
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "started_at"], name="sla_clock_ticket"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False, breached_at__isnull=True), name="sla_clock_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"
