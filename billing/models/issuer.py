"""Who issues documents, and the order they come in: number series without gaps, and one chain of hashes an issuer."""

from django.db import models


class Issuer(models.Model):
    """The house that issues invoices; its particulars are copied into each.

    `grace_days` after a period's end its drafts still take in late usage: nothing is approved before. `late_periods` is
    how many periods back late usage is billed without a person's word. `sends_documents` off: nothing is mailed when it
    is issued, to nobody.
    """

    legal_name = models.CharField(max_length=200)
    legal_address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    bank_account = models.CharField(max_length=120, blank=True)
    number_prefix = models.CharField(max_length=12, default="INV-")
    credit_prefix = models.CharField(max_length=12, default="CN-")
    payment_days = models.PositiveSmallIntegerField(default=14)
    grace_days = models.PositiveSmallIntegerField(default=0)
    late_periods = models.PositiveSmallIntegerField(default=3)
    sends_documents = models.BooleanField(default=True)

    class Meta:
        constraints = [
            # one series of numbers would hold both kinds otherwise, and a number would name two documents
            models.CheckConstraint(
                condition=~models.Q(number_prefix=models.F("credit_prefix")), name="issuer_prefixes_differ"
            ),
        ]

    def __str__(self) -> str:
        return self.legal_name


class NumberSeries(models.Model):
    """The next number of a series, taken under a row lock in the issuing transaction, so that none is left out.

    One an issuer, kind of document and year; `code` is the year for invoices, "CN-" and the year for credit notes.
    """

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="series")
    code = models.CharField(max_length=20)
    next_number = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "code"], name="number_series_once")]

    def __str__(self) -> str:
        return f"{self.code}: {self.next_number}"


class DocumentChain(models.Model):
    """The end of an issuer's chain: the hash of the document issued last, which the next one carries on."""

    issuer = models.OneToOneField(Issuer, on_delete=models.PROTECT, primary_key=True, related_name="chain")
    length = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.length} documents"
