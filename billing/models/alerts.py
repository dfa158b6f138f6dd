"""Alerts about what a period costs: the rules that people set, what fired, who was told."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.alerting import AlertMeasure, AlertMoment
from billing.models.house_mails import HouseMail
from contactcenter.tenancy.scoped import AccountScopedModel


class AlertRule(AccountScopedModel):
    """Tell when so many percent of an amount, of the minimum or of included units are reached or expected.

    amount is the budget that percent is of, in the currency of the bill; null unless measure is amount. Rules are not
    changed but replaced, so that what fired says what was asked for.
    """

    measure = models.CharField(max_length=10, choices=[(str(one), str(one)) for one in AlertMeasure])
    moment = models.CharField(max_length=10, choices=[(str(one), str(one)) for one in AlertMoment])
    percent = models.PositiveSmallIntegerField(default=100)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    by_mail = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(percent__range=(1, 1000)), name="alert_rule_percent"),
            models.CheckConstraint(
                condition=Q(measure="amount", amount__gt=0) | (~Q(measure="amount") & Q(amount__isnull=True)),
                name="alert_rule_amount",
            ),
            models.UniqueConstraint(
                fields=["account", "measure", "moment", "percent", "amount"],
                condition=Q(removed_at__isnull=True),
                nulls_distinct=False,
                name="alert_rule_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.measure}"


class Alert(AccountScopedModel):
    """A rule that fired, once for a period (and rate, where it watches included units); figures say what was seen."""

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="alerts")
    period = models.CharField(max_length=10)
    code = models.CharField(max_length=200, blank=True)
    figures = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "period", "code"], name="alert_once")]
        indexes = [models.Index(fields=["account", "-id"], name="alert_newest")]

    def __str__(self) -> str:
        return f"{self.period} {self.code}"


class AlertMail(HouseMail):
    """A mail about an alert to one person, each once."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="mails")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "recipient"], name="alert_mail_once")]
        indexes = [models.Index(fields=["id"], condition=Q(sent_at__isnull=True), name="alert_mail_waiting")]

    def __str__(self) -> str:
        return self.recipient


class AlertSeen(AccountScopedModel):
    """A person has seen an alert: it is no longer on their banner."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="seen")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "user"], name="alert_seen_once")]

    def __str__(self) -> str:
        return str(self.user_id)
