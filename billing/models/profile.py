"""What a document says of an account beyond the account's own particulars."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class BillingProfile(AccountScopedModel):
    """Where and as whom an account receives documents; copied into each, empty texts are left out.

    `reference` is what the buyer wants to read on every invoice (BT-10), `registration` its number in a register of
    businesses (BT-47). `reminders` off: no reminder is ever written.
    """

    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    registration = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    reminders = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="billing_profile_once")]

    def __str__(self) -> str:
        return f"billing profile of account {self.account_id}"
