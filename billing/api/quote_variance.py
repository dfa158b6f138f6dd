"""Each invoice against the quote that its account accepted."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.reading import ReadsBills, account_of
from billing.api.serializers import Shape
from billing.api.sheets import LANGUAGE, asked_language
from billing.bill import LineKind
from billing.quote_variance import quote_variances, variance_document

LINE_KINDS = [(kind.value, kind.value) for kind in LineKind]


class VariancePartsSerializer(Shape):
    """Amounts before tax: volume + price + other = difference = actual - expected."""

    expected = serializers.CharField()
    actual = serializers.CharField()
    difference = serializers.CharField()
    volume = serializers.CharField()
    price = serializers.CharField()
    other = serializers.CharField()


class VarianceLineSerializer(VariancePartsSerializer):
    """One component; quantities are billed units (ms, contact, ...) before anything included, unit "" a fee."""

    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    expected_quantity = serializers.IntegerField()
    actual_quantity = serializers.IntegerField()


class VarianceKindSerializer(VariancePartsSerializer):
    """The components of one kind of line."""

    kind = serializers.ChoiceField(choices=LINE_KINDS)
    lines = VarianceLineSerializer(many=True)


class VarianceSerializer(Shape):
    """An invoice beside its quote. low, high: the range of the quote's usual period, null for its first bill. Without
    is_comparable the two are in different currencies.
    """

    invoice = serializers.IntegerField()
    number = serializers.CharField()
    period = serializers.CharField()
    currency = serializers.CharField()
    quote = serializers.IntegerField()
    quote_number = serializers.CharField()
    is_first = serializers.BooleanField()
    is_part = serializers.BooleanField()
    is_comparable = serializers.BooleanField()
    expected = serializers.CharField()
    low = serializers.CharField(allow_null=True)
    high = serializers.CharField(allow_null=True)
    actual = serializers.CharField()
    difference = serializers.CharField()
    kinds = VarianceKindSerializer(many=True)
    explanation = serializers.ListField(child=serializers.CharField())


class VariancesSerializer(Shape):
    """An account's invoices beside its quote, newest first."""

    results = VarianceSerializer(many=True)


class QuoteVarianceView(APIView):
    """GET /api/v1/quote-variance/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="quote_variance",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True), LANGUAGE],
        responses=VariancesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return an account's invoices against what its accepted quote expected, explained in the reader's language."""
        account, language = account_of(request), asked_language(request)
        rows = [variance_document(compared=row, language=language) for row in quote_variances(account=account)]
        return Response(VariancesSerializer({"results": rows}).data)
