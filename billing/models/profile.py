"""What a document says of an account beyond the account's own particulars."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class BillingProfile(AccountScopedModel):
    """Where and as whom an account receives documents; copied into each, empty texts are left out.

    `reference` is what the buyer wants to read on every invoice (BT-10), `registration` its number in a register of
    businesses (BT-47). `language` "" is the account's. Documents go to the account's billing address and to `emails`,
    unless `sends_documents` is off; `reminders` off: no reminder is ever written. `payment_days` null: the issuer's.
    `is_reverse_charge`: the buyer owes the tax, so that none is charged (category AE).
    """

    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    registration = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    reminders = models.BooleanField(default=True)
    emails = ArrayField(models.EmailField(), default=list, blank=True, size=10)
    sends_documents = models.BooleanField(default=True)
    language = models.CharField(max_length=8, blank=True)
    payment_days = models.PositiveSmallIntegerField(null=True)
    is_reverse_charge = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="billing_profile_once")]

    def __str__(self) -> str:
        return f"billing profile of account {self.account_id}"


class ProposalState(models.TextChoices):
    """A proposal waits until the house takes it over or declines it, or the client takes it back."""

    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ProfileProposal(AccountScopedModel):
    """What a client wants changed in its billing profile; `values` by field, checked when proposed and when accepted.
    One waiting proposal an account.
    """

    values = models.JSONField()
    state = models.CharField(max_length=9, choices=ProposalState.choices, default=ProposalState.WAITING)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="waiting"), name="profile_proposal_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="profile_proposal_state_complete",
            ),
        ]
        indexes = [models.Index(fields=["-id"], condition=Q(state="waiting"), name="profile_proposal_waiting")]

    def __str__(self) -> str:
        return f"profile proposal {self.pk} {self.state}"
