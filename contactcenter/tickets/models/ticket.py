"""A ticket, its number, its drafts and the interactions handled on it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from contactcenter.tenancy.scoped import AccountScopedModel
from contactcenter.tickets.models.words import Channel, Direction, TicketStatus

OPEN_STATUSES = (TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING)


class TicketCounter(models.Model):
    """The last ticket number given out per account (apart from the account, so that nothing else waits for it)."""

    account = models.OneToOneField("tenancy.Account", primary_key=True, on_delete=models.PROTECT, related_name="+")
    last_number = models.PositiveBigIntegerField(default=1000)

    def __str__(self) -> str:
        return f"{self.account_id}: {self.last_number}"


class Ticket(AccountScopedModel):
    """One matter of one contact with one account; `campaign` is that of the endpoint it came by, "" none."""

    number = models.PositiveBigIntegerField()
    contact = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="tickets")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    language = models.CharField(max_length=8, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    preview = models.CharField(max_length=160, blank=True)
    status = models.CharField(max_length=10, choices=TicketStatus.choices, default=TicketStatus.NEW)
    priority = models.SmallIntegerField(default=0)
    assignee = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="tickets")
    unread = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    campaign = models.CharField(max_length=120, blank=True, default="", db_default="")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged_tickets")
    # written by sla_actions.py from the clocks: the next instant that something is due, and what
    sla_policy = models.ForeignKey("tickets.SlaPolicy", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True)
    due_for = models.CharField(max_length=12, blank=True)
    is_breached = models.BooleanField(default=False)
    # on hold, or put away until an instant: no promise runs meanwhile (sla_actions.stop_clocks)
    clocks_stand = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="ticket_number_once"),
            models.CheckConstraint(condition=models.Q(status__in=TicketStatus.values), name="ticket_status_known"),
        ]
        indexes = [
            models.Index(fields=["account", "-last_activity_at", "-id"], name="ticket_account_activity"),
            models.Index(fields=["-last_activity_at", "-id"], name="ticket_activity"),
            models.Index(
                fields=["assignee", "-last_activity_at", "-id"],
                condition=models.Q(status__in=["new", "open", "pending"]),
                name="ticket_assignee_open",
            ),
            models.Index(fields=["contact", "-id"], name="ticket_contact"),
            models.Index(
                fields=["-last_activity_at", "-id"],
                condition=models.Q(status__in=["new", "open", "pending"]),
                name="ticket_open_activity",
            ),
            models.Index(fields=["number"], name="ticket_number"),
            # icontains asks UPPER(column) LIKE UPPER(pattern)
            GinIndex(
                OpClass(Upper("subject"), name="gin_trgm_ops"),
                OpClass(Upper("preview"), name="gin_trgm_ops"),
                name="ticket_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"


class TicketLink(models.Model):
    """Two tickets of different accounts that stem from one message; each side sees only that a sibling exists.

    Not account-scoped: the row names no content. `key` is the sha256 of the common origin.
    """

    key = models.CharField(max_length=64)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "ticket"], name="ticket_link_once")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.ticket_id}"


class Draft(AccountScopedModel):
    """What a person has typed but not sent, per ticket and channel ('note' for a note)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user", "channel"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft {self.ticket_id} {self.channel}"


class Interaction(AccountScopedModel):
    """One handled unit on one channel by one operator: what AHT counts and what per-contact prices count.

    A caller who was put through to an outside number (`patched_to`) speaks there in [patched_at, patch_ended_at): time
    of the line, not of the operator, with a price of its own.
    `queue_id` is the queue it came from (routing's; null: none, or not known yet). It stays when queues change.
    `orders` were taken in it, worth `order_amount` in the account's currency (null: nobody said).
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="interactions")
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="interactions")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.INBOUND)
    source_key = models.CharField(max_length=160, null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    wrapped_at = models.DateTimeField(null=True)
    disposition = models.ForeignKey("playbooks.Disposition", null=True, on_delete=models.PROTECT, related_name="+")
    comment = models.CharField(max_length=500, blank=True)
    waited_ms = models.PositiveBigIntegerField(null=True)
    patched_to = models.CharField(max_length=64, blank=True)
    patched_at = models.DateTimeField(null=True)
    patch_ended_at = models.DateTimeField(null=True)
    queue_id = models.BigIntegerField(null=True)
    orders = models.PositiveSmallIntegerField(default=0, db_default=0)
    order_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "source_key"], name="interaction_source_once"),
            models.CheckConstraint(
                condition=models.Q(order_amount__isnull=True)
                | (models.Q(order_amount__gte=0) & models.Q(orders__gt=0)),
                name="interaction_amount_of_orders",
            ),
            models.CheckConstraint(
                condition=models.Q(patch_ended_at__isnull=True) | models.Q(patch_ended_at__gte=models.F("patched_at")),
                name="interaction_patch_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("started_at")),
                name="interaction_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-started_at", "-id"], name="interaction_newest"),
            models.Index(fields=["ticket", "started_at"], name="interaction_ticket"),
            models.Index(fields=["operator", "-started_at"], name="interaction_operator"),
            # calls that go on
            models.Index(
                fields=["operator"],
                condition=models.Q(channel="voice", ended_at__isnull=True, source_key__isnull=False),
                name="interaction_calling",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def patched_ms(self) -> int | None:
        """Whole milliseconds of the patch; None while it lasts, or where there was none."""
        if self.patched_at is None or self.patch_ended_at is None:
            return None
        return (self.patch_ended_at - self.patched_at) // timedelta(milliseconds=1)
