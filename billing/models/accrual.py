"""Running sums of a period's usage, so that what it costs so far is read at once however much there is."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class Accrual(AccountScopedModel):
    """The sums of an account's period, built for the contracts and versions that `plan` names; "" while unbuilt.

    Its row is locked by whoever adds usage or builds the sums, so that none is lost or counted twice. Other plans than
    that of now are built anew on the next read.
    """

    period = models.CharField(max_length=10)
    plan = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "period"], name="accrual_period_once")]

    def __str__(self) -> str:
        return self.period


class AccrualSum(AccountScopedModel):
    """What the contacts of one rate come to (billing.running_sums.Sums); code "" counts those that no rate fits."""

    accrual = models.ForeignKey(Accrual, on_delete=models.CASCADE, related_name="sums")
    code = models.CharField(max_length=200, blank=True)
    contacts = models.BigIntegerField()
    raw = models.BigIntegerField()
    waived = models.BigIntegerField()
    rounding = models.BigIntegerField()
    billed = models.BigIntegerField()
    connects = models.BigIntegerField()
    talk_ms = models.BigIntegerField()
    hold_ms = models.BigIntegerField()
    wrap_ms = models.BigIntegerField()
    focus_ms = models.BigIntegerField()
    open_ms = models.BigIntegerField()
    patched_ms = models.BigIntegerField()
    ivr_ms = models.BigIntegerField()
    idle_ms = models.BigIntegerField()
    operator_ms = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["accrual", "code"], name="accrual_sum_once")]

    def __str__(self) -> str:
        return self.code
