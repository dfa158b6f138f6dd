"""A visitor who leaves before anybody has answered: the offer, the place and the record."""

from __future__ import annotations

from typing import Any

import pytest

from contactcenter.kernel.models import LiveEvent
from contactcenter.routing.actions import (
    accept_offer,
    cancel_callback,
    conversation_ended,
    match_waiting,
    place_ticket,
    request_callback,
)
from contactcenter.routing.actions.offers import OfferGone
from contactcenter.routing.candidates import loads_of
from contactcenter.routing.models import Abandonment, Assignment, Offer, Waiting
from contactcenter.tickets import actions as ticket_actions
from contactcenter.worktime.events import EventKind
from tests.app.factories import AT, make_account
from tests.app.routing.scenes import after, at_work, waiting

pytestmark = pytest.mark.django_db


def test_visitor_who_leaves_while_somebody_is_asked_takes_the_offer_back(recorded: list[tuple[int, Any]]) -> None:
    account = make_account()
    operator = at_work(account)
    ticket = waiting(account)
    assert match_waiting(at=after(5)) == 1
    offer = Offer.objects.get()
    recorded.clear()

    conversation_ended(ticket_id=ticket.pk, at=after(8))
    conversation_ended(ticket_id=ticket.pk, at=after(9))

    offer.refresh_from_db()
    assert (offer.state, offer.resolved_at) == ("rescinded", after(8))
    # released once, for the ledger and for the operator's screen
    assert [(event.kind, event.at) for _, event in recorded] == [(EventKind.OFFER_ENDED, after(8))]
    told = LiveEvent.objects.get(kind="offer.resolved")
    assert told.audience == f"operator:{operator.pk}"
    assert told.payload == {"offer_id": offer.pk, "ticket_id": ticket.pk, "state": "rescinded"}
    left = Abandonment.objects.get()
    assert (left.ticket_id, left.channel, left.enqueued_at, left.abandoned_at) == (ticket.pk, "chat", AT, after(8))
    with pytest.raises(OfferGone):
        accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(10))
    assert not Assignment.objects.exists()


def test_what_was_written_keeps_its_place_and_waits_in_writing_until_the_visitor_is_back() -> None:
    account = make_account()
    operator = at_work(account, max_chat=0, max_mail=1)
    ticket = waiting(account)
    assert match_waiting(at=after(5)) == 0

    conversation_ended(ticket_id=ticket.pk, at=after(8))
    # whatever else changes about the ticket
    place_ticket(ticket_id=ticket.pk, at=after(9))

    place = Waiting.objects.get()
    assert (place.ticket_id, place.enqueued_at, place.channel) == (ticket.pk, AT, "email")
    assert match_waiting(at=after(10)) == 1
    offer = Offer.objects.get()
    assert (offer.operator_id, offer.channel) == (operator.pk, "email")

    ticket_actions.receive_message(ticket=ticket, channel="chat", at=after(20), text="Still there?")
    place_ticket(ticket_id=ticket.pk, at=after(20))
    place.refresh_from_db()
    assert (place.enqueued_at, place.channel) == (AT, "chat")


def test_visitor_who_leaves_once_somebody_answers_has_not_abandoned() -> None:
    account = make_account()
    operator = at_work(account)
    ticket = waiting(account)
    match_waiting(at=after(5))
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(7))

    conversation_ended(ticket_id=ticket.pk, at=after(8))

    assert Assignment.objects.get().state == "wrapping"
    assert Offer.objects.get().state == "accepted"
    assert not Abandonment.objects.exists()


def test_offered_callback_that_nobody_wants_any_more_is_taken_back_once(recorded: list[tuple[int, Any]]) -> None:
    account = make_account()
    operator = at_work(account)
    ticket = waiting(account)
    callback, _ = request_callback(ticket_id=ticket.pk, source="console", number="+442071838750", at=after(5))
    assert match_waiting(at=after(6)) == 1
    offer = Offer.objects.get()
    assert offer.channel == "voice"
    recorded.clear()

    # whoever waits to be called leaves the chat without leaving the queue
    conversation_ended(ticket_id=ticket.pk, at=after(7))
    offer.refresh_from_db()
    assert offer.state == "pending"
    for seconds in (8, 9):
        cancel_callback(callback_id=callback.pk, reason="Not any more", at=after(seconds), actor_id=None)

    offer.refresh_from_db()
    assert (offer.state, offer.resolved_at) == ("rescinded", after(8))
    assert [(event.kind, event.at) for _, event in recorded] == [(EventKind.OFFER_ENDED, after(8))]
    assert loads_of(operator_ids=[operator.pk])[operator.pk] == {"voice": 0, "chat": 0, "email": 0}
    with pytest.raises(OfferGone):
        accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(10))
    assert not Abandonment.objects.exists()
    assert not Assignment.objects.exists()
