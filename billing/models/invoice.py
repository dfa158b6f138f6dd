"""Invoices: drafts that can be built again, issued ones that a database trigger keeps as they are."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.models.issuer import NumberSeries
from contactcenter.tenancy.scoped import AccountScopedModel


class InvoiceStatus(models.TextChoices):
    """A draft can be built again until it is approved as it stands; an issued document never changes."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    ISSUED = "issued", "Issued"


class DocumentKind(models.TextChoices):
    """What a document is; both kinds are rows of Invoice, numbered in series of their own."""

    INVOICE = "invoice", "Invoice"
    CREDIT_NOTE = "credit_note", "Credit note"


class CreditReason(models.TextChoices):
    """Why something is credited. A cancellation takes all of an invoice back, so that its period can be billed again;
    late usage counts as booked when later usage is compared.
    """

    CANCELLATION = "cancellation", "Cancellation"
    DISPUTE = "dispute", "Dispute"
    GOODWILL = "goodwill", "Goodwill"
    LATE_USAGE = "late_usage", "Late usage"


class Invoice(AccountScopedModel):
    """What an account pays for a period, or gets back: an invoice, or the credit note that `corrects` one.

    `seller`, `buyer`, `tariff` (the terms of each segment) and `corrections` (late usage of former periods) are copies
    made at the time; `content_hash` is the SHA-256 of the canonical content (billing.snapshot), `chain_hash` joins it
    to the issuer's document before. Amounts are in `currency`, negative on credit notes; net = sum of lines, total =
    net + tax. `revision` counts the invoices of a period: a further one needs the cancellation of the one before.
    """

    kind = models.CharField(max_length=12, choices=DocumentKind.choices, default=DocumentKind.INVOICE)
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_notes")
    reason_code = models.CharField(max_length=12, choices=CreditReason.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    period = models.CharField(max_length=10)
    revision = models.PositiveSmallIntegerField(default=1)
    period_start = models.DateField()
    period_end = models.DateField()
    status = models.CharField(max_length=8, choices=InvoiceStatus.choices, default=InvoiceStatus.DRAFT)
    series = models.ForeignKey(NumberSeries, null=True, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField(null=True)
    number = models.CharField(max_length=40, null=True, unique=True)
    built_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    language = models.CharField(max_length=8)
    time_zone = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    digits = models.PositiveSmallIntegerField()
    net = models.DecimalField(max_digits=20, decimal_places=4)
    tax = models.DecimalField(max_digits=20, decimal_places=4)
    total = models.DecimalField(max_digits=20, decimal_places=4)
    taxes = models.JSONField(default=list)
    tariff = models.JSONField(default=list)
    corrections = models.JSONField(default=list)
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    unpriced = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(max_length=64)
    chain_position = models.PositiveBigIntegerField(null=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    chain_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "period", "revision"], condition=Q(kind="invoice"), name="invoice_period_once"
            ),
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_number_once"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax")), name="invoice_total_adds_up"),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="invoice_period_not_empty"),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects__isnull=True, reason_code="")
                | Q(kind="credit_note", corrects__isnull=False, reason_code__in=CreditReason.values),
                name="invoice_kind_complete",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", number__isnull=True, issued_at__isnull=True, approved_at__isnull=True)
                | Q(status="approved", number__isnull=True, issued_at__isnull=True, approved_at__isnull=False)
                | Q(
                    status="issued",
                    number__isnull=False,
                    series__isnull=False,
                    sequence__isnull=False,
                    issued_at__isnull=False,
                    due_on__isnull=False,
                    chain_position__isnull=False,
                )
                & ~Q(chain_hash=""),
                name="invoice_status_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-period_start", "-id"], name="invoice_newest"),
            models.Index(fields=["-period_start", "-id"], name="invoice_newest_of_all"),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.period}"


class InvoiceLine(AccountScopedModel):
    """One line as printed; `explanation` tells how the amount came about (billing.explanation).

    A credit note's line `credits` a line of the invoice, with the amount taken back, below zero where that was above.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    segment = models.CharField(max_length=40, blank=True)
    tax_code = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    explanation = models.JSONField()
    credits = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_lines")
    add_on = models.ForeignKey("billing.AddOn", null=True, on_delete=models.PROTECT, related_name="lines")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once")]

    def __str__(self) -> str:
        return f"{self.position} {self.name}"


class InvoiceLineUsage(AccountScopedModel):
    """One contact on a usage line: its units (milliseconds or contacts, as the line says) and its part of the amount.

    raw - waived + rounding = billed; billed - included = charged; the parts of a line sum to its amount. `revision` is
    the invoice's: a usage line is on one invoice, and on a further one only where that was cancelled. There each
    component charges it once: `charge` is the component's code, with the tax code where it follows other lines' taxes.
    """

    line = models.ForeignKey(InvoiceLine, on_delete=models.CASCADE, related_name="contacts")
    usage_line = models.ForeignKey("billing.UsageLine", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveSmallIntegerField(default=1)
    charge = models.CharField(max_length=401, blank=True)
    position = models.PositiveIntegerField()
    raw = models.PositiveBigIntegerField()
    waived = models.PositiveBigIntegerField()
    rounding = models.PositiveBigIntegerField()
    billed = models.PositiveBigIntegerField()
    included = models.PositiveBigIntegerField()
    charged = models.PositiveBigIntegerField()
    exact = models.CharField(max_length=80)
    amount = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "position"], name="invoice_contact_once"),
            models.UniqueConstraint(fields=["usage_line", "revision", "charge"], name="invoice_usage_once"),
            models.CheckConstraint(
                condition=Q(billed=F("raw") - F("waived") + F("rounding")) & Q(billed=F("included") + F("charged")),
                name="invoice_contact_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}/{self.position}"


class ParkedBill(AccountScopedModel):
    """A period of an account that could not be billed, and why. Gone as soon as it can."""

    period = models.CharField(max_length=10)
    reason = models.CharField(max_length=1000)
    parked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "period"], name="parked_bill_once")]

    def __str__(self) -> str:
        return f"{self.period}: {self.reason}"
