"""Click to call over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.models import CallRequest, CallRequestState
from channels_app.phone.call_requests import request_call
from contactcenter.kernel.errors import NotFound, PermissionDenied
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles

Calls = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class CallRequestSerializer(serializers.ModelSerializer[CallRequest]):
    """How far a click to call came. `answered`: the operator lifted; the rest is in the call on the timeline."""

    account_id = serializers.IntegerField(read_only=True)
    ticket_id = serializers.IntegerField(read_only=True, allow_null=True)
    contact_id = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(choices=CallRequestState.choices, read_only=True)

    class Meta:
        model = CallRequest
        fields = ("id", "account_id", "ticket_id", "contact_id", "number", "state", "reason", "requested_at")
        read_only_fields = fields


class CallWishSerializer(serializers.Serializer[Any]):
    """Whom to call: the contact of a ticket, or a contact; one of their numbers, the first if none is named."""

    ticket_id = serializers.IntegerField(required=False)
    contact_id = serializers.IntegerField(required=False)
    number = serializers.CharField(required=False, allow_blank=True, max_length=64)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of ticket and contact."""
        if ("ticket_id" in attrs) is ("contact_id" in attrs):
            raise serializers.ValidationError({"ticket_id": "Name a ticket or a contact."})
        return attrs


class CallRequestsView(APIView):
    """/api/v1/call-requests/"""

    permission_classes = (Calls,)

    @extend_schema(
        operation_id="call_requests_create", request=CallWishSerializer, responses={201: CallRequestSerializer}
    )
    def post(self, request: Request) -> Response:
        """Ring the operator's own telephone, then the contact's; 409 without a telephone or a telephone system."""
        wish = CallWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        found = request_call(operator=acting(request), at=timezone.now(), **wish.validated_data)
        return Response(CallRequestSerializer(found).data, status=201)


class CallRequestView(APIView):
    """/api/v1/call-requests/{id}/"""

    permission_classes = (Calls,)

    @extend_schema(operation_id="call_requests_read", responses=CallRequestSerializer)
    def get(self, request: Request, request_id: int) -> Response:
        """Return how far one's own click to call came."""
        found = CallRequest.objects.filter(pk=request_id, operator=acting(request)).first()
        if found is None:
            raise NotFound("There is no such call.")
        return Response(CallRequestSerializer(found).data)


def acting(request: Request) -> Operator:
    """Return the operator the logged-in person is; PermissionDenied for others."""
    operator: Operator | None = getattr(request.user, "operator", None)
    if operator is None or not operator.is_active:
        raise PermissionDenied("You are not set up as an operator.")
    return operator
