"""The reasons for a break over HTTP: what operators choose from, and changing it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import STAFF_ROLES, Role
from contactcenter.tenancy.permissions import roles
from contactcenter.worktime.break_reason_actions import save_break_reason
from contactcenter.worktime.queries import break_reasons

IsStaff = roles(*STAFF_ROLES)
RunsFloor = roles(Role.SUPERVISOR, Role.ADMIN)


class BreakReasonSerializer(serializers.Serializer[Any]):
    """A reason. `reason` is recorded, `labels` are shown: {language: words}. `account_id`: whose time the break is."""

    id = serializers.IntegerField(read_only=True)
    reason = serializers.CharField(max_length=80)
    labels = serializers.DictField(child=serializers.CharField(max_length=80, allow_blank=True), required=False)
    account_id = serializers.IntegerField(required=False, allow_null=True)
    position = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    is_active = serializers.BooleanField(required=False)


class BreakReasonListSerializer(serializers.Serializer[Any]):
    """Reasons in the order in which they are offered."""

    results = BreakReasonSerializer(many=True)


class OfferedReasonSerializer(serializers.Serializer[Any]):
    """A reason as operators choose it."""

    reason = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    is_active = serializers.BooleanField()


class OfferedReasonListSerializer(serializers.Serializer[Any]):
    """All reasons, in order; those that are not active are only shown for breaks under way."""

    results = OfferedReasonSerializer(many=True)


class BreakReasonsView(APIView):
    """GET /api/v1/break-reasons/"""

    permission_classes = (IsStaff,)

    @extend_schema(operation_id="break_reasons", responses=OfferedReasonListSerializer)
    def get(self, request: Request) -> Response:
        """Return what operators choose from when they begin a break."""
        return Response({"results": OfferedReasonSerializer(break_reasons(), many=True).data})


class AdminBreakReasonsView(APIView):
    """/api/v1/admin/break-reasons/"""

    permission_classes = (RunsFloor,)

    @extend_schema(operation_id="admin_break_reasons", responses=BreakReasonListSerializer)
    def get(self, request: Request) -> Response:
        """List the reasons, those that are offered no more too."""
        return Response({"results": BreakReasonSerializer(break_reasons(), many=True).data})

    @extend_schema(
        operation_id="admin_break_reason_create",
        request=BreakReasonSerializer,
        responses={201: BreakReasonSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a reason."""
        return _saved(request)


class AdminBreakReasonView(APIView):
    """PATCH /api/v1/admin/break-reasons/{id}/"""

    permission_classes = (RunsFloor,)

    @extend_schema(
        operation_id="admin_break_reason_change", request=BreakReasonSerializer, responses=BreakReasonSerializer
    )
    def patch(self, request: Request, reason_id: int) -> Response:
        """Change the given fields of a reason; what was recorded stays."""
        return _saved(request, reason_id)


def _saved(request: Request, reason_id: int | None = None) -> Response:
    if reason_id is not None and reason_id not in {row.pk for row in break_reasons()}:
        raise NotFound("There is no such reason.")
    given = BreakReasonSerializer(data=request.data, partial=reason_id is not None)
    given.is_valid(raise_exception=True)
    row = save_break_reason(actor_id=logged_in(request).pk, values=given.validated_data, reason_id=reason_id)
    return Response(BreakReasonSerializer(row).data, status=201 if reason_id is None else 200)
