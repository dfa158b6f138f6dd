"""The answers to an offer. Each releases it exactly once: by one conditional UPDATE that must hit one row."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Coalesce

from contactcenter.kernel.errors import Conflict, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.routing import ledger_events
from contactcenter.routing.actions.abandoning import has_abandoned
from contactcenter.routing.actions.moving import lock_operators
from contactcenter.routing.actions.reservations import release_offer, tell_resolved
from contactcenter.routing.actions.serving import begin_serving
from contactcenter.routing.actions.stance import arrive
from contactcenter.routing.actions.transfers import take_transfer
from contactcenter.routing.models import (
    Assignment,
    Offer,
    OfferPurpose,
    OfferState,
    OperatorState,
    Presence,
    Waiting,
)
from contactcenter.routing.states import NOT_RESPONDING
from contactcenter.tickets.models import Ticket

MISSED_OFFERS_ALLOWED: Final = 3


class OfferGone(Conflict):
    """The offer was answered, taken back or expired; data["state"] says which."""

    code = "offer_gone"


@transaction.atomic
def accept_offer(*, offer_id: int, operator_id: int, at: datetime) -> Assignment:
    """Take the offered ticket: the operator becomes its one live assignee and an interaction begins.

    A transfer makes them the next owner; a consultation leaves the owner and returns the owner's assignment. Accepting
    twice returns the same assignment. Raises NotFound for an offer of somebody else, OfferGone once it was
    answered, taken back or is past expires_at; then nothing has changed.
    """
    offer = _own_offer(offer_id=offer_id, operator_id=operator_id)
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=offer.ticket_id).first()
    owner = _owner_id(offer)
    state = lock_operators({operator_id, owner or operator_id}).get(operator_id)
    if state is None:
        raise NotFound("You have never signed in to work, so no offer is yours.")
    claimed = Offer.objects.filter(pk=offer.pk, state=OfferState.PENDING, expires_at__gt=at).update(
        state=OfferState.ACCEPTED, resolved_at=at
    )
    if claimed != 1:
        offer.refresh_from_db()
        if offer.state == OfferState.ACCEPTED and offer.purpose == OfferPurpose.CONSULT and offer.transfer:
            return offer.transfer.assignment
        if offer.state == OfferState.ACCEPTED and offer.resolved_at is not None:
            return Assignment.objects.filter(
                ticket_id=offer.ticket_id, operator_id=operator_id, started_at=offer.resolved_at
            ).latest("id")
        raise OfferGone(
            "This offer has expired." if offer.state == OfferState.PENDING else "This offer is no longer open.",
            data={"state": offer.state},
        )
    state.missed_offers = 0
    state.last_seen_at = at
    state.save(update_fields=["missed_offers", "last_seen_at"])
    ledger_events.offer_ended(offer=offer, at=at, how=OfferState.ACCEPTED)
    tell_resolved(offer=offer, state=OfferState.ACCEPTED)
    # the operator is free to decide on the next one
    enqueue_on_commit("routing.match")
    if offer.transfer_id is not None:
        return take_transfer(transfer_id=offer.transfer_id, at=at)
    ticket = Ticket.objects.get(pk=offer.ticket_id)
    enqueued_at = waiting.enqueued_at if waiting else offer.offered_at
    if waiting is not None:
        waiting.delete()
    return begin_serving(
        ticket=ticket,
        operator_id=operator_id,
        channel=offer.channel,
        at=at,
        enqueued_at=enqueued_at,
        # who has gone already no longer waited: that wait was counted when they left
        waited_ms=None if has_abandoned(waiting) else _waited_ms(ticket_id=ticket.pk, enqueued_at=enqueued_at, at=at),
        queue_id=waiting.queue_id if waiting else None,
        bridge=offer.bridge,
    )


def _waited_ms(*, ticket_id: int, enqueued_at: datetime, at: datetime) -> int:
    """How long the contact waited: since its place in the queue, or since the last operator let it go."""
    served_until = Assignment.objects.filter(ticket_id=ticket_id).aggregate(
        latest=Max(Coalesce("transferred_at", "wrapping_at", "done_at"))
    )["latest"]
    since = max(enqueued_at, served_until) if served_until and served_until <= at else enqueued_at
    return max(0, int((at - since).total_seconds() * 1000))


@transaction.atomic
def decline_offer(*, offer_id: int, operator_id: int, at: datetime, reason: str = "") -> None:
    """Pass the ticket on: it keeps its place, and this operator is not asked again at once. Twice changes no more."""
    offer = _own_offer(offer_id=offer_id, operator_id=operator_id)
    state = OperatorState.objects.select_for_update(of=("self",)).filter(operator_id=operator_id).first()
    if state is None:
        raise NotFound("You have never signed in to work, so no offer is yours.")
    if not release_offer(offer=offer, how=OfferState.DECLINED, at=at, reason=reason):
        offer.refresh_from_db()
        if offer.state != OfferState.DECLINED:
            raise OfferGone("This offer is no longer open.", data={"state": offer.state})
        return
    state.missed_offers = 0
    state.save(update_fields=["missed_offers"])


def expire_offers(*, at: datetime) -> int:
    """Time out every pending offer past expires_at; return how many. Three missed in a row mean a break."""
    overdue = Offer.objects.filter(state=OfferState.PENDING, expires_at__lte=at).order_by("expires_at", "id")
    return sum(_expire(offer=offer, at=at) for offer in overdue)


@transaction.atomic
def _expire(*, offer: Offer, at: datetime) -> bool:
    state = OperatorState.objects.select_for_update(of=("self",)).get(operator_id=offer.operator_id)
    # the reservation ended when it ran out, not when somebody looked
    if not release_offer(offer=offer, how=OfferState.TIMED_OUT, at=offer.expires_at):
        return False
    OperatorState.objects.filter(pk=state.pk).update(missed_offers=F("missed_offers") + 1)
    state.refresh_from_db()
    if state.missed_offers >= MISSED_OFFERS_ALLOWED and state.presence == Presence.AVAILABLE:
        arrive(row=state, presence=Presence.BREAK, reason=NOT_RESPONDING, at=at)
    return True


def _owner_id(offer: Offer) -> int | None:
    if offer.transfer_id is None:
        return None
    return Assignment.objects.filter(transfers=offer.transfer_id).values_list("operator_id", flat=True).first()


def _own_offer(*, offer_id: int, operator_id: int) -> Offer:
    offer = Offer.objects.filter(pk=offer_id, operator_id=operator_id).first()
    if offer is None:
        raise NotFound("There is no such offer for you.")
    return offer
