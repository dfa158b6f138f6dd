"""Alerts about what a period costs: the rules, what fired, what was seen; and the forecasts of all accounts."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.account_periods import account_in_scope
from billing.alerting import AlertMeasure, AlertMoment
from billing.api.invoices import ACCOUNT, CURSOR
from billing.api.reading import ReadsBills, account_of, actor_id, body, whole
from billing.api.serializers import Shape
from billing.models import Alert, AlertRule, AlertSeen, Forecast, ForecastState
from billing.terms import Names
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import IsBilling, roles

PAGE = 50
SetsAlerts = roles(Role.CLIENT_ADMIN, Role.BILLING_ADMIN, Role.ADMIN)
MEASURES = [str(measure) for measure in AlertMeasure]
MOMENTS = [str(moment) for moment in AlertMoment]


class AlertRuleSerializer(Shape):
    """A rule: tell when so many percent of an amount, the minimum or included units are reached or expected."""

    id = serializers.IntegerField()
    measure = serializers.ChoiceField(choices=MEASURES)
    moment = serializers.ChoiceField(choices=MOMENTS)
    percent = serializers.IntegerField()
    amount = serializers.CharField(allow_null=True)
    by_mail = serializers.BooleanField()
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class AlertRuleListSerializer(Shape):
    """The rules of an account, oldest first."""

    results = AlertRuleSerializer(many=True)


class NewAlertRuleSerializer(Shape):
    """A rule to add; amount only where the measure is amount."""

    account = serializers.IntegerField()
    measure = serializers.ChoiceField(choices=MEASURES)
    moment = serializers.ChoiceField(choices=MOMENTS)
    percent = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    amount = serializers.DecimalField(max_digits=14, decimal_places=4, required=False, allow_null=True, default=None)
    by_mail = serializers.BooleanField(default=True)


class AlertSerializer(Shape):
    """What fired: in the units of `unit` ("" is money in `currency`), as it was seen then. is_prepaid: of units bought
    ahead, not of what the plan includes.
    """

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    period = serializers.CharField()
    measure = serializers.ChoiceField(choices=MEASURES)
    moment = serializers.ChoiceField(choices=MOMENTS)
    percent = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField()
    currency = serializers.CharField()
    now = serializers.CharField(allow_null=True)
    of = serializers.CharField(allow_null=True)
    expected = serializers.CharField(allow_null=True)
    runs_out_on = serializers.DateField(allow_null=True)
    is_prepaid = serializers.BooleanField()
    is_seen = serializers.BooleanField()


class AlertPageSerializer(Shape):
    """Alerts, newest first."""

    results = AlertSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AccountForecastSerializer(Shape):
    """An account's running period, as it was looked at last."""

    account = serializers.IntegerField()
    account_name = serializers.CharField()
    period = serializers.CharField()
    period_end = serializers.DateField()
    as_of = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=ForecastState.choices)
    currency = serializers.CharField()
    so_far = serializers.CharField(allow_null=True)
    expected = serializers.CharField(allow_null=True)
    low = serializers.CharField(allow_null=True)
    high = serializers.CharField(allow_null=True)
    runs_out_on = serializers.DateField(allow_null=True)
    alerts = serializers.IntegerField()


class AccountForecastPageSerializer(Shape):
    """Accounts in order of their ids."""

    results = AccountForecastSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AlertRulesView(APIView):
    """GET, POST /api/v1/alert-rules/"""

    def get_permissions(self) -> list[Any]:
        """Whoever reads bills reads the rules; client admins and billing set them."""
        return [ReadsBills() if self.request.method == "GET" else SetsAlerts()]

    @extend_schema(operation_id="alert_rules_list", parameters=[ACCOUNT], responses=AlertRuleListSerializer)
    def get(self, request: Request) -> Response:
        """Return what is watched of an account."""
        rules = AlertRule.objects.filter(account=account_of(request), removed_at__isnull=True)
        rows = [_rule(rule) for rule in rules.select_related("created_by").order_by("pk")]
        return Response(AlertRuleListSerializer({"results": rows}).data)

    @extend_schema(operation_id="alert_rules_add", request=NewAlertRuleSerializer, responses={201: AlertRuleSerializer})
    def post(self, request: Request) -> Response:
        """Watch an account for something."""
        values = body(request, NewAlertRuleSerializer)
        account = account_in_scope(account_id=values.pop("account"))
        rule = actions.add_alert_rule(account_id=account.pk, at=timezone.now(), actor_id=actor_id(request), **values)
        return Response(AlertRuleSerializer(_rule(rule)).data, status=201)


