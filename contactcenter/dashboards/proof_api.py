"""/api/v1/admin/proofs/: what the nightly proof found."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.dashboards.actions import ask_proof
from contactcenter.dashboards.proof_queries import latest_proofs
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles


class ProofCheckSerializer(serializers.Serializer[Any]):
    """One equation of the proof, with the first of its differences in words."""

    name = serializers.CharField()
    states = serializers.CharField()
    checked = serializers.IntegerField()
    differences = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.CharField())


class ProofSerializer(serializers.Serializer[Any]):
    """One run of the proof."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    took_ms = serializers.IntegerField()
    is_ok = serializers.BooleanField()
    differences = serializers.IntegerField()
    checks = ProofCheckSerializer(many=True)
    error = serializers.CharField()


class ProofListSerializer(serializers.Serializer[Any]):
    """The newest runs, newest first."""

    results = ProofSerializer(many=True)


class ProofsView(APIView):
    """/api/v1/admin/proofs/"""

    permission_classes = [roles(Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN)]

    @extend_schema(operation_id="admin_proofs", responses=ProofListSerializer)
    def get(self, request: Request) -> Response:
        """Return the newest results of the proof."""
        return Response(ProofListSerializer({"results": latest_proofs()}).data)

    @extend_schema(
        operation_id="admin_proof_ask", request=None, responses={202: OpenApiResponse(description="A worker makes it.")}
    )
    def post(self, request: Request) -> Response:
        """Have the proof made now."""
        ask_proof()
        return Response(status=202)
