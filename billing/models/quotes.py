"""What is offered before a contract, and which prices a client has accepted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.models.issuer import Issuer
from billing.models.tariff import TariffVersion
from contactcenter.tenancy.scoped import AccountScopedModel


class QuoteStatus(models.TextChoices):
    """A draft may change; what was sent stays as it is until it is decided on, withdrawn, or its day has passed."""

    DRAFT = "draft", "Draft"
    SENT = "sent", "Sent"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Quote(AccountScopedModel):
    """An offer of a tariff version to an account, with what it will cost for the volumes expected.

    `volumes` is the canonical form of billing.volumes, `staff` what the comparison with own staff assumes; `estimate`
    and `comparison` are what billing.quoting and billing.comparison made of them. `sheet` (documents.price_sheet),
    `seller` and `buyer` are copied when it is sent; `content_hash` is the SHA-256 of all that the client reads.
    Versions of one number follow each other. A trigger (billing_keep_quote) refuses changes of what was sent.
    """

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=9, choices=QuoteStatus.choices, default=QuoteStatus.DRAFT)
    tariff_version = models.ForeignKey(TariffVersion, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    valid_until = models.DateField()
    note = models.CharField(max_length=2000, blank=True)
    seed = models.PositiveBigIntegerField()
    volumes = models.JSONField()
    staff = models.JSONField(default=dict)
    estimate = models.JSONField()
    comparison = models.JSONField(null=True)
    sheet = models.JSONField(default=dict)
    sheet_hash = models.CharField(max_length=64, blank=True)
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "number", "version"], name="quote_number_once"),
            models.UniqueConstraint(
                fields=["issuer", "number"], condition=Q(status="draft"), name="quote_one_draft_a_number"
            ),
            models.UniqueConstraint(
                fields=["issuer", "number"], condition=Q(status="sent"), name="quote_one_sent_a_number"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", sent_at__isnull=True, decided_at__isnull=True)
                | (Q(status="sent", sent_at__isnull=False, decided_at__isnull=True) & ~Q(content_hash=""))
                | (
                    Q(status__in=["accepted", "declined", "expired", "withdrawn"])
                    & Q(sent_at__isnull=False, decided_at__isnull=False)
                    & ~Q(content_hash="")
                ),
                name="quote_status_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="quote_newest"),
            models.Index(fields=["-id"], name="quote_newest_of_all"),
            models.Index(fields=["valid_until"], condition=Q(status="sent"), name="quote_may_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"


class AcceptanceSource(models.TextChoices):
    """How a client accepted: a quote or a price sheet in the portal, elsewhere as billing people recorded it, or by the
    contract that was there before sheets were.
    """

    QUOTE = "quote", "Quote"
    PORTAL = "portal", "Portal"
    RECORDED = "recorded", "Recorded"
    IMPORTED = "imported", "Imported"


class PriceAcceptance(AccountScopedModel):
    """An account has accepted the prices of a tariff version, which bind it from effective_from on.

    `sheet` is what was accepted, `evidence` where it is to be found if not here. A trigger (billing_keep_acceptance)
    refuses any change.
    """

    tariff_version = models.ForeignKey(TariffVersion, on_delete=models.PROTECT, related_name="acceptances")
    quote = models.ForeignKey(Quote, null=True, on_delete=models.PROTECT, related_name="acceptances")
    source = models.CharField(max_length=8, choices=AcceptanceSource.choices)
    effective_from = models.DateField()
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_name = models.CharField(max_length=200)
    evidence = models.CharField(max_length=500, blank=True)
    sheet = models.JSONField()
    sheet_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "tariff_version", "effective_from"], name="price_acceptance_once"
            ),
            models.CheckConstraint(
                condition=Q(source="quote", quote__isnull=False) | (~Q(source="quote") & Q(quote__isnull=True)),
                name="price_acceptance_source_complete",
            ),
            models.CheckConstraint(condition=~Q(accepted_name=""), name="price_acceptance_named"),
        ]

    def __str__(self) -> str:
        return f"version {self.tariff_version_id} from {self.effective_from}"
