"""Bill runs, what they had to park, and the issuer with its number series."""

import re
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.api.reading import actor_id, body, whole
from billing.api.serializers import Shape
from billing.identifiers import iban_problem
from billing.models import Issuer, NumberSeries, ParkedBill
from billing.periods import PeriodError, month_period
from billing.runs import bill_again
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.permissions import IsBilling

PAGE = 50


class BillRunSerializer(Shape):
    """A month to bill for every active account; issue: approve and issue what is built."""

    period = serializers.CharField(max_length=7)
    issue = serializers.BooleanField(default=False)


class ParkedBillSerializer(Shape):
    """A period of an account that could not be billed."""

    id = serializers.IntegerField()
    account = serializers.IntegerField()
    account_name = serializers.CharField()
    period = serializers.CharField()
    reason = serializers.CharField()
    parked_at = serializers.DateTimeField()


class ParkedBillPageSerializer(Shape):
    """Parked bills, newest first."""

    results = ParkedBillSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class RetryOutcomeSerializer(Shape):
    """What trying again did."""

    outcome = serializers.CharField()
    reason = serializers.CharField()


class IssuerSerializer(serializers.ModelSerializer[Issuer]):
    """The house that issues: its particulars are copied into the documents that are built from now on."""

    class Meta:
        model = Issuer
        fields = (
            "legal_name", "legal_address", "country", "city", "postcode", "tax_id", "email", "bank_account",
            "number_prefix", "credit_prefix", "payment_days", "grace_days", "late_periods", "sends_documents",
        )  # fmt: skip

    def validate_country(self, value: str) -> str:
        """Refuse what is no country code by its form."""
        if value and not re.fullmatch(r"[A-Z]{2}", value):
            raise serializers.ValidationError("must be two capital letters such as ES")
        return value

    def validate_bank_account(self, value: str) -> str:
        """Refuse what looks like an IBAN and is none."""
        problem = iban_problem(number=value)
        if problem:
            raise serializers.ValidationError(problem)
        return value


class NumberSeriesSerializer(serializers.ModelSerializer[NumberSeries]):
    """A series of numbers and the next of it."""

    class Meta:
        model = NumberSeries
        fields = ("id", "code", "next_number")


class NumberSeriesListSerializer(Shape):
    """All series, newest first."""

    results = NumberSeriesSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class BillRunsView(APIView):
    """POST /api/v1/bill-runs/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="bill_run", request=BillRunSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Bill a month for every active account in the background; what fails is parked."""
        values = body(request, BillRunSerializer)
        try:
            period = month_period(label=values["period"], zone="UTC").label
        except PeriodError as error:
            raise Invalid(str(error), field="period") from error
        enqueue_on_commit("billing.run", period=period, issue=values["issue"], actor_id=actor_id(request))
        return Response(status=202)


class ParkedBillsView(APIView):
    """GET /api/v1/parked-bills/"""

    permission_classes = [IsBilling]

    @extend_schema(
        operation_id="parked_bills",
        parameters=[OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before")],
        responses=ParkedBillPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the bills that wait for somebody to put their cause right."""
        found = ParkedBill.objects.select_related("account").order_by("-pk")
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found[: PAGE + 1])
        page = {
            "results": [_parked(row) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        }
        return Response(ParkedBillPageSerializer(page).data)


def _parked(row: ParkedBill) -> dict[str, Any]:
    return {
        "id": row.pk,
        "account": row.account_id,
        "account_name": row.account.name,
        "period": row.period,
        "reason": row.reason,
        "parked_at": row.parked_at,
    }


class RetryView(APIView):
    """POST /api/v1/parked-bills/{id}/retry/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="parked_bill_retry", request=None, responses=RetryOutcomeSerializer)
    def post(self, request: Request, bill_id: int) -> Response:
        """Try a parked bill again: its draft is built, or it stays parked with the reason of now."""
        parked = ParkedBill.objects.select_related("account").filter(pk=bill_id).first()
        if parked is None:
            raise NotFound("There is no such parked bill.")
        outcome = bill_again(
            account=parked.account, period=parked.period, at=timezone.now(), actor_id=actor_id(request)
        )
        return Response(RetryOutcomeSerializer({"outcome": outcome.outcome, "reason": outcome.reason}).data)


class IssuerView(APIView):
    """GET, PATCH /api/v1/issuer/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="issuer", responses=IssuerSerializer)
    def get(self, request: Request) -> Response:
        """Return the particulars of the house that issues."""
        return Response(IssuerSerializer(actions.current_issuer()).data)

    @extend_schema(operation_id="issuer_change", request=IssuerSerializer, responses=IssuerSerializer)
    def patch(self, request: Request) -> Response:
        """Change them; documents that are issued stay as they are."""
        given = IssuerSerializer(actions.current_issuer(), data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        issuer = actions.change_issuer(values=given.validated_data, actor_id=actor_id(request))
        return Response(IssuerSerializer(issuer).data)


class NumberSeriesView(APIView):
    """GET /api/v1/number-series/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="number_series", responses=NumberSeriesListSerializer)
    def get(self, request: Request) -> Response:
        """Return the series of numbers with the next of each."""
        rows = NumberSeries.objects.order_by("-pk")[:200]
        return Response(NumberSeriesListSerializer({"results": rows, "next": None}).data)
