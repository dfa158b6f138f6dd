"""Offers against the database: made, accepted, declined, expired, taken back."""

from datetime import datetime, timedelta

import pytest

from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.models import LiveEvent
from contactcenter.routing.actions import (
    accept_offer,
    decline_offer,
    expire_offers,
    match_waiting,
    place_ticket,
    set_presence,
)
from contactcenter.routing.actions.offers import OfferGone
from contactcenter.routing.models import (
    Assignment,
    AssignmentState,
    Offer,
    OfferState,
    OperatorState,
    Presence,
    Queue,
    Waiting,
)
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Interaction, Ticket
from contactcenter.worktime.events import EventKind
from tests.app.factories import AT, make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def waiting_ticket(account, *, at=AT, channel="chat", language="en", text="Hello?") -> Ticket:
    ticket = make_ticket(account, channel=channel, language=language, at=at)
    ticket_actions.receive_message(ticket=ticket, channel=channel, at=at, text=text)
    place_ticket(ticket_id=ticket.pk, at=at)
    ticket.refresh_from_db()
    return ticket


def offers() -> list[tuple[int, int, str]]:
    return list(Offer.objects.order_by("id").values_list("ticket_id", "operator_id", "state"))


def test_waiting_ticket_is_offered_to_the_available_operator_and_shown_to_them(recorded):
    account = make_account()
    Queue.objects.create(name="Chats", channel="chat", offer_seconds=20)
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    ticket = waiting_ticket(account)

    assert match_waiting(at=after(3)) == 1

    offer = Offer.objects.get()
    assert (offer.ticket_id, offer.operator_id, offer.state) == (ticket.pk, operator.pk, "pending")
    assert (offer.offered_at, offer.expires_at) == (after(3), after(23))
    assert (offer.why["rule"], offer.why["waited_ms"]) == ("only_one", 3000)
    made = LiveEvent.objects.get(kind="offer.made")
    assert made.audience == f"operator:{operator.pk}"
    assert made.payload["offer"]["ticket"]["contact"]["name"] == "Olga Petrova"
    assert [event.kind for _, event in recorded] == [
        EventKind.SESSION_STARTED,
        EventKind.PRESENCE_AVAILABLE,
        EventKind.OFFER_MADE,
    ]


def test_nobody_is_offered_a_ticket_of_an_account_they_do_not_serve():
    mine, other = make_account(), make_account()
    operator = make_operator(mine)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    waiting_ticket(other)

    assert match_waiting(at=after(86_400)) == 0
    assert offers() == []


def test_accepted_offer_makes_the_one_assignment_and_ends_the_wait(recorded):
    account = make_account()
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    ticket = waiting_ticket(account)
    match_waiting(at=after(2))
    recorded.clear()

    assignment = accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(7))

    assert (assignment.state, assignment.started_at) == (AssignmentState.ACTIVE, after(7))
    assert not Waiting.objects.exists()
    ticket.refresh_from_db()
    assert (ticket.assignee_id, ticket.status) == (operator.pk, "open")
    interaction = Interaction.objects.get()
    assert (interaction.started_at, interaction.waited_ms, interaction.channel) == (after(7), 7000, "chat")
    assert [(event.kind, event.subject) for _, event in recorded] == [
        (EventKind.OFFER_ENDED, f"offer {Offer.objects.get().pk}"),
        (EventKind.CHAT_OPENED, ""),
    ]


def test_accepting_twice_returns_the_same_assignment():
    account = make_account()
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    waiting_ticket(account)
    match_waiting(at=AT)
    offer = Offer.objects.get()

    first = accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(1))
    second = accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(2))

    assert first.pk == second.pk
    assert Assignment.objects.count() == 1
    assert Interaction.objects.count() == 1


def test_accept_after_expiry_fails_and_changes_nothing():
    account = make_account()
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    ticket = waiting_ticket(account)
    match_waiting(at=AT)
    offer = Offer.objects.get()

    with pytest.raises(OfferGone):
        accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=offer.expires_at)

    offer.refresh_from_db()
    ticket.refresh_from_db()
    assert offer.state == OfferState.PENDING
    assert ticket.assignee_id is None
    assert Waiting.objects.count() == 1
    assert Assignment.objects.count() == 0


