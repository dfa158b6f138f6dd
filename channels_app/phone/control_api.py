"""Calls under way over HTTP: what can be done with one, and doing it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.models import CallAction, CallOrder, CallOrderState
from channels_app.phone.api import Calls, acting
from channels_app.phone.call_control import (
    HOLD_NEEDS_PJSIP,
    HOLD_NOT_SET_UP,
    LISTENING_NOT_ALLOWED,
    NO_ORDERS,
    NO_TELEPHONE,
    SUPERVISING,
)
from channels_app.phone.call_orders import LiveCall, get_call, live_call, order, telephones_of_account
from contactcenter.kernel.errors import NotFound, PermissionDenied
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import signed_in
from contactcenter.tickets.models import Direction
from contactcenter.tickets.queries import get_ticket

WHY_ABSENT = ("", NO_ORDERS, HOLD_NOT_SET_UP, HOLD_NEEDS_PJSIP, LISTENING_NOT_ALLOWED, NO_TELEPHONE)


class CallAbilitySerializer(serializers.Serializer[Any]):
    """One thing that can be done with the call; `absent` says why it cannot, '' where it can."""

    action = serializers.ChoiceField(choices=CallAction.choices)
    absent = serializers.ChoiceField(choices=[(reason, reason) for reason in WHY_ABSENT], allow_blank=True)


class LiveCallSerializer(serializers.Serializer[Any]):
    """A call that somebody speaks on. `telephones`: operators of the client whom it can be put through to."""

    call_id = serializers.IntegerField()
    number = serializers.CharField()
    operator_id = serializers.IntegerField()
    operator_name = serializers.CharField()
    is_own = serializers.BooleanField()
    since = serializers.DateTimeField()
    held_since = serializers.DateTimeField(allow_null=True)
    abilities = CallAbilitySerializer(many=True)
    telephones = serializers.ListField(child=serializers.IntegerField())


class LiveCallAnswerSerializer(serializers.Serializer[Any]):
    """The ticket's call under way, null where nobody speaks."""

    call = LiveCallSerializer(allow_null=True)


class CallWantedSerializer(serializers.Serializer[Any]):
    """What is to become of the call; a transfer names one of operator_id, extension and number."""

    action = serializers.ChoiceField(choices=CallAction.choices)
    operator_id = serializers.IntegerField(required=False, allow_null=True)
    extension = serializers.CharField(required=False, allow_blank=True, max_length=10)
    number = serializers.CharField(required=False, allow_blank=True, max_length=40)


class CallOrderSerializer(serializers.ModelSerializer[CallOrder]):
    """How far an order came; done means that the telephone system took it, what follows the call itself tells."""

    call_id = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(choices=CallOrderState.choices, read_only=True)
    action = serializers.ChoiceField(choices=CallAction.choices, read_only=True)

    class Meta:
        model = CallOrder
        fields = ("id", "call_id", "action", "state", "reason", "requested_at")
        read_only_fields = fields


class LiveCallView(APIView):
    """GET /api/v1/tickets/{id}/call/"""

    permission_classes = (Calls,)

    @extend_schema(operation_id="tickets_call", responses=LiveCallAnswerSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return the call that somebody speaks on now and what can be done with it."""
        get_ticket(ticket_id=ticket_id)
        operator: Operator | None = getattr(request.user, "operator", None)
        found = live_call(ticket_id=ticket_id, operator=operator) if operator else None
        return Response({"call": _as_json(found, supervises=_supervises(request)) if found else None})


class CallOrdersView(APIView):
    """POST /api/v1/calls/{id}/orders/"""

    permission_classes = (Calls,)

    @extend_schema(
        operation_id="call_orders_create", request=CallWantedSerializer, responses={201: CallOrderSerializer}
    )
    def post(self, request: Request, call_id: int) -> Response:
        """Have the telephone system do it; 409 where the call is over or the system does not offer it."""
        operator = acting(request)
        get_call(call_id=call_id)
        wanted = CallWantedSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        facts = wanted.validated_data
        action = CallAction(facts["action"])
        if action in SUPERVISING and not _supervises(request):
            raise PermissionDenied("Only supervisors listen to calls.")
        made = order(
            operator=operator,
            call_id=call_id,
            action=action,
            at=timezone.now(),
            to_operator_id=facts.get("operator_id"),
            extension=facts.get("extension", ""),
            number=facts.get("number", ""),
        )
        return Response(CallOrderSerializer(made).data, status=201)


class CallOrderView(APIView):
    """GET /api/v1/call-orders/{id}/"""

    permission_classes = (Calls,)

    @extend_schema(operation_id="call_orders_read", responses=CallOrderSerializer)
    def get(self, request: Request, order_id: int) -> Response:
        """Return how far one's own order came."""
        found = CallOrder.objects.filter(pk=order_id, operator=acting(request)).first()
        if found is None:
            raise NotFound("There is no such order.")
        return Response(CallOrderSerializer(found).data)


def _supervises(request: Request) -> bool:
    return signed_in(request).role in {Role.SUPERVISOR, Role.ADMIN}


def _as_json(live: LiveCall, *, supervises: bool) -> dict[str, Any]:
    own = live.is_own
    return {
        "call_id": live.call.pk,
        "number": live.call.to_number if live.call.direction == Direction.OUTBOUND else live.call.from_number,
        "operator_id": live.segment.operator_id,
        "operator_name": live.segment.operator.display_name if live.segment.operator else "",
        "is_own": own,
        "since": live.segment.answered_at,
        "held_since": live.held_since,
        "abilities": [
            {"action": action, "absent": absent} for action, absent in live.actions.items() if own or supervises
        ],
        "telephones": telephones_of_account(account_id=live.call.account_id) if own else [],
    }
