"""The last forecast of each period, so that it is made again only when something changed."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class ForecastState(models.TextChoices):
    """Whether there is a forecast, and why not."""

    READY = "ready", "Ready"
    OVER = "over", "The period is over"
    NOT_BEGUN = "not_begun", "The period has not begun"
    TOO_LITTLE_HISTORY = "too_little_history", "Too little history"
    NEEDS_CONTACTS = "needs_contacts", "The tariff prices contact by contact"
    BEING_BUILT = "being_built", "Being added up"
    UNBILLABLE = "unbillable", "Cannot be billed"


class Forecast(AccountScopedModel):
    """What an account's period is expected to cost (billing.forecast_queries), as it was computed last.

    key: a text that differs wherever usage, terms or the hour do.
    """

    period = models.CharField(max_length=10)
    key = models.CharField(max_length=64)
    state = models.CharField(max_length=20, choices=ForecastState.choices)
    document = models.JSONField()
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "period"], name="forecast_period_once")]
        indexes = [models.Index(fields=["period", "account"], name="forecast_period")]

    def __str__(self) -> str:
        return self.period
