"""Usage by local hour, rated by a tariff's rules without its prices: what forecasts, comparisons and alerts read."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class UsageCount(AccountScopedModel):
    """How often an account's usage changed: what was computed of an earlier number is out of date.

    Its row is locked by whoever adds usage or builds hours, so that none is lost or counted twice.
    """

    number = models.BigIntegerField(default=0)
    # the number, and when, that alerts were looked at for the last time
    watched_number = models.BigIntegerField(null=True)
    watched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], name="usage_count_once")]

    def __str__(self) -> str:
        return str(self.number)


class RatedShape(AccountScopedModel):
    """The rules by which an account's hours are rated (billing.rated_hours.shape_of), and from when on they are kept.

    document is a tariff's; hours before `since` are not there. Shapes that nobody has asked for are forgotten.
    """

    shape = models.CharField(max_length=64)
    zone = models.CharField(max_length=60)
    document = models.JSONField()
    since = models.DateTimeField(null=True)
    asked_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "shape"], name="rated_shape_once")]

    def __str__(self) -> str:
        return self.shape[:12]


class RatedHour(AccountScopedModel):
    """What the contacts of one rate that began in one local hour come to; code "" counts those that no rate fits."""

    shape = models.ForeignKey(RatedShape, on_delete=models.CASCADE, related_name="hours")
    at = models.DateTimeField()
    code = models.CharField(max_length=200, blank=True)
    contacts = models.BigIntegerField()
    raw = models.BigIntegerField()
    waived = models.BigIntegerField()
    rounding = models.BigIntegerField()
    billed = models.BigIntegerField()
    connects = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shape", "at", "code"], name="rated_hour_once")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.code}"
