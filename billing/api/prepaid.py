"""Units that an account has bought ahead: what of them is used, left, and until when."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.account_periods import current_period
from billing.accrued import prepaid_so_far
from billing.api.reading import ReadsBills, account_of
from billing.api.serializers import Shape
from billing.forecast_queries import current_forecast
from billing.models import ForecastState, Invoice
from billing.periods import local_day
from billing.prepaid import Purchase
from contactcenter.tenancy.models import Account

STATES = ("waiting", "open", "used_up", "expired")
OUTLOOKS = ("lasts", "runs_out")
UNKNOWN = {"outlook": None, "runs_out_on": None, "earliest": None, "latest": None}


class DrawnSerializer(Shape):
    """Units that an issued document drew; below zero: gave back."""

    invoice = serializers.IntegerField()
    number = serializers.CharField()
    period = serializers.CharField()
    units = serializers.IntegerField()


class PurchaseSerializer(Shape):
    """Units bought ahead, all in whole `unit` (ms, contact, ...). Drawn for contacts of [starts_on, ends_on).

    invoiced: what issued invoices drew; running: what usage that is not invoiced yet will draw; left: what neither
    takes. Both are null where the bill so far cannot be made.

    outlook: whether an open purchase is expected to be used up within the running period, on which day, between which;
    null where there is no forecast.
    """

    id = serializers.IntegerField()
    reference = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    of = serializers.ListField(child=serializers.CharField())
    priority = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    bought = serializers.IntegerField()
    invoiced = serializers.IntegerField()
    running = serializers.IntegerField(allow_null=True)
    left = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    outlook = serializers.ChoiceField(choices=OUTLOOKS, allow_null=True)
    runs_out_on = serializers.DateField(allow_null=True)
    earliest = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)
    drawn = DrawnSerializer(many=True)


class PurchasesSerializer(Shape):
    """What an account has bought ahead, in the order in which it is drawn."""

    results = PurchaseSerializer(many=True)


class PrepaidView(APIView):
    """GET /api/v1/prepaid/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="prepaid",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True)],
        responses=PurchasesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the units that an account has bought ahead: used, left, and until when."""
        account, at = account_of(request), timezone.now()
        rows, left = prepaid_so_far(account=account, at=at)
        today = local_day(at=at, zone=account.time_zone)
        outlooks = _outlooks(account=account, at=at) if rows else {}
        documents = Invoice.objects.in_bulk({drawn.document_id for row in rows for drawn in row.drawn})

        def told(row: Purchase) -> dict[str, Any]:
            add_on = row.add_on
            remaining = left[add_on.reference] if left is not None else None
            state = "open"
            if add_on.starts_on > today:
                state = "waiting"
            elif (row.left if remaining is None else remaining) <= 0:
                state = "used_up"
            elif add_on.ends_on is not None and add_on.ends_on <= today:
                state = "expired"
            return {
                "id": add_on.pk,
                "reference": add_on.reference,
                "name": add_on.name,
                "unit": add_on.prepaid_unit,
                "of": add_on.prepaid_of,
                "priority": add_on.prepaid_priority,
                "starts_on": add_on.starts_on,
                "ends_on": add_on.ends_on,
                "bought": row.bought,
                "invoiced": row.bought - row.left,
                "running": None if remaining is None else row.left - remaining,
                "left": remaining,
                "state": state,
                **(outlooks.get(add_on.reference, UNKNOWN) if state == "open" else UNKNOWN),
                "drawn": [
                    {
                        "invoice": drawn.document_id,
                        "number": documents[drawn.document_id].number,
                        "period": documents[drawn.document_id].period,
                        "units": drawn.units,
                    }
                    for drawn in row.drawn
                ],
            }

        return Response(PurchasesSerializer({"results": list(map(told, rows))}).data)


def _outlooks(*, account: Account, at: datetime) -> dict[str, dict[str, Any]]:
    """Whether and when the running period is expected to use up each purchase, by reference."""
    told = current_forecast(account=account, period=current_period(account=account, at=at), at=at)
    if told["state"] != ForecastState.READY:
        return {}
    return {
        one["code"]: {
            "outlook": "runs_out" if one["runs_out_on"] else "lasts",
            **{name: one[name] for name in ("runs_out_on", "earliest", "latest")},
        }
        for one in told["prepaid"]
    }
