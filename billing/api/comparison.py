"""This month under the other tariffs that the house offers."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.forecasts import MONTH, asked_period
from billing.api.invoices import ACCOUNT
from billing.api.reading import ReadsBills, account_of
from billing.api.serializers import Shape
from billing.tariff_comparison import compare_tariffs

STATES = ["own", "ready", "being_built", "needs_contacts", "other_currency", "other_cycle"]
PARTS = ["usage", "fees", "minimum", "discounts"]


class DifferencePartSerializer(Shape):
    """What a part of the bill costs more, or less (below 0), than under the own tariff."""

    part = serializers.ChoiceField(choices=PARTS)
    difference = serializers.CharField()


class ComparedTariffSerializer(Shape):
    """The period under one tariff, before tax: by now, at its end (expected), and the one that is compared (net)."""

    tariff = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    so_far = serializers.CharField(allow_null=True)
    expected = serializers.CharField(allow_null=True)
    net = serializers.CharField(allow_null=True)
    unpriced = serializers.IntegerField()
    difference = serializers.CharField(allow_null=True)
    reason = serializers.ChoiceField(choices=["", *PARTS])
    parts = DifferencePartSerializer(many=True)


class TariffComparisonSerializer(Shape):
    """The own tariff first, then the offered ones by name; is_expected: ends of the period are compared."""

    account = serializers.IntegerField()
    period = serializers.CharField()
    currency = serializers.CharField()
    is_expected = serializers.BooleanField()
    as_of = serializers.DateTimeField()
    tariffs = ComparedTariffSerializer(many=True)


class TariffComparisonView(APIView):
    """GET /api/v1/tariff-comparison/"""

    permission_classes = [ReadsBills]

    @extend_schema(operation_id="tariff_comparison", parameters=[ACCOUNT, MONTH], responses=TariffComparisonSerializer)
    def get(self, request: Request) -> Response:
        """Return what a period's usage costs under the account's tariff and under the others that are offered."""
        account = account_of(request)
        told = compare_tariffs(account=account, period=asked_period(request, account), at=timezone.now())
        return Response(TariffComparisonSerializer(told).data)
