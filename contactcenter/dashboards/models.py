"""Roll-ups: what happened, added up by quarters of an hour and by days, so that dashboards need not read every fact.

Never written by hand: dashboards/rollups/actions.py recomputes a bucket from the facts whenever one of them changed.
`answered_within` and `abandoned_within` count by the bounds of tenancy's SERVICE_LEVEL_SECONDS, each bound including
the shorter ones, so that any threshold can be chosen afterwards. Definitions of all figures: docs/metrics.md.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contactcenter.tenancy.scoped import AccountScopedModel


class ContactSums(AccountScopedModel):
    """Contacts of one account, queue (null: none), channel and language. Waits and times are whole milliseconds.

    `answered`, `abandoned` and `wait_ms` (of the answered) are the customers' waits of every channel; `handled` and the
    rest tell of contacts that have ended. `repeated` (of `inbound`) came back on the same subject within seven days.
    """

    queue_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=8, blank=True)
    contacts = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    abandoned = models.PositiveIntegerField()
    wait_ms = models.PositiveBigIntegerField()
    answered_within = ArrayField(models.PositiveIntegerField())
    abandoned_within = ArrayField(models.PositiveIntegerField())
    handled = models.PositiveIntegerField()
    conversation_ms = models.PositiveBigIntegerField()
    wrap_ms = models.PositiveBigIntegerField()
    transferred = models.PositiveIntegerField()
    inbound = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField()
    rated = models.PositiveIntegerField()
    satisfied = models.PositiveIntegerField()

    class Meta:
        abstract = True


class ContactQuarter(ContactSums):
    """Contacts that began in the quarter of an hour from `at` (UTC)."""

    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "at", "queue_id", "channel", "language"],
                nulls_distinct=False,
                name="contact_quarter_once",
            )
        ]
        indexes = [models.Index(fields=["at"], name="contact_quarter_at")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.at:%Y-%m-%d %H:%M} {self.channel}"


class ContactDay(ContactSums):
    """Contacts that began on the account's local day `on`: its quarters added up."""

    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "on", "queue_id", "channel", "language"],
                nulls_distinct=False,
                name="contact_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.on} {self.channel}"


class OperatorSums(models.Model):
    """An operator's time and work. Not account-scoped: an operator's clock spans accounts.

    A row without an account is the wall clock by class; rows with one say what was `handled` for it. The two are never
    added: handle times of contacts served at once overlap.
    """

    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("tenancy.Account", null=True, on_delete=models.PROTECT, related_name="+")
    queue_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=8, blank=True)
    talk_ms = models.PositiveBigIntegerField(default=0)
    hold_ms = models.PositiveBigIntegerField(default=0)
    focus_ms = models.PositiveBigIntegerField(default=0)
    wrap_ms = models.PositiveBigIntegerField(default=0)
    open_ms = models.PositiveBigIntegerField(default=0)
    offer_ms = models.PositiveBigIntegerField(default=0)
    break_ms = models.PositiveBigIntegerField(default=0)
    idle_ms = models.PositiveBigIntegerField(default=0)
    handled = models.PositiveIntegerField(default=0)
    conversation_ms = models.PositiveBigIntegerField(default=0)
    wrapped_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True


class OperatorQuarter(OperatorSums):
    """The quarter of an hour from `at` (UTC); contacts by when they began, the clock cut at its bounds."""

    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "at", "account", "queue_id", "channel", "language"],
                nulls_distinct=False,
                name="operator_quarter_once",
            )
        ]
        indexes = [models.Index(fields=["at"], name="operator_quarter_at")]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.at:%Y-%m-%d %H:%M}"


class OperatorDay(OperatorSums):
    """The UTC day `on`: its quarters added up."""

    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "on", "account", "queue_id", "channel", "language"],
                nulls_distinct=False,
                name="operator_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.on}"


class RollupMark(models.Model):
    """A fact changed whose buckets are to be recomputed. Written by database triggers in the change's own transaction.

    A row of its own for each change, so that writers never wait for each other. Which columns are set says what:
    account and instants (its buckets from `first_at` to `last_at`; without instants: its days), ticket or contact (also
    the contact's earlier interactions), operator and instants (the operator's buckets).
    """

    account_id = models.BigIntegerField(null=True)
    operator_id = models.BigIntegerField(null=True)
    ticket_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account_id__isnull=False)
                | Q(operator_id__isnull=False)
                | Q(ticket_id__isnull=False)
                | Q(contact_id__isnull=False),
                name="rollup_mark_of_something",
            )
        ]

    def __str__(self) -> str:
        return f"account {self.account_id} operator {self.operator_id} {self.first_at}"


class ProofRun(models.Model):
    """One run of the proof; `error` says why it could not be made, `checks` is what manage.py verify prints."""

    at = models.DateTimeField()
    took_ms = models.PositiveBigIntegerField()
    is_ok = models.BooleanField()
    differences = models.PositiveIntegerField(default=0)
    checks = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="proof_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {'ok' if self.is_ok else 'differs'}"
