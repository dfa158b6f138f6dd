"""What people do with whole tickets: merge, part, split, follow up, put away for later."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.routing import actions
from contactcenter.routing.api import Serves, checked
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.permissions import signed_in
from contactcenter.tickets.cards import card_of
from contactcenter.tickets.queries import get_ticket
from contactcenter.tickets.serializers import TicketCardSerializer


class MergeTicketsSerializer(drf.Serializer[Any]):
    """The other ticket, whose entries come here; it is closed."""

    ticket_id = drf.IntegerField()


class SplitEntrySerializer(drf.Serializer[Any]):
    """One entry of the timeline."""

    type = drf.ChoiceField(choices=["message", "note", "call"])
    id = drf.IntegerField()


class SplitTicketSerializer(drf.Serializer[Any]):
    """What goes to the new ticket, and its subject ('' takes the first message's)."""

    entries = SplitEntrySerializer(many=True)
    subject = drf.CharField(max_length=300, required=False, allow_blank=True, default="")


class FollowUpSerializer(drf.Serializer[Any]):
    """What is to be followed up, and when ('' and null: now, under the same subject)."""

    subject = drf.CharField(max_length=300, required=False, allow_blank=True, default="")
    note = drf.CharField(max_length=2000, required=False, allow_blank=True, default="")
    due_at = drf.DateTimeField(required=False, allow_null=True, default=None)


class SnoozeSerializer(drf.Serializer[Any]):
    """When the ticket comes back."""

    until = drf.DateTimeField()


def _who(request: Request) -> tuple[int, int | None, bool]:
    """Return the acting person, the operator they are, and whether they may take what others serve."""
    user = signed_in(request)
    operator = getattr(user, "operator", None)
    return user.pk, operator.pk if operator else None, user.role in {Role.SUPERVISOR, Role.ADMIN}


class MergeView(APIView):
    """POST /api/v1/tickets/{id}/merge/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_merge", request=MergeTicketsSerializer, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Merge the other ticket into this one; it can be undone."""
        get_ticket(ticket_id=ticket_id)
        other = checked(MergeTicketsSerializer, request)["ticket_id"]
        actor_id, operator_id, may_take = _who(request)
        actions.merge(
            kept_id=ticket_id, merged_id=other, actor_id=actor_id, operator_id=operator_id, at=timezone.now(),
            may_take=may_take,
        )  # fmt: skip
        return Response(card_of(ticket_id=ticket_id))


class UndoMergeView(APIView):
    """POST /api/v1/ticket-merges/{id}/undo/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="ticket_merges_undo", request=None, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_merge_id: int) -> Response:
        """Move back what the merge moved; returns the ticket that exists again."""
        relation = actions.unmerge(relation_id=ticket_merge_id, actor_id=signed_in(request).pk, at=timezone.now())
        return Response(card_of(ticket_id=relation.other_id))


class SplitView(APIView):
    """POST /api/v1/tickets/{id}/split/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_split", request=SplitTicketSerializer, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Move entries to a new ticket, which is returned."""
        get_ticket(ticket_id=ticket_id)
        wanted = checked(SplitTicketSerializer, request)
        relation = actions.split(ticket_id=ticket_id, actor_id=signed_in(request).pk, at=timezone.now(), **wanted)
        return Response(card_of(ticket_id=relation.other_id))


class FollowUpView(APIView):
    """POST /api/v1/tickets/{id}/follow-up/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_follow_up", request=FollowUpSerializer, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Open a ticket of the same contact that goes on where this one ended, which is returned."""
        get_ticket(ticket_id=ticket_id)
        actor_id, operator_id, _ = _who(request)
        wanted = checked(FollowUpSerializer, request)
        relation = actions.follow_up(
            ticket_id=ticket_id, actor_id=actor_id, operator_id=operator_id, at=timezone.now(), **wanted
        )
        return Response(card_of(ticket_id=relation.other_id))


class SnoozeView(APIView):
    """/api/v1/tickets/{id}/snooze/"""

    permission_classes = (Serves,)

    @extend_schema(operation_id="tickets_snooze", request=SnoozeSerializer, responses=TicketCardSerializer)
    def post(self, request: Request, ticket_id: int) -> Response:
        """Put the ticket away until an instant; then it waits again in its place."""
        get_ticket(ticket_id=ticket_id)
        actor_id, operator_id, may_take = _who(request)
        until = checked(SnoozeSerializer, request)["until"]
        actions.snooze_ticket(
            ticket_id=ticket_id, until=until, at=timezone.now(), actor_id=actor_id, operator_id=operator_id,
            may_take=may_take,
        )  # fmt: skip
        return Response(card_of(ticket_id=ticket_id))

    @extend_schema(
        operation_id="tickets_wake", responses={204: OpenApiResponse(description="It is back, if it was away.")}
    )
    def delete(self, request: Request, ticket_id: int) -> Response:
        """Bring the ticket back now."""
        get_ticket(ticket_id=ticket_id)
        actions.wake_ticket(ticket_id=ticket_id, at=timezone.now(), actor_id=signed_in(request).pk)
        return Response(status=204)
