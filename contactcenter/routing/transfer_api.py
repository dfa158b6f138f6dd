"""Hold, transfers and consultations; what a supervisor does on the floor."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.kernel.errors import Invalid
from contactcenter.routing import actions, serializers
from contactcenter.routing.api import Serves, acting_operator, checked
from contactcenter.routing.frames import transfer_frame
from contactcenter.routing.targets import transfer_targets
from contactcenter.tenancy.permissions import IsSupervisor, signed_in
from contactcenter.tickets.cards import card_of
from contactcenter.tickets.queries import get_ticket
from contactcenter.tickets.serializers import TicketCardSerializer


class HoldView(APIView):
    """POST /api/v1/tickets/{id}/hold/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_hold", request=None, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Let the contact wait; the ticket stays with its operator."""
        at = timezone.now()
        actions.hold(ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(card_of(ticket_id=ticket_id))


class ResumeView(APIView):
    """POST /api/v1/tickets/{id}/resume/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_resume", request=None, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Go on with a contact on hold."""
        at = timezone.now()
        actions.resume(ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(card_of(ticket_id=ticket_id))


class TransferTargetsView(APIView):
    """GET /api/v1/tickets/{id}/transfer-targets/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_transfer_targets", responses=serializers.TransferTargetsSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        """Return whom the ticket may be handed to, who can be asked now first."""
        operator = getattr(request.user, "operator", None)
        return Response(transfer_targets(ticket_id=ticket_id, operator_id=operator.pk if operator else None))


class TransferView(APIView):
    """POST /api/v1/tickets/{id}/transfer/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="tickets_transfer",
        request=serializers.TransferRequestSerializer,
        responses=serializers.TransferSerializer,
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Offer the ticket to an operator (or ask them to help), put it into a queue, or put a caller through."""
        at = timezone.now()
        get_ticket(ticket_id=ticket_id)
        wanted = checked(serializers.TransferRequestSerializer, request)
        operator_id = acting_operator(request, at=at).pk
        common: dict[str, Any] = {
            "ticket_id": ticket_id,
            "operator_id": operator_id,
            "note": wanted["note"],
            "at": at,
        }
        match wanted["operator_id"], wanted["queue_id"], wanted["number"]:
            case int(to), None, "":
                transfer = actions.ask_operator(to_operator_id=to, consults=wanted["consult"], **common)
            case None, int(queue_id), "":
                transfer = actions.transfer_to_queue(queue_id=queue_id, **common)
            case None, None, str(number) if number:
                transfer = actions.patch_to_number(number=number, **common)
            case _:
                raise Invalid("Name one of operator_id, queue_id and number.", field="operator_id")
        return Response(transfer_frame(transfer=transfer))


class CompleteTransferView(APIView):
    """POST /api/v1/tickets/{id}/transfer/complete/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_transfer_complete", request=None, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """End the consultation by handing the ticket to the operator who helps."""
        at = timezone.now()
        actions.complete_transfer(ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(card_of(ticket_id=ticket_id))


class CancelTransferView(APIView):
    """POST /api/v1/tickets/{id}/transfer/cancel/"""

    permission_classes = (Serves,)

    @extend_schema(
        operation_id="tickets_transfer_cancel",
        request=None,
        responses={204: OpenApiResponse(description="Taken back; the ticket stays with its owner.")},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Take back what was asked, or end the consultation."""
        at = timezone.now()
        actions.cancel_transfer(ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(status=204)


class TakeOverView(APIView):
    """POST /api/v1/tickets/{id}/take-over/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="tickets_take_over", request=None, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Make the ticket the supervisor's own, from whoever has it or from the queue."""
        at = timezone.now()
        actions.take_over(ticket_id=ticket_id, operator_id=acting_operator(request, at=at).pk, at=at)
        return Response(card_of(ticket_id=ticket_id))


class WhisperView(APIView):
    """POST /api/v1/tickets/{id}/whisper/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(
        operation_id="tickets_whisper",
        request=serializers.WhisperSerializer,
        responses={204: OpenApiResponse(description="Said, and kept as a note.")},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Say something to the operator at work on the ticket; they are shown it at once."""
        said = checked(serializers.WhisperSerializer, request)
        actions.whisper(ticket_id=ticket_id, author=signed_in(request), at=timezone.now(), **said)
        return Response(status=204)


class ForcePresenceView(APIView):
    """POST /api/v1/operators/{id}/presence/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(
        operation_id="operators_presence_force",
        request=serializers.ForcePresenceSerializer,
        responses=serializers.ForcedPresenceSerializer,
    )
    def post(self, request: Request, operator_id: int) -> Response:
        """Set another person's presence at once, with a reason; they are told, and it is audited."""
        wanted: dict[str, Any] = checked(serializers.ForcePresenceSerializer, request)
        row = actions.force_presence(operator_id=operator_id, actor=signed_in(request), at=timezone.now(), **wanted)
        return Response(
            {"operator_id": row.operator_id, "state": row.presence, "reason": row.reason, "since": row.since}
        )
