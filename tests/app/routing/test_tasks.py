"""Routing's tasks: what other parts ask for by name, and what the beat finds by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contactcenter.kernel.models import LiveEvent
from contactcenter.routing import tasks
from contactcenter.routing.actions import accept_offer, set_presence
from contactcenter.routing.models import Assignment, Offer, OperatorState, Waiting
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Ticket
from tests.app.factories import make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(account):
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=timezone.now())
    return operator


def written(account) -> Ticket:
    at = timezone.now()
    ticket = make_ticket(account, channel="chat", language="en", at=at)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=at, text="Hello?")
    return ticket


def test_new_ticket_is_placed_and_offered_in_one_go_and_twice_is_once(account, operator):
    ticket = written(account)
    tasks.ticket_waiting(ticket_id=ticket.pk)
    tasks.ticket_waiting(ticket_id=ticket.pk)
    assert Waiting.objects.count() == 1
    assert list(Offer.objects.values_list("ticket_id", "operator_id", "state")) == [(ticket.pk, operator.pk, "pending")]


def test_ticket_that_is_gone_is_no_error():
    tasks.ticket_waiting(ticket_id=999_999)
    tasks.chat_closed(ticket_id=999_999)


def test_visitor_who_left_brings_the_operator_to_wrap_up(account, operator):
    ticket = written(account)
    tasks.ticket_waiting(ticket_id=ticket.pk)
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=timezone.now())
    tasks.chat_closed(ticket_id=ticket.pk)
    assert Assignment.objects.get().state == "wrapping"


def test_the_beat_times_out_offers_and_finds_lost_operators(account, operator):
    ticket = written(account)
    tasks.ticket_waiting(ticket_id=ticket.pk)
    long_ago = timezone.now() - timedelta(minutes=5)
    Offer.objects.update(offered_at=long_ago, expires_at=long_ago + timedelta(seconds=30))
    OperatorState.objects.update(last_seen_at=long_ago)

    tasks.expire()

    assert Offer.objects.get().state == "timed_out"
    assert OperatorState.objects.get().presence == "lost"
    assert Waiting.objects.get().ticket_id == ticket.pk


def test_the_sweep_places_what_a_lost_worker_forgot(account, operator):
    ticket = written(account)
    Ticket.objects.update(last_activity_at=timezone.now() - timedelta(minutes=1))
    tasks.sweep()
    assert Offer.objects.get().ticket_id == ticket.pk


def test_pulse_is_told_when_it_changes_and_not_again(account, operator, monkeypatch):
    monkeypatch.setattr(tasks, "_last_pulse", None)
    tasks.expire()
    tasks.expire()
    assert LiveEvent.objects.filter(kind="queue.pulse").count() == 1
    written(account)
    Ticket.objects.update(last_activity_at=timezone.now() - timedelta(minutes=1))
    tasks.sweep()
    tasks.expire()
    pulses = list(LiveEvent.objects.filter(kind="queue.pulse").order_by("id").values_list("payload", flat=True))
    assert [pulse["waiting"] for pulse in pulses] == [0, 1]
    assert pulses[-1]["ready"] == 0


def test_reply_of_a_supervisor_takes_the_ticket_out_of_the_queue(account, operator):
    from uuid import uuid4

    ticket = written(account)
    tasks.ticket_waiting(ticket_id=ticket.pk)
    ticket_actions.send_reply(
        ticket=ticket, operator_id=None, channel="chat", text="Done", at=timezone.now(), client_uuid=uuid4()
    )
    tasks.ticket_waiting(ticket_id=ticket.pk)
    assert not Waiting.objects.exists()
    assert Offer.objects.get().state == "rescinded"
