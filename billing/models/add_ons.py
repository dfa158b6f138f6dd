"""Fees beside the tariff that one side proposed and the other approved: add-ons by the period, one-offs."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contactcenter.tenancy.scoped import AccountScopedModel


class AddOnKind(models.TextChoices):
    """Charged in each period, by its share of the days where it is prorated; or charged once."""

    RECURRING = "recurring", "Recurring"
    ONE_OFF = "one_off", "One-off"


class AddOnState(models.TextChoices):
    """Proposed until the other side decides. billing.states says what may follow what."""

    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CANCELLED = "cancelled", "Cancelled"


class Side(models.TextChoices):
    """Who proposes; the other side decides."""

    HOUSE = "house", "House"
    CLIENT = "client", "Client"


class AddOn(AccountScopedModel):
    """A fee beside the tariff. Only what is approved is charged.

    Covers the days [starts_on, ends_on), ends_on null meaning until further notice; a one-off falls due in the period
    of its first day. amount: of one, in `currency`, per period for recurring ones; tax_code: a category of the tariff;
    code: the tariff's component it was chosen from, "" for a fee of its own. What is charged for never changes once it
    is proposed, nor any of it back over what was billed: a trigger (billing_keep_add_on).

    One that buys units ahead has prepaid_units for each of its quantity, in whole prepaid_unit (ms, contact, ...):
    for contacts of its days, on the rates of prepaid_of (none: all that count in them); of those that end together the
    lower prepaid_priority is drawn first. They stay as proposed, too (billing_keep_prepaid).
    """

    kind = models.CharField(max_length=9, choices=AddOnKind.choices)
    code = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=150)
    description = models.CharField(max_length=1000, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=4, default=1)
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    currency = models.CharField(max_length=3)
    tax_code = models.CharField(max_length=200)
    prorate = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    prepaid_units = models.BigIntegerField(null=True)
    prepaid_unit = models.CharField(max_length=10, blank=True)
    prepaid_of = models.JSONField(default=list)
    prepaid_priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=9, choices=AddOnState.choices, default=AddOnState.PROPOSED)
    proposed_side = models.CharField(max_length=6, choices=Side.choices)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, quantity__gt=0), name="add_on_positive"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="add_on_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(prepaid_units__isnull=True, prepaid_unit="")
                | (Q(prepaid_units__gt=0, kind="one_off") & ~Q(prepaid_unit="")),
                name="add_on_prepaid_complete",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="add_on_state_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="add_on_newest"),
            models.Index(fields=["account", "starts_on"], condition=Q(state="approved"), name="add_on_approved"),
            models.Index(fields=["-id"], condition=Q(state="proposed"), name="add_on_proposed"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.name}"

    @property
    def reference(self) -> str:
        """What both sides know it by; the code of its lines on bills."""
        return f"AO-{self.pk:05d}"
