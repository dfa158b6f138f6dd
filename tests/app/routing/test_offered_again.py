"""Who is asked again, and when: a refusal holds for a minute, a ticket handed on for ten; time alone ends both."""

import pytest

from contactcenter.operators.models import OperatorLanguage
from contactcenter.routing.actions import (
    accept_offer,
    ask_operator,
    complete_transfer,
    decline_offer,
    match_waiting,
    transfer_to_queue,
    wrap_up,
)
from contactcenter.routing.models import Offer, Queue, Waiting
from contactcenter.routing.trace import routing_trace
from tests.app.routing.scenes import after, at_work, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(account):
    return Queue.objects.create(name="Chats", account=account, language="en", channel="chat")


@pytest.fixture
def anna(account, queue):
    return at_work(account)


def asked() -> Offer:
    return Offer.objects.get(state="pending")


def verdicts(ticket, *, at):
    """What a supervisor reads of the waiting ticket: {operator id: why they are not asked}."""
    told = routing_trace(ticket_id=ticket.pk, at=at)["waiting"]
    return {other["operator"]["id"]: other["reason"] for other in told["others"]}


def refuse(*, chat, anna, boris, at):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=at)
    decline_offer(offer_id=asked().pk, operator_id=boris.pk, at=at)


def test_refused_transfer_holds_for_a_minute_and_then_time_alone_brings_the_offer(anna, chat, boris, queue):
    refuse(chat=chat, anna=anna, boris=boris, at=after(60))
    transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=queue.pk, at=after(70))

    assert match_waiting(at=after(71)) == 0
    assert verdicts(chat, at=after(71)) == {anna.pk: "handed_on", boris.pk: "passed"}
    assert Waiting.objects.get().look_at == after(120)
    assert match_waiting(at=after(119)) == 0
    assert match_waiting(at=after(120)) == 1
    assert asked().operator_id == boris.pk


def test_who_handed_a_ticket_on_is_not_asked_for_ten_minutes_whoever_puts_it_into_a_queue(
    account, anna, chat, boris, queue
):
    """Boris refuses, takes it the second time, asks Anna for help and hands it over; Anna puts it into the queue."""
    refuse(chat=chat, anna=anna, boris=boris, at=after(60))
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(62))
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65))
    wrap_up(ticket_id=chat.pk, operator_id=anna.pk, at=after(66), disposition=None)
    ask_operator(ticket_id=chat.pk, operator_id=boris.pk, to_operator_id=anna.pk, at=after(70), consults=True)
    accept_offer(offer_id=asked().pk, operator_id=anna.pk, at=after(75))
    complete_transfer(ticket_id=chat.pk, operator_id=boris.pk, at=after(80))
    wrap_up(ticket_id=chat.pk, operator_id=boris.pk, at=after(85), disposition=None)
    transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=queue.pk, at=after(90))
    wrap_up(ticket_id=chat.pk, operator_id=anna.pk, at=after(95), disposition=None)
    assert {state for _, state in states_of(chat)} == {"done"}

    # the refusal is long over; that Boris handed it over himself is not
    assert match_waiting(at=after(200)) == 0
    assert verdicts(chat, at=after(200)) == {anna.pk: "handed_on", boris.pk: "handed_on"}
    assert match_waiting(at=after(679)) == 0
    assert match_waiting(at=after(680)) == 1
    assert asked().operator_id == boris.pk


def test_somebody_who_never_had_it_is_asked_at_once(account, anna, chat, boris, queue):
    transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=queue.pk, at=after(60))

    assert match_waiting(at=after(60)) == 1

    assert asked().operator_id == boris.pk
    assert {other["operator_id"]: other["reason"] for other in asked().why["others"]} == {anna.pk: "handed_on"}


def test_language_is_asked_of_whoever_refused_as_of_anybody(anna, chat, boris, queue):
    """A queue without steps asks for level 2, a minute after the ticket took its first place for level 1."""
    OperatorLanguage.objects.filter(operator=boris, language="en").update(level=1)
    transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=queue.pk, at=after(20))

    assert match_waiting(at=after(59)) == 0
    assert verdicts(chat, at=after(59))[boris.pk] == "language"
    assert match_waiting(at=after(60)) == 1
    assert asked().operator_id == boris.pk
