"""What an operator's console shows on opening: one snapshot with the cursor from which live events go on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from contactcenter.kernel import push
from contactcenter.kernel.intervals import as_text
from contactcenter.operators.models import Operator
from contactcenter.routing import queries
from contactcenter.routing.candidates import loads_of
from contactcenter.routing.frames import offer_frame, pulse_frame, transfer_frame, wrap_frame
from contactcenter.routing.models import (
    OPEN_TRANSFERS,
    Assignment,
    AssignmentState,
    Offer,
    OfferState,
    OperatorState,
    Presence,
    Transfer,
    TransferState,
)
from contactcenter.routing.profiles import capacity_of
from contactcenter.routing.states import OWNING, engagement_of
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.cards import cards_of
from contactcenter.tickets.models import Interaction, Ticket


def console(*, operator: Operator | None, at: datetime) -> dict[str, Any]:
    """Return presence, load, pulse, the pending offer, open tickets and wrap-ups; no operator: the pulse only."""
    cursor = push.current_cursor()
    with open_every_account(reason="the pulse counts the whole centre, as its live events do; counts name no client"):
        pulse = queries.pulse()
    assignments = _live(operator)
    active = [one for one in assignments if one.state in OWNING]
    wrapping = [one for one in assignments if one.state == AssignmentState.WRAPPING]
    calls = _calls(operator, assignments)
    offer = (
        Offer.objects.filter(operator=operator, state=OfferState.PENDING, expires_at__gt=at).first()
        if operator
        else None
    )
    in_hand = [*(one.ticket_id for one in assignments), *(one.ticket_id for one in calls)]
    tickets = Ticket.objects.filter(pk__in=in_hand)
    cards = {card["id"]: card for card in cards_of(tickets)}
    return {
        "cursor": str(cursor),
        "server_time": as_text(at),
        "presence": _presence(operator=operator, offer=offer, active=active, calls=calls, wrapping=wrapping, at=at),
        "load": _load(operator=operator),
        "pulse": pulse_frame(pulse=pulse),
        "offer": offer_frame(offer=offer) if offer else None,
        "transfers": _transfers(operator),
        "calls": [
            {**cards[one.ticket_id], "since": as_text(one.started_at)} for one in calls if one.ticket_id in cards
        ],
        "open": [cards[one.ticket_id] for one in active if one.ticket_id in cards],
        "wrapping": [
            {**wrap_frame(assignment=one), "ticket": cards[one.ticket_id]} for one in wrapping if one.ticket_id in cards
        ],
    }


def _live(operator: Operator | None) -> list[Assignment]:
    if operator is None:
        return []
    return list(
        Assignment.objects.filter(operator=operator, state__in=queries.LIVE_STATES).order_by("started_at", "id")
    )


def _calls(operator: Operator | None, assignments: Collection[Assignment]) -> list[Interaction]:
    """Calls that the telephone system tells of; one whose ticket is in the operator's hands anyway is among those."""
    if operator is None:
        return []
    held = [one.ticket_id for one in assignments]
    return list(queries.calls_under_way().filter(operator=operator).exclude(ticket_id__in=held))


def _transfers(operator: Operator | None) -> list[dict[str, Any]]:
    """What is on its way from the operator, and where they help."""
    if operator is None:
        return []
    concerned = Q(assignment__operator=operator) | Q(operator=operator, state=TransferState.CONSULTING)
    found = Transfer.objects.filter(concerned, state__in=OPEN_TRANSFERS).order_by("asked_at", "id")
    return [transfer_frame(transfer=one) for one in found.select_related("assignment__operator", "operator", "queue")]


def _load(*, operator: Operator | None) -> dict[str, dict[str, int]]:
    room = capacity_of(operator) if operator else {"voice": 0, "chat": 0, "email": 0}
    used = loads_of(operator_ids=[operator.pk])[operator.pk] if operator else {}
    return {kind: {"used": used.get(kind, 0), "max": most} for kind, most in room.items()}


def _presence(
    *,
    operator: Operator | None,
    offer: Offer | None,
    active: list[Assignment],
    calls: list[Interaction],
    wrapping: list[Assignment],
    at: datetime,
) -> dict[str, Any]:
    state = OperatorState.objects.filter(operator=operator).first() if operator else None
    engagement = engagement_of(
        presence=state.presence if state else "",
        reason=state.reason if state else "",
        serves=bool(active or calls),
        wraps=bool(wrapping),
        is_offered=offer is not None,
    )
    since = (state.idle_since or state.since) if state else at
    if engagement == "engaged":
        since = min([*(one.started_at for one in active), *(one.started_at for one in calls)])
    elif engagement == "wrap":
        since = wrapping[0].wrapping_at or wrapping[0].started_at
    elif offer and engagement == "offered":
        since = offer.offered_at
    elif state and state.presence == Presence.BREAK:
        since = state.since
    return {
        "state": state.presence if state else Presence.OFFLINE,
        "reason": state.reason if state else "",
        "since": as_text(state.since if state else at),
        "next": {"state": state.next_presence, "reason": state.next_reason} if state and state.next_presence else None,
        "engagement": engagement,
        "engagement_since": as_text(since),
    }
