"""Invoices: drafts that can be built again, issued ones that a database trigger keeps as they are."""

from django.db import models
from django.db.models import F, Q

from contactcenter.tenancy.scoped import AccountScopedModel


class Issuer(models.Model):
    """The house that issues invoices; its particulars are copied into each."""

    legal_name = models.CharField(max_length=200)
    legal_address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    bank_account = models.CharField(max_length=120, blank=True)
    number_prefix = models.CharField(max_length=12, default="INV-")
    payment_days = models.PositiveSmallIntegerField(default=14)

    def __str__(self) -> str:
        return self.legal_name


class NumberSeries(models.Model):
    """The next number of a series, taken under a row lock in the issuing transaction, so that none is left out."""

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="series")
    code = models.CharField(max_length=20)
    next_number = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "code"], name="number_series_once")]

    def __str__(self) -> str:
        return f"{self.code}: {self.next_number}"


class InvoiceStatus(models.TextChoices):
    """A draft can be built again; an issued invoice never changes."""

    DRAFT = "draft", "Draft"
    ISSUED = "issued", "Issued"


class Invoice(AccountScopedModel):
    """What an account pays for a period, one per account and period.

    `seller`, `buyer`, `tariff` (the terms of each segment) are copies made at the time; `content_hash` is the SHA-256
    of the canonical content (billing.snapshot). Amounts are in `currency`; net = sum of lines, total = net + tax.
    """

    period = models.CharField(max_length=10)
    period_start = models.DateField()
    period_end = models.DateField()
    status = models.CharField(max_length=8, choices=InvoiceStatus.choices, default=InvoiceStatus.DRAFT)
    series = models.ForeignKey(NumberSeries, null=True, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField(null=True)
    number = models.CharField(max_length=40, null=True, unique=True)
    built_at = models.DateTimeField()
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
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    unpriced = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "period"], name="invoice_period_once"),
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_number_once"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax")), name="invoice_total_adds_up"),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="invoice_period_not_empty"),
            models.CheckConstraint(
                condition=Q(status="draft", number__isnull=True, issued_at__isnull=True)
                | Q(
                    status="issued",
                    number__isnull=False,
                    series__isnull=False,
                    sequence__isnull=False,
                    issued_at__isnull=False,
                    due_on__isnull=False,
                ),
                name="invoice_status_complete",
            ),
        ]
        indexes = [models.Index(fields=["account", "-period_start", "-id"], name="invoice_newest")]

    def __str__(self) -> str:
        return self.number or f"draft {self.period}"


class InvoiceLine(AccountScopedModel):
    """One line as printed; `explanation` tells how the amount came about (billing.explanation)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    segment = models.CharField(max_length=40, blank=True)
    tax_code = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    explanation = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once")]

    def __str__(self) -> str:
        return f"{self.position} {self.name}"


class InvoiceLineUsage(AccountScopedModel):
    """One contact on a usage line: its units (milliseconds or contacts, as the line says) and its part of the amount.

    raw - waived + rounding = billed; billed - included = charged; the parts of a line sum to its amount.
    """

    line = models.ForeignKey(InvoiceLine, on_delete=models.CASCADE, related_name="contacts")
    usage_line = models.OneToOneField("billing.UsageLine", on_delete=models.PROTECT, related_name="+")
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
