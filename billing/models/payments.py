"""Money that moves: payments as the bank reports them, and the book in which every movement sums to zero."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.models.invoice import Invoice
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.scoped import AccountScopedModel


class PaymentSource(models.TextChoices):
    """How a payment became known."""

    MANUAL = "manual", "By hand"
    CSV = "csv", "CSV file"
    CAMT = "camt", "CAMT.053 file"


class Payment(models.Model):
    """Money that came in. The house's until it is matched to an account; `external_id` makes a file harmless twice."""

    source = models.CharField(max_length=6, choices=PaymentSource.choices)
    external_id = models.CharField(max_length=80, unique=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    currency = models.CharField(max_length=3)
    paid_on = models.DateField()
    payer = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=500, blank=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    matched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(account__isnull=True, matched_at__isnull=True)
                | Q(account__isnull=False, matched_at__isnull=False),
                name="payment_matched_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], condition=Q(account__isnull=True), name="payment_unmatched"),
            models.Index(fields=["account", "-id"], name="payment_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.paid_on}"


class MovementKind(models.TextChoices):
    """Why money moved."""

    PAYMENT = "payment", "Payment"
    SETTLEMENT = "settlement", "Settlement"
    SURPLUS = "surplus", "Surplus"
    REFUND = "refund", "Refund"


class Book(models.TextChoices):
    """Where money is: in the bank, in the account's wallet, or on an invoice as paid."""

    BANK = "bank", "Bank"
    WALLET = "wallet", "Wallet"
    INVOICE = "invoice", "Invoice"


class MoneyMovement(AccountScopedModel):
    """One movement of an account's money. Never changed; a mistake is moved back."""

    kind = models.CharField(max_length=10, choices=MovementKind.choices)
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="movements")
    note = models.CharField(max_length=500, blank=True)
    moved_at = models.DateTimeField()
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment"], condition=Q(kind="payment"), name="payment_booked_once"),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="movement_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class MoneyEntry(AccountScopedModel):
    """One leg of a movement, below zero where the money comes from.

    The legs of a movement sum to zero, a wallet is never below zero: triggers see to both.
    """

    movement = models.ForeignKey(MoneyMovement, on_delete=models.PROTECT, related_name="entries")
    book = models.CharField(max_length=8, choices=Book.choices)
    invoice = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="money_entries")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(book="invoice", invoice__isnull=False) | (~Q(book="invoice") & Q(invoice__isnull=True)),
                name="money_entry_book_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "currency"], condition=Q(book="wallet"), name="money_entry_wallet"),
        ]

    def __str__(self) -> str:
        return f"{self.book} {self.amount} {self.currency}"
