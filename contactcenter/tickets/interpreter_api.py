"""Interpreters over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import PermissionDenied
from contactcenter.operators.models import Operator
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import roles, signed_in
from contactcenter.tickets.interpreters import call_in_interpreter, interpreter_uses, let_interpreter_go
from contactcenter.tickets.models import InterpreterUse
from contactcenter.tickets.queries import get_ticket

Serves = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class InterpreterUseSerializer(serializers.ModelSerializer[InterpreterUse]):
    """Who helped whom in which language, and for how many seconds that are charged (0 while it lasts)."""

    operator = serializers.CharField(source="interaction.operator.display_name", read_only=True)

    class Meta:
        model = InterpreterUse
        fields = ("id", "operator", "provider", "language", "started_at", "ended_at", "seconds", "reference")
        read_only_fields = fields


class InterpreterUseListSerializer(serializers.Serializer[Any]):
    """The uses of a ticket, the newest first."""

    results = InterpreterUseSerializer(many=True)


class InterpreterWishSerializer(serializers.Serializer[Any]):
    """Who interprets; '' in language takes the ticket's."""

    language = serializers.RegexField(r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$", max_length=8, required=False, default="")
    provider = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class InterpreterView(APIView):
    """/api/v1/tickets/{id}/interpreter/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_interpreters", responses=InterpreterUseListSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return who has helped with the ticket."""
        return Response({"results": InterpreterUseSerializer(interpreter_uses(ticket_id=ticket_id), many=True).data})

    @extend_schema(
        operation_id="tickets_interpreter_call_in",
        request=InterpreterWishSerializer,
        responses=InterpreterUseSerializer,
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Call an interpreter in for one's conversation, or say who it is; 409 without the client's consent."""
        operator = _operator(request)
        get_ticket(ticket_id=ticket_id)
        wish = InterpreterWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        use = call_in_interpreter(
            ticket_id=ticket_id,
            operator_id=operator.pk,
            actor_id=signed_in(request).pk,
            at=timezone.now(),
            **wish.validated_data,
        )
        return Response(InterpreterUseSerializer(use).data)

    @extend_schema(operation_id="tickets_interpreter_let_go", responses=InterpreterUseSerializer)
    def delete(self, request: Request, ticket_id: int) -> Response:
        """Say that the interpreter has gone."""
        use = let_interpreter_go(
            ticket_id=ticket_id, operator_id=_operator(request).pk, actor_id=signed_in(request).pk, at=timezone.now()
        )
        return Response(InterpreterUseSerializer(use).data)


def _operator(request: Request) -> Operator:
    operator: Operator | None = getattr(request.user, "operator", None)
    if operator is None or not operator.is_active:
        raise PermissionDenied("You are not set up as an operator.")
    return operator
