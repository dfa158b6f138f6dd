"""Billable quantities: one line per interaction, operator's day or unanswered call and version of its time, with the
slices it came from.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contactcenter.tenancy.scoped import AccountScopedModel
from contactcenter.tickets.models import Channel, Direction


class UsageLine(AccountScopedModel):
    """The operator's milliseconds on one interaction, as the current allocation gives them, and what else is counted of
    it: time in the menu, put through and with an interpreter, messages, SMS segments, orders.

    Two kinds of lines belong to no interaction, and have no channel: what an operator's session gave the account on one
    of its local days (`session_id`, `day`: idle_ms is waiting, operator_ms all else), and the menu time of a call that
    reached no operator (`call`). `spans` say where the time lies (billing.usage.Span).

    A later allocation that changes them adds a version; the line an invoice was made from stays as it was. The
    contact's name, point and ticket are copied so that an invoice's appendix can be shown as it was issued.
    """

    interaction = models.ForeignKey("tickets.Interaction", null=True, on_delete=models.PROTECT, related_name="+")
    call = models.ForeignKey("tickets.Call", null=True, on_delete=models.PROTECT, related_name="+")
    session_id = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    direction = models.CharField(max_length=3, choices=Direction.choices, blank=True)
    started_at = models.DateTimeField()
    talk_ms = models.PositiveBigIntegerField(default=0)
    hold_ms = models.PositiveBigIntegerField(default=0)
    wrap_ms = models.PositiveBigIntegerField(default=0)
    focus_ms = models.PositiveBigIntegerField(default=0)
    open_ms = models.PositiveBigIntegerField(default=0)
    patched_ms = models.PositiveBigIntegerField(default=0)
    ivr_ms = models.PositiveBigIntegerField(default=0)
    idle_ms = models.PositiveBigIntegerField(default=0)
    operator_ms = models.PositiveBigIntegerField(default=0)
    interpreter_ms = models.PositiveBigIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=8, blank=True)
    queue = models.CharField(max_length=80, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    spans = models.JSONField(default=list)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_point = models.CharField(max_length=320, blank=True)
    ticket_id = models.BigIntegerField(null=True)
    ticket_number = models.CharField(max_length=40, blank=True)
    collected_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interaction", "version"], name="usage_version_once"),
            models.UniqueConstraint(fields=["interaction"], condition=Q(is_current=True), name="usage_one_current"),
            models.UniqueConstraint(fields=["call"], condition=Q(is_current=True), name="usage_call_current"),
            models.UniqueConstraint(
                fields=["session_id", "account", "day"], condition=Q(is_current=True), name="usage_session_current"
            ),
            models.CheckConstraint(
                condition=Q(interaction__isnull=False, call__isnull=True, session_id__isnull=True)
                | Q(interaction__isnull=True, call__isnull=False, session_id__isnull=True, channel="")
                | Q(
                    interaction__isnull=True, call__isnull=True, session_id__isnull=False, channel="", day__isnull=False
                ),
                name="usage_one_origin",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "started_at", "id"], condition=Q(is_current=True), name="usage_current_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.started_at:%Y-%m-%d %H:%M}"


class UsageSource(AccountScopedModel):
    """A piece of a usage line: so many milliseconds of one class, from one slice under one allocation run.

    The ids are of the time ledger, kept as numbers: a session derived anew has new slices, the source stays as it was.
    """

    usage_line = models.ForeignKey(UsageLine, on_delete=models.CASCADE, related_name="sources")
    session_id = models.BigIntegerField()
    allocation_run_id = models.BigIntegerField()
    allocation_version = models.PositiveIntegerField()
    slice_id = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    ms = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["usage_line", "allocation_run_id", "slice_id"], name="usage_source_once")
        ]
        indexes = [models.Index(fields=["session_id"], name="usage_source_session")]

    def __str__(self) -> str:
        return f"{self.kind} {self.ms} ms"


class UsageMark(models.Model):
    """A fact of an interaction or call that changed after it may have been collected; the sweeper takes it and collects
    again. Written by triggers, whoever changes the fact.
    """

    interaction_id = models.BigIntegerField(null=True)
    call_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"interaction {self.interaction_id}" if self.interaction_id else f"call {self.call_id}"


class CollectedRun(models.Model):
    """An allocation run, and the revision of it, whose usage has been collected; the sweeper looks for any other."""

    allocation_run_id = models.BigIntegerField(primary_key=True)
    revision = models.PositiveIntegerField()
    collected_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.allocation_run_id)
