"""What is sold: tariffs with their versions, and who has which from when."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from contactcenter.tenancy.scoped import AccountScopedModel


class Tariff(models.Model):
    """A price list that contracts name. Its prices are in its versions. The house's, not an account's."""

    name = models.CharField(max_length=120, unique=True)
    is_active = models.BooleanField(default=True)
    # clients are shown what their usage would cost under it
    is_offered = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class VersionState(models.TextChoices):
    """A draft may change; once in force a version never does."""

    DRAFT = "draft", "Draft"
    IN_FORCE = "in_force", "In force"


class TariffVersion(models.Model):
    """The terms of a tariff from a day on, until the next version's day. A database trigger refuses changes in force.

    `document` is the canonical form of billing.terms_document.
    """

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    document = models.JSONField()
    effective_from = models.DateField(null=True)
    put_in_force_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_number_once"),
            models.UniqueConstraint(fields=["tariff"], condition=Q(state="draft"), name="tariff_version_one_draft"),
            models.UniqueConstraint(
                fields=["tariff", "effective_from"], condition=Q(state="in_force"), name="tariff_version_one_a_day"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", put_in_force_at__isnull=True)
                | Q(state="in_force", effective_from__isnull=False, put_in_force_at__isnull=False),
                name="tariff_version_state_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff_id} version {self.number}"


class Contract(AccountScopedModel):
    """An account has a tariff on the days [starts_on, ends_on); ends_on null means until further notice."""

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="contracts")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="contract_ends_after_start"
            ),
            ExclusionConstraint(
                name="contract_no_overlap",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_on",
                            "ends_on",
                            RangeBoundary(),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [models.Index(fields=["account", "starts_on"], name="contract_timeline")]

    def __str__(self) -> str:
        return f"{self.tariff_id} from {self.starts_on}"
