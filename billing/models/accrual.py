"""Running sums of a period's usage, so that what it costs so far is read at once however much there is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class Accrual(AccountScopedModel):
    """The sums of an account's period, built for the contracts and versions that `plan` names; "" while unbuilt.

    Its row is locked by whoever adds usage or builds the sums, so that none is lost or counted twice. Other plans than
    that of now are built anew on the next read.

    `touched` counts up whenever usage of the period comes or goes, and whenever what is booked for it does; once the
    period is invoiced and everything up to some count is booked, `settled` says so: there is no late usage to look for.
    """

    period = models.CharField(max_length=10)
    plan = models.CharField(max_length=64, blank=True)
    touched = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "period"], name="accrual_period_once")]

    def __str__(self) -> str:
        return self.period


class AccrualSum(AccountScopedModel):
    """What the contacts of one rate come to (billing.running_sums.Sums); code "" counts those that no rate fits.

    `times` are milliseconds in the order of billing.terms.TimeClass.
    """

    accrual = models.ForeignKey(Accrual, on_delete=models.CASCADE, related_name="sums")
    code = models.CharField(max_length=200, blank=True)
    contacts = models.BigIntegerField()
    raw = models.BigIntegerField()
    waived = models.BigIntegerField()
    rounding = models.BigIntegerField()
    billed = models.BigIntegerField()
    connects = models.BigIntegerField()
    times = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["accrual", "code"], name="accrual_sum_once")]

    def __str__(self) -> str:
        return self.code