class AlertRuleView(APIView):
    """DELETE /api/v1/alert-rules/{id}/"""

    permission_classes = [SetsAlerts]

    @extend_schema(operation_id="alert_rules_remove", responses={204: None})
    def delete(self, request: Request, rule_id: int) -> Response:
        """Watch for it no longer; what it told stays in the list."""
        actions.remove_alert_rule(rule_id=rule_id, at=timezone.now(), actor_id=actor_id(request))
        return Response(status=204)


class AlertsView(APIView):
    """GET /api/v1/alerts/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="alerts_list",
        parameters=[
            ACCOUNT,
            CURSOR,
            OpenApiParameter("unseen", OpenApiTypes.BOOL, description="true: only those this person has not seen"),
        ],
        responses=AlertPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what fired for an account, newest first."""
        person = logged_in(request)
        seen = AlertSeen.objects.filter(alert=OuterRef("pk"), user=person)
        found = Alert.objects.filter(account=account_of(request)).annotate(is_seen=Exists(seen))
        if request.query_params.get("unseen") == "true":
            found = found.filter(is_seen=False)
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found.select_related("rule").order_by("-pk")[: PAGE + 1])
        page = {
            "results": [_alert(row, language=person.language) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        }
        return Response(AlertPageSerializer(page).data)


class AlertSeenView(APIView):
    """POST /api/v1/alerts/{id}/seen/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="alerts_see", request=None, responses={204: None})
    def post(self, request: Request, alert_id: int) -> Response:
        """Take an alert off this person's banner."""
        actions.see_alert(alert_id=alert_id, user_id=actor_id(request))
        return Response(status=204)


class ForecastsView(APIView):
    """GET /api/v1/forecasts/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="forecasts_list", parameters=[CURSOR], responses=AccountForecastPageSerializer)
    def get(self, request: Request) -> Response:
        """Return the running period of every account, as it was looked at last."""
        after = whole(request.query_params.get("cursor") or "0", field="cursor")
        newest = Forecast.objects.filter(account=OuterRef("account")).order_by("-computed_at", "-pk").values("pk")[:1]
        found = Forecast.objects.filter(pk=newest, account__is_active=True, account__gt=after)
        rows = list(found.select_related("account").order_by("account")[: PAGE + 1])
        fired: dict[tuple[int, str], int] = {}
        for account_id, period in Alert.objects.filter(
            account__in=[row.account_id for row in rows], period__in={row.period for row in rows}
        ).values_list("account_id", "period"):
            fired[account_id, period] = fired.get((account_id, period), 0) + 1
        page = {
            "results": [_forecast(row, alerts=fired.get((row.account_id, row.period), 0)) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].account_id) if len(rows) > PAGE else None,
        }
        return Response(AccountForecastPageSerializer(page).data)


def _rule(rule: AlertRule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "measure": rule.measure,
        "moment": rule.moment,
        "percent": rule.percent,
        "amount": None if rule.amount is None else f"{rule.amount.normalize():f}",
        "by_mail": rule.by_mail,
        "created_by": rule.created_by.full_name if rule.created_by else None,
        "created_at": rule.created_at,
    }


def _alert(alert: Alert, *, language: str) -> dict[str, Any]:
    figures = alert.figures
    return {
        "id": alert.pk,
        "at": alert.at,
        "period": alert.period,
        "measure": alert.rule.measure,
        "moment": alert.rule.moment,
        "percent": alert.rule.percent,
        "name": Names(figures["name"]).text(language=language) if figures.get("name") else "",
        "unit": figures.get("unit", ""),
        "currency": figures["currency"],
        **{name: None if figures.get(name) is None else str(figures[name]) for name in ("now", "of", "expected")},
        "runs_out_on": figures.get("on"),
        "is_prepaid": figures.get("is_prepaid", False),
        "is_seen": alert.is_seen,  # type: ignore[attr-defined] # annotated by AlertsView
    }


def _forecast(row: Forecast, *, alerts: int) -> dict[str, Any]:
    told = row.document
    # a forecast that was kept before it told of units bought ahead
    units = [*told["included"], *told.get("prepaid", [])]
    days = [one["runs_out_on"] for one in units if one["runs_out_on"]]
    return {
        **{name: told[name] for name in ("period", "period_end", "state", "currency")},
        **{name: told[name] for name in ("so_far", "expected", "low", "high")},
        "account": row.account_id,
        "account_name": row.account.name,
        "as_of": row.computed_at,
        "runs_out_on": min(days) if days else None,
        "alerts": alerts,
    }
