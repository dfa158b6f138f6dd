"""The orders that were counted on a ticket, and their correction by a supervisor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles, signed_in
from contactcenter.tickets.interaction_actions import correct_orders
from contactcenter.tickets.models import Interaction, OrderCorrection
from contactcenter.tickets.queries import counted_orders

Reads = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)
Corrects = roles(Role.SUPERVISOR, Role.ADMIN)


class OrderCorrectionSerializer(serializers.ModelSerializer[OrderCorrection]):
    """What was said before, what is so, why and by whom."""

    by = serializers.CharField(source="by.full_name", read_only=True)

    class Meta:
        model = OrderCorrection
        fields = ("orders_before", "amount_before", "orders", "order_amount", "reason", "at", "by")
        read_only_fields = fields


class CountedOrdersSerializer(serializers.ModelSerializer[Interaction]):
    """The orders of one handled contact as they stand, worth order_amount (null: nobody said)."""

    operator = serializers.CharField(source="operator.display_name", read_only=True)
    corrections = OrderCorrectionSerializer(source="order_corrections", many=True, read_only=True)

    class Meta:
        model = Interaction
        fields = ("id", "operator", "channel", "started_at", "orders", "order_amount", "corrections")
        read_only_fields = fields


class CountedOrdersListSerializer(serializers.Serializer[Any]):
    """The wrapped-up contacts of a ticket, the newest first."""

    results = CountedOrdersSerializer(many=True)


class OrdersCorrectedSerializer(serializers.Serializer[Any]):
    """How many orders were taken in which contact, and why that is another number than was counted."""

    interaction = serializers.IntegerField()
    orders = serializers.IntegerField(min_value=0, max_value=1000)
    order_amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True, default=None
    )
    reason = serializers.CharField(max_length=500)


class OrdersView(APIView):
    """/api/v1/tickets/{id}/counted-orders/"""

    def get_permissions(self) -> list[Any]:
        """Who serves reads; supervisors correct."""
        return [Reads() if self.request.method == "GET" else Corrects()]

    @extend_schema(operation_id="tickets_counted_orders", responses=CountedOrdersListSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return the orders counted on a ticket, with what was corrected."""
        return Response(CountedOrdersListSerializer({"results": counted_orders(ticket_id=ticket_id)}).data)

    @extend_schema(
        operation_id="tickets_correct_orders",
        request=OrdersCorrectedSerializer,
        responses={201: CountedOrdersListSerializer},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Correct the orders of a contact; what it costs follows, on the next invoice where the period is billed."""
        serializer = OrdersCorrectedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        correct_orders(
            ticket_id=ticket_id,
            interaction_id=given["interaction"],
            orders=given["orders"],
            order_amount=given["order_amount"],
            reason=given["reason"],
            at=timezone.now(),
            actor_id=signed_in(request).pk,
        )
        return Response(CountedOrdersListSerializer({"results": counted_orders(ticket_id=ticket_id)}).data, status=201)
