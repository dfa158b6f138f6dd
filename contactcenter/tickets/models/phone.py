"""Calls as the telephone system saw them, and the stays within a call."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel
from contactcenter.tickets.models.words import Direction


class Call(AccountScopedModel):
    """One call of one customer, all its legs stitched. Durations are whole milliseconds; null: not known.

    `endpoint_id` is the channel endpoint the call came in by; (endpoint_id, external_id) is the source's identity.
    `queue_name` is the telephone system's word, `queue_id` the routing queue it counts for. `campaign` is that of the
    endpoint, or of the ticket that an operator called for.
    """

    ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="calls")
    contact = models.ForeignKey("contacts.Contact", null=True, on_delete=models.PROTECT, related_name="+")
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    endpoint_id = models.BigIntegerField()
    external_id = models.CharField(max_length=160)
    external_ids = models.JSONField(default=list)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    from_number = models.CharField(max_length=64, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    to_number = models.CharField(max_length=64, blank=True)
    queue_name = models.CharField(max_length=80, blank=True)
    queue_id = models.BigIntegerField(null=True)
    campaign = models.CharField(max_length=120, blank=True, default="", db_default="")
    started_at = models.DateTimeField()
    enqueued_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wait_ms = models.PositiveBigIntegerField(null=True)
    ring_ms = models.PositiveBigIntegerField(null=True)
    talk_ms = models.PositiveBigIntegerField(null=True)
    hold_ms = models.PositiveBigIntegerField(null=True)
    outcome = models.CharField(max_length=24, blank=True)
    hung_up_by = models.CharField(max_length=24, blank=True)
    transfers = models.JSONField(default=list)
    flags = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint_id", "external_id"], name="call_external_once"),
        ]
        indexes = [
            models.Index(fields=["ticket", "started_at", "id"], name="call_timeline"),
            models.Index(fields=["account", "-started_at", "-id"], name="call_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.from_number} {self.started_at:%Y-%m-%d %H:%M}"


class CallSegment(AccountScopedModel):
    """One stay within a call: in a queue, with one operator, or with an outside number.

    `talk_ms` runs from answer to end and includes `hold_ms`; `holds` is [{"start", "end"}] in ISO 8601.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="segments")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    queue_name = models.CharField(max_length=80, blank=True)
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    operator_name = models.CharField(max_length=120, blank=True)
    interaction = models.ForeignKey("tickets.Interaction", null=True, on_delete=models.PROTECT, related_name="+")
    enqueued_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ring_ms = models.PositiveBigIntegerField(null=True)
    wait_ms = models.PositiveBigIntegerField(null=True)
    talk_ms = models.PositiveBigIntegerField(null=True)
    hold_ms = models.PositiveBigIntegerField(null=True)
    holds = models.JSONField(default=list)
    outcome = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "position"], name="call_segment_once")]

    def __str__(self) -> str:
        return f"{self.call_id}/{self.position} {self.kind}"
