"""What an operator does in the console: presence, offers, serving, wrap-up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import PermissionDenied
from contactcenter.operators.models import Operator
from contactcenter.routing import actions, serializers
from contactcenter.routing.console import console
from contactcenter.routing.frames import wrap_frame
from contactcenter.routing.trace import routing_trace
from contactcenter.tenancy.models import STAFF_ROLES, Role
from contactcenter.tenancy.permissions import roles
from contactcenter.tickets.cards import card_of
from contactcenter.tickets.serializers import TicketCardSerializer, WrapSerializer

IsStaff = roles(*STAFF_ROLES)
Serves = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN)


class NotAnOperator(PermissionDenied):
    """The logged-in person is no operator."""

    code = "not_an_operator"


def acting_operator(request: Request, *, at: datetime) -> Operator:
    """Return the operator the logged-in person is, noting the sign of life; PermissionDenied for others."""
    operator: Operator | None = getattr(request.user, "operator", None)
    if operator is None or not operator.is_active:
        raise NotAnOperator("You are not set up as an operator.")
    actions.see_operator(operator_id=operator.pk, at=at)
    return operator


def checked(shape: type[drf.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the request's body as the shape demands it; a ValidationError names the field."""
    incoming = shape(data=request.data)
    incoming.is_valid(raise_exception=True)
    return dict(incoming.validated_data)


class ConsoleView(APIView):
    """GET /api/v1/console/"""

    permission_classes = (IsStaff,)

    @extend_schema(operation_id="console", responses=serializers.ConsoleSerializer)
    def get(self, request: Request) -> Response:
        """Return the snapshot a console starts from."""
        return Response(console(operator=getattr(request.user, "operator", None), at=timezone.now()))


class PresenceView(APIView):
    """POST /api/v1/presence/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="presence_set",
        request=serializers.PresenceChangeSerializer,
        responses=serializers.ConsoleSerializer,
    )
    def post(self, request: Request) -> Response:
        """Say available, break (with a reason) or offline; returns the console's snapshot."""
        at = timezone.now()
        operator = acting_operator(request, at=at)
        actions.set_presence(operator_id=operator.pk, at=at, **checked(serializers.PresenceChangeSerializer, request))
        return Response(console(operator=operator, at=at))


class AcceptView(APIView):
    """POST /api/v1/offers/{id}/accept/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="offers_accept", request=None, responses=TicketCardSerializer)
    def post(self, request: Request, offer_id: int) -> Response:
        """Take the ticket; 409 offer_gone once it was answered, taken back or has expired."""
        at = timezone.now()
        assignment = actions.accept_offer(offer_id=offer_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(card_of(ticket_id=assignment.ticket_id))


class DeclineView(APIView):
    """POST /api/v1/offers/{id}/decline/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="offers_decline",
        request=serializers.DeclineSerializer,
        responses={204: OpenApiResponse(description="Passed on.")},
    )
    def post(self, request: Request, offer_id: int) -> Response:
        """Pass the ticket on to somebody else."""
        at = timezone.now()
        actions.decline_offer(
            offer_id=offer_id,
            operator_id=acting_operator(request, at=at).pk,
            at=at,
            **checked(serializers.DeclineSerializer, request),
        )
        return Response(status=204)


class FocusView(APIView):
    """POST /api/v1/tickets/{id}/focus/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="tickets_focus",
        request=serializers.FocusSerializer,
        responses={204: OpenApiResponse(description="Noted.")},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Say that the ticket is on screen with activity, or no longer."""
        at = timezone.now()
        said = checked(serializers.FocusSerializer, request)
        actions.focus_ticket(
            ticket_id=ticket_id,
            operator_id=acting_operator(request, at=at).pk,
            active=said["active"],
            at=at - timedelta(milliseconds=said.get("idle_ms", 0)),
        )
        return Response(status=204)


class FinishView(APIView):
    """POST /api/v1/tickets/{id}/finish/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_finish", request=None, responses=WrapSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """End the conversation; the wrap-up clock runs."""
        at = timezone.now()
        assignment = actions.finish_conversation(
            ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk, at=at
        )
        return Response(wrap_frame(assignment=assignment))


class WrapUpView(APIView):
    """POST /api/v1/tickets/{id}/wrap-up/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_wrap_up", request=serializers.WrapUpSerializer, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Record the outcome and be done with the ticket."""
        at = timezone.now()
        actions.wrap_up(
            ticket_id=ticket_id,
            operator_id=acting_operator(request, at=at).pk,
            at=at,
            **checked(serializers.WrapUpSerializer, request),
        )
        return Response(card_of(ticket_id=ticket_id))


class ExtendWrapView(APIView):
    """POST /api/v1/tickets/{id}/wrap-up/extend/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_wrap_up_extend", request=None, responses=WrapSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Give wrap-up as long again, once."""
        at = timezone.now()
        assignment = actions.extend_wrap(ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk)
        return Response(wrap_frame(assignment=assignment))


class RoutingTraceView(APIView):
    """GET /api/v1/tickets/{id}/routing/"""

    permission_classes = (roles(Role.SUPERVISOR, Role.ADMIN),)

    @extend_schema(operation_id="tickets_routing", responses=serializers.RoutingTraceSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Why the ticket was offered to whom it was, newest first, and why not to the others."""
        return Response(routing_trace(ticket_id=ticket_id, at=timezone.now()))
