"""No surprises: the forecast of a running period, and what rounding cost."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.account_periods import current_period
from billing.api.invoices import ACCOUNT, visible_invoice
from billing.api.reading import ReadsBills, account_of, month_of_account
from billing.api.serializers import Shape
from billing.forecast_queries import current_forecast
from billing.models import ForecastState
from billing.periods import Period, local_day
from billing.pricing import LineKind
from billing.rounding_queries import rounding_of_invoice, rounding_of_period
from billing.terms import Names
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account

MONTH = OpenApiParameter("month", OpenApiTypes.STR, description="YYYY-MM, or the first day of a 28-day cycle")


class ForecastLineSerializer(Shape):
    """A line of the bill by now, and as it is expected at the end."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in LineKind])
    code = serializers.CharField()
    name = serializers.CharField()
    segment = serializers.CharField()
    so_far = serializers.CharField()
    expected = serializers.CharField()


class IncludedSerializer(Shape):
    """Units that a rate includes, or that were bought ahead and are left to the period (`code` is the purchase's
    reference then): milliseconds, or what `unit` says, and the day on which they are expected to end.

    used and expected: what usage needs of them, above the allowance where it is charged.
    """

    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    allowance = serializers.IntegerField()
    used = serializers.IntegerField()
    expected = serializers.IntegerField(allow_null=True)
    is_used_up = serializers.BooleanField()
    runs_out_on = serializers.DateField(allow_null=True)
    earliest = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)


class CommitmentSerializer(Shape):
    """A minimum, what counts towards it by now and at the end."""

    name = serializers.CharField()
    commitment = serializers.CharField()
    so_far = serializers.CharField()
    expected = serializers.CharField(allow_null=True)


class ForecastSerializer(Shape):
    """What a running period is expected to cost, before tax unless `expected_total`. Amounts are null where `state` is
    not ready (so_far apart); low and high where there are too few former stretches to test the forecast on.
    """

    account = serializers.IntegerField()
    period = serializers.CharField()
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    as_of = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=ForecastState.choices)
    reason = serializers.CharField()
    currency = serializers.CharField()
    so_far = serializers.CharField(allow_null=True)
    expected = serializers.CharField(allow_null=True)
    low = serializers.CharField(allow_null=True)
    high = serializers.CharField(allow_null=True)
    expected_total = serializers.CharField(allow_null=True)
    band_percent = serializers.IntegerField()
    back_tests = serializers.IntegerField()
    history_days = serializers.IntegerField()
    history_days_needed = serializers.IntegerField()
    lines = ForecastLineSerializer(many=True)
    included = IncludedSerializer(many=True)
    prepaid = IncludedSerializer(many=True)
    minimum = CommitmentSerializer(allow_null=True)


class RoundingLineSerializer(Shape):
    """A line with and without rounding of time; exact_cost is without rounding of money, too ("n/d" if no decimal)."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in LineKind])
    code = serializers.CharField()
    name = serializers.CharField()
    segment = serializers.CharField()
    amount = serializers.CharField()
    unrounded = serializers.CharField()
    cost = serializers.CharField()
    exact_cost = serializers.CharField()
    raw_ms = serializers.IntegerField()
    added_ms = serializers.IntegerField()
    waived_ms = serializers.IntegerField()


class RoundingSerializer(Shape):
    """What rounding of time cost, before tax: net - unrounded = cost, which the lines sum to."""

    currency = serializers.CharField()
    net = serializers.CharField()
    unrounded = serializers.CharField()
    cost = serializers.CharField()
    raw_ms = serializers.IntegerField()
    added_ms = serializers.IntegerField()
    waived_ms = serializers.IntegerField()
    lines = RoundingLineSerializer(many=True)


class ForecastView(APIView):
    """GET /api/v1/forecast/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="forecast", parameters=[ACCOUNT, MONTH], responses=ForecastSerializer)
    def get(self, request: Request) -> Response:
        """Return what the running period is expected to cost at its end, with the band of the forecast."""
        account, at = account_of(request), timezone.now()
        told = current_forecast(account=account, period=asked_period(request, account), at=at)
        return Response(ForecastSerializer(in_language(told, language=logged_in(request).language)).data)


class PeriodRoundingView(APIView):
    """GET /api/v1/accrual/rounding/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="accrual_rounding", parameters=[ACCOUNT, MONTH], responses=RoundingSerializer)
    def get(self, request: Request) -> Response:
        """Return what the rounding of time cost in a period so far."""
        account = account_of(request)
        told = rounding_of_period(
            account=account,
            period=asked_period(request, account),
            on=local_day(at=timezone.now(), zone=account.time_zone),
            language=logged_in(request).language,
        )
        return Response(RoundingSerializer(told).data)


class InvoiceRoundingView(APIView):
    """GET /api/v1/invoices/{id}/rounding/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="invoice_rounding", responses=RoundingSerializer)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Return what the rounding of time cost on an invoice, computed from its own snapshot."""
        invoice = visible_invoice(request, invoice_id)
        told = rounding_of_invoice(invoice=invoice, language=logged_in(request).language)
        return Response(RoundingSerializer(told).data)


def asked_period(request: Request, account: Account) -> Period:
    """Return the period that ?month= names, the running one without it."""
    label = request.query_params.get("month")
    if not label:
        return current_period(account=account, at=timezone.now())
    return month_of_account(account=account, label=label)


def in_language(told: dict[str, Any], *, language: str) -> dict[str, Any]:
    """Return a forecast with its names in a language."""

    def named(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "name": Names(row["name"]).text(language=language)}

    return told | {
        "lines": list(map(named, told["lines"])),
        "included": list(map(named, told["included"])),
        "prepaid": list(map(named, told["prepaid"])),
        "minimum": named(told["minimum"]) if told["minimum"] else None,
    }
