"""Writes of alerts: rules that people set, what fires, who is told, what was seen."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from billing.account_periods import current_period
from billing.alerting import AlertMeasure, Fired, Watch, fired
from billing.documents.alert_wording import alert_text
from billing.forecast_queries import current_forecast
from billing.models import Alert, AlertMail, AlertRule, AlertSeen, UsageCount
from billing.periods import Period
from billing.rated_hours import count_usage
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.tenancy.models import Account, Role, User

logger = logging.getLogger(__name__)

MOST_RULES = 20
LOOK_BACK = timedelta(days=7)
"""So long after its end a period is still looked at: what an outage kept from firing fires then."""


@transaction.atomic
def add_alert_rule(
    *,
    account_id: int,
    measure: str,
    moment: str,
    percent: int,
    amount: Decimal | None,
    by_mail: bool,
    at: datetime,
    actor_id: int | None,
) -> AlertRule:
    """Watch an account for something; it is looked at within a minute.

    Invalid where an amount is missing or too much; Conflict where the same is watched, or MOST_RULES are.
    """
    if (measure == AlertMeasure.AMOUNT) != (amount is not None):
        message = "Say of which amount." if amount is None else "Only an alert about an amount has one."
        raise Invalid(message, field="amount")
    if amount is not None and amount <= 0:
        raise Invalid("The amount must be above zero.", field="amount")
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    if AlertRule.objects.filter(account=account, removed_at__isnull=True).count() >= MOST_RULES:
        raise Conflict(f"An account has at most {MOST_RULES} alerts. Remove one first.")
    try:
        with transaction.atomic():
            rule = AlertRule.objects.create(
                account=account,
                measure=measure,
                moment=moment,
                percent=percent,
                amount=amount,
                by_mail=by_mail,
                created_by_id=actor_id,
                created_at=at,
            )
    except IntegrityError as error:
        raise Conflict("This is watched already.") from error
    _record("alert_rule.add", rule, actor_id)
    # it is looked at with the next change of usage, and this counts as one
    count_usage(account_ids=[account.pk], more=1)
    return rule


@transaction.atomic
def remove_alert_rule(*, rule_id: int, at: datetime, actor_id: int | None) -> None:
    """Watch for it no longer; what it fired stays in the list."""
    rule = AlertRule.objects.select_for_update(of=("self",)).filter(pk=rule_id, removed_at__isnull=True).first()
    if rule is None:
        raise NotFound("There is no such alert.")
    rule.removed_at = at
    rule.save(update_fields=["removed_at"])
    _record("alert_rule.remove", rule, actor_id)


def _record(action: str, rule: AlertRule, actor_id: int | None) -> None:
    data = {"measure": rule.measure, "moment": rule.moment, "percent": rule.percent, "amount": str(rule.amount or "")}
    audit.record(action=action, target=rule, actor_id=actor_id, account_id=rule.account_id, data=data)


def see_alert(*, alert_id: int, user_id: int) -> None:
    """Take an alert off a person's banner; NotFound out of reach."""
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alert.")
    AlertSeen.objects.bulk_create(
        [AlertSeen(account_id=alert.account_id, alert=alert, user_id=user_id)], ignore_conflicts=True
    )


def watch_accounts(*, at: datetime, most: int) -> int:
    """Make the forecasts anew of up to `most` accounts whose usage changed since, or for the new hour, and let their
    alerts fire; return how many accounts were looked at. Needs every account's scope.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    due = UsageCount.objects.filter(
        Q(watched_at__isnull=True) | ~Q(watched_number=F("number")) | Q(watched_at__lt=hour), account__is_active=True
    )
    rows = list(due.order_by(F("watched_at").asc(nulls_first=True), "pk").select_related("account")[:most])
    for row in rows:
        try:
            watch_account(account=row.account, at=at)
        except Exception:
            # a door: an account that cannot be forecast must not keep the alerts of all behind it from firing
            logger.exception("account %s could not be watched, it is looked at again within the hour", row.account_id)
        # by the number that was read before the forecast: what came meanwhile is looked at the next time
        UsageCount.objects.filter(pk=row.pk).update(watched_number=row.number, watched_at=at)
    return len(rows)


def watch_account(*, account: Account, at: datetime) -> list[Alert]:
    """Let the alerts of an account's running period fire, and of one that ended a little while ago."""
    period = current_period(account=account, at=at)
    periods = [period]
    if at - period.starts_at < LOOK_BACK:
        periods.insert(0, current_period(account=account, at=period.starts_at - timedelta(seconds=1)))
    rules = list(AlertRule.objects.filter(account=account, removed_at__isnull=True).order_by("pk"))
    made: list[Alert] = []
    for one in periods:
        if not rules and one is not period:
            continue
        told = current_forecast(account=account, period=one, at=at)
        # a rule says nothing about a period that was over when it was set
        watched = [rule for rule in rules if rule.created_at < one.ends_at]
        for hit in fired(watches=map(_watch, watched), told=told):
            alert = _fire(account=account, period=one, hit=hit, told=told, rules=watched, at=at)
            if alert is not None:
                made.append(alert)
    return made


def _watch(rule: AlertRule) -> Watch:
    amount = None if rule.amount is None else Fraction(rule.amount)
    return Watch(id=rule.pk, measure=rule.measure, moment=rule.moment, percent=rule.percent, amount=amount)


@transaction.atomic
def _fire(
    *, account: Account, period: Period, hit: Fired, told: Mapping[str, Any], rules: Iterable[AlertRule], at: datetime
) -> Alert | None:
    """Write an alert with its mails and its event; None where it is there: of two at once, one writes it."""
    rule = next(rule for rule in rules if rule.pk == hit.rule)
    figures = {**hit.figures, "currency": told["currency"]}
    if rule.amount is not None:
        figures["of"] = str(rule.amount.normalize())
    alert, is_new = Alert.objects.get_or_create(
        rule=rule,
        period=period.label,
        code=hit.code,
        defaults={"account": account, "figures": figures, "at": at},
    )
    if not is_new:
        return None
    payload = {
        "id": alert.pk,
        "period": period.label,
        "measure": rule.measure,
        "moment": rule.moment,
        "percent": rule.percent,
        "code": hit.code,
        **figures,
    }
    # no screen of an operator is told what an account costs
    push_on_commit(f"books:{account.pk}", kind="usage.alert", payload=payload, account_id=account.pk)
    if rule.by_mail:
        AlertMail.objects.bulk_create(_mails(account=account, alert=alert, rule=rule, period=period))
        enqueue_on_commit("billing.send_alerts", alert_id=alert.pk)
    return alert


def _mails(*, account: Account, alert: Alert, rule: AlertRule, period: Period) -> list[AlertMail]:
    people = User.objects.filter(role=Role.CLIENT_ADMIN, is_active=True, memberships__account=account).order_by("pk")
    languages = {person.email: person.language for person in people}
    if account.billing_email:
        languages.setdefault(account.billing_email, account.language)
    mails = []
    for recipient, language in languages.items():
        text = alert_text(
            measure=rule.measure,
            moment=rule.moment,
            percent=rule.percent,
            figures=alert.figures,
            currency=alert.figures["currency"],
            account=account.name,
            period=period.label,
            page=f"{settings.PUBLIC_URL}/client/usage?account={account.pk}",
            language=language,
        )
        mails.append(
            AlertMail(account=account, alert=alert, recipient=recipient, subject=text.subject[:300], body=text.body)
        )
    return mails
