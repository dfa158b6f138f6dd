"""What every app may write: the audit trail and the live events."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

# The running transaction's 64-bit id, which never wraps.
CURRENT_TRANSACTION_ID = models.Func(
    template="(pg_current_xact_id()::text::bigint)", output_field=models.BigIntegerField()
)


class AuditEntry(models.Model):
    """One change: who did what to which object, when. Rows are only ever added."""

    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    account_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80)
    target_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["target_type", "target_id"], name="audit_target"),
            models.Index(fields=["account_id", "-id"], name="audit_account"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"


class LiveEvent(models.Model):
    """One change told to open screens, written in the transaction that makes the change.

    Order is (transaction, id). A reader never goes past the oldest running transaction, so that an event whose
    transaction commits late is not skipped.
    """

    transaction = models.BigIntegerField(db_default=CURRENT_TRANSACTION_ID)
    at = models.DateTimeField(db_default=Now())
    audience = models.CharField(max_length=80)
    account_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["transaction", "id"], name="live_cursor"),
            models.Index(fields=["at"], name="live_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.audience}"


class EventReader(models.Model):
    """How far a reader that must miss no event has come; moved in the transaction of what it makes of the events.

    `busy_until` is a lease for whoever does the reader's further work, so that one does it at a time.
    """

    name = models.CharField(max_length=40, primary_key=True)
    transaction = models.BigIntegerField()
    event_id = models.BigIntegerField()
    busy_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.transaction}-{self.event_id}"


class Heartbeat(models.Model):
    """When a kind of process was last alive (worker); read by /readyz."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name