def test_somebody_elses_offer_is_not_found():
    account = make_account()
    operator, thief = make_operator(account), make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    waiting_ticket(account)
    match_waiting(at=AT)

    with pytest.raises(NotFound):
        accept_offer(offer_id=Offer.objects.get().pk, operator_id=thief.pk, at=after(1))
    assert Offer.objects.get().state == OfferState.PENDING


def test_declined_ticket_keeps_its_place_and_goes_to_the_next_operator():
    account = make_account()
    first, second = make_operator(account), make_operator(account)
    set_presence(operator_id=first.pk, state="available", at=AT)
    set_presence(operator_id=second.pk, state="available", at=after(1))
    ticket = waiting_ticket(account)
    match_waiting(at=after(2))

    decline_offer(offer_id=Offer.objects.get().pk, operator_id=first.pk, at=after(3), reason="no time")
    match_waiting(at=after(4))

    assert offers() == [(ticket.pk, first.pk, "declined"), (ticket.pk, second.pk, "pending")]
    assert Waiting.objects.get().enqueued_at == AT
    # a minute later the first may be asked again
    decline_offer(offer_id=Offer.objects.get(state="pending").pk, operator_id=second.pk, at=after(5))
    assert match_waiting(at=after(62)) == 0
    assert match_waiting(at=after(63.5)) == 1


def test_expired_offer_is_timed_out_once_as_of_its_end(recorded):
    account = make_account()
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    waiting_ticket(account)
    match_waiting(at=AT)
    recorded.clear()

    assert expire_offers(at=after(29)) == 0
    assert expire_offers(at=after(45)) == 1
    assert expire_offers(at=after(46)) == 0

    offer = Offer.objects.get()
    assert (offer.state, offer.resolved_at) == ("timed_out", after(30))
    assert [(event.kind, event.at) for _, event in recorded] == [(EventKind.OFFER_ENDED, after(30))]
    assert OperatorState.objects.get().missed_offers == 1


def test_three_missed_offers_put_the_operator_on_a_break():
    account = make_account()
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    for number in range(3):
        waiting_ticket(account, at=after(100 * number))
        assert match_waiting(at=after(100 * number)) == 1
        assert expire_offers(at=after(100 * number + 31)) == 1

    state = OperatorState.objects.get()
    assert (state.presence, state.reason) == (Presence.BREAK, "not responding")
    assert match_waiting(at=after(1000)) == 0


def test_ticket_answered_elsewhere_takes_its_offer_back():
    account = make_account()
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    ticket = waiting_ticket(account)
    match_waiting(at=AT)

    ticket_actions.change_status(ticket_id=ticket.pk, status="solved", at=after(2), actor_id=None)
    place_ticket(ticket_id=ticket.pk, at=after(2))

    assert offers() == [(ticket.pk, operator.pk, "rescinded")]
    assert not Waiting.objects.exists()
    with pytest.raises(OfferGone) as refused:
        accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(3))
    assert refused.value.data == {"state": "rescinded"}


def test_freed_capacity_pulls_the_oldest_waiting_ticket_first():
    account = make_account()
    operator = make_operator(account, max_chat=1)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    first = waiting_ticket(account)
    match_waiting(at=AT)
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(1))
    newer = waiting_ticket(account, at=after(20))
    older = waiting_ticket(account, at=after(10))
    assert match_waiting(at=after(25)) == 0

    from contactcenter.routing.actions import finish_conversation

    finish_conversation(ticket_id=first.pk, operator_id=operator.pk, at=after(30))
    assert match_waiting(at=after(30)) == 1

    assert Offer.objects.get(state="pending").ticket_id == older.pk
    assert newer.pk in Waiting.objects.values_list("ticket_id", flat=True)


def test_queue_of_the_account_and_language_is_preferred():
    account = make_account()
    Queue.objects.create(name="All")
    Queue.objects.create(name="Russian", language="ru")
    own = Queue.objects.create(name="Own", account=account, priority=5)
    russian = Queue.objects.create(name="Own Russian chats", account=account, language="ru", channel="chat")
    waiting_ticket(account, language="ru")
    waiting_ticket(account, language="es")

    assert list(Waiting.objects.order_by("id").values_list("queue_id", "priority")) == [(russian.pk, 0), (own.pk, 5)]
