"""GET /api/v1/admin/floor/: who is at work, in what state since when, and what they have in hand."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contactcenter.operators.models import Operator
from contactcenter.routing import queries
from contactcenter.routing.models import (
    Assignment,
    AssignmentState,
    Offer,
    OfferState,
    OperatorState,
    Presence,
    Transfer,
    TransferState,
)
from contactcenter.routing.serializers import NextPresenceSerializer
from contactcenter.routing.states import OWNING, engagement_of
from contactcenter.tenancy.permissions import IsSupervisor
from contactcenter.tickets.cards import cards_of
from contactcenter.tickets.models import Interaction, Ticket
from contactcenter.tickets.serializers import TicketCardSerializer


class FloorTicketSerializer(serializers.Serializer[Any]):
    """A ticket in somebody's hands; `state` is how they stand with it, `since` when that began.

    `calling`: of a call that the telephone system told of; nobody can take it over here.
    """

    state = serializers.ChoiceField(choices=["calling", "active", "held", "consult", "wrapping", "transferred"])
    since = serializers.DateTimeField()
    ticket = TicketCardSerializer()


class FloorOperatorSerializer(serializers.Serializer[Any]):
    """An operator: presence (said), engagement (derived) with its clock, offer, tickets, and where they help."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    presence = serializers.ChoiceField(choices=Presence.choices)
    reason = serializers.CharField()
    presence_since = serializers.DateTimeField(allow_null=True)
    next = NextPresenceSerializer(allow_null=True)
    engagement = serializers.ChoiceField(choices=["idle", "offered", "engaged", "wrap", "not_responding"])
    since = serializers.DateTimeField(allow_null=True)
    offer = TicketCardSerializer(allow_null=True)
    tickets = FloorTicketSerializer(many=True)
    helps = TicketCardSerializer(many=True)


class FloorSerializer(serializers.Serializer[Any]):
    """Everybody who may work, as of `at`."""

    at = serializers.DateTimeField()
    operators = FloorOperatorSerializer(many=True)


def floor() -> list[dict[str, Any]]:
    """Return every active operator, by name; a handful of statements for any number of people and tickets."""
    states = {state.pk: state for state in OperatorState.objects.all()}
    offers = {offer.operator_id: offer for offer in Offer.objects.filter(state=OfferState.PENDING)}
    serving: dict[int, list[Assignment]] = defaultdict(list)
    for row in Assignment.objects.exclude(state=AssignmentState.DONE).order_by("started_at", "id"):
        serving[row.operator_id].append(row)
    speaking: dict[int, list[Interaction]] = defaultdict(list)
    for call in queries.calls_under_way():
        if all(row.ticket_id != call.ticket_id for row in serving[call.operator_id]):
            speaking[call.operator_id].append(call)
    helping: dict[int, list[Transfer]] = defaultdict(list)
    for transfer in Transfer.objects.filter(state=TransferState.CONSULTING).order_by("consulting_at"):
        if transfer.operator_id is not None:
            helping[transfer.operator_id].append(transfer)
    wanted = {
        *(row.ticket_id for rows in serving.values() for row in rows),
        *(call.ticket_id for calls in speaking.values() for call in calls),
        *(offer.ticket_id for offer in offers.values()),
        *(transfer.ticket_id for rows in helping.values() for transfer in rows),
    }
    cards = {card["id"]: card for card in cards_of(Ticket.objects.filter(pk__in=wanted))}
    people = Operator.objects.filter(is_active=True, user__is_active=True).order_by("display_name", "id")
    return [
        _operator(
            person,
            state=states.get(person.pk),
            offer=offers.get(person.pk),
            rows=serving[person.pk],
            calls=speaking[person.pk],
            helps=[cards[one.ticket_id] for one in helping[person.pk] if one.ticket_id in cards],
            cards=cards,
        )
        for person in people
    ]


def _operator(
    person: Operator,
    *,
    state: OperatorState | None,
    offer: Offer | None,
    rows: list[Assignment],
    calls: list[Interaction],
    helps: list[dict[str, Any]],
    cards: dict[int, dict[str, Any]],
) -> dict[str, Any]:
    owned = [row for row in rows if row.state in OWNING]
    wrapping = [row for row in rows if row.state == AssignmentState.WRAPPING]
    since = (state.idle_since if state and state.presence == Presence.AVAILABLE else None) or (
        state.since if state else None
    )
    engagement = engagement_of(
        presence=state.presence if state else "",
        reason=state.reason if state else "",
        serves=bool(owned or calls or helps),
        wraps=bool(wrapping),
        is_offered=offer is not None,
    )
    if engagement == "engaged" and (owned or calls):
        since = min([*(row.started_at for row in owned), *(call.started_at for call in calls)])
    elif engagement == "wrap":
        since = wrapping[0].wrapping_at
    elif offer and engagement == "offered":
        since = offer.offered_at
    return {
        "id": person.pk,
        "name": person.display_name,
        "presence": state.presence if state else Presence.OFFLINE,
        "reason": state.reason if state else "",
        "presence_since": state.since if state else None,
        "next": {"state": state.next_presence, "reason": state.next_reason} if state and state.next_presence else None,
        "engagement": engagement,
        "since": since,
        "offer": cards.get(offer.ticket_id) if offer else None,
        "tickets": [
            *(
                {"state": "calling", "since": call.started_at, "ticket": cards[call.ticket_id]}
                for call in calls
                if call.ticket_id in cards
            ),
            *(
                {
                    "state": row.state,
                    "since": row.wrapping_at or row.state_since or row.started_at,
                    "ticket": cards[row.ticket_id],
                }
                for row in rows
                if row.ticket_id in cards
            ),
        ],
        "helps": helps,
    }


class FloorView(APIView):
    """GET /api/v1/admin/floor/"""

    permission_classes = (IsSupervisor,)

    @extend_schema(operation_id="admin_floor", responses=FloorSerializer)
    def get(self, request: Request) -> Response:
        """Return the operators with their states and tickets."""
        return Response(FloorSerializer({"at": timezone.now(), "operators": floor()}).data)
