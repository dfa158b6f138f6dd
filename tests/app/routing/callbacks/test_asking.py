"""Who asks to be called keeps their place: one wish at a time, withdrawn, run out or brought along with its ticket."""

from datetime import timedelta

import pytest

from contactcenter.contacts.models import ContactPoint
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import AuditEntry
from contactcenter.routing.actions import (
    answer_callback_offer,
    callback_of_call,
    cancel_callback,
    conversation_ended,
    expire_callbacks,
    match_waiting,
    merge,
    offer_callbacks,
    place_ticket,
    request_callback,
)
from contactcenter.routing.models import (
    Abandonment,
    Assignment,
    CallbackRequest,
    Offer,
    RelaxationStep,
    Waiting,
)
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.call_actions import CallFacts, record_call
from contactcenter.tickets.models import Message, Ticket
from tests.app.factories import AT, make_ticket, make_user
from tests.app.routing.callbacks.scenes import NUMBER, asked
from tests.app.routing.scenes import after, at_work, waiting

pytestmark = pytest.mark.django_db


def test_a_waiting_chat_becomes_a_callback_in_its_place_and_queue(account, queue, ticket):
    callback = asked(ticket)
    row = Waiting.objects.get(ticket=ticket)
    assert (row.is_callback, row.channel, row.queue_id, row.enqueued_at) == (True, "voice", queue.pk, AT)
    assert (callback.state, callback.enqueued_at, callback.requested_at) == ("waiting", AT, after(60))
    assert callback.expires_at == after(60) + timedelta(days=1)
    assert ContactPoint.objects.filter(contact=ticket.contact, kind="phone", value=NUMBER).exists()
    assert AuditEntry.objects.filter(action="callback.request", target_id=callback.pk).count() == 1


def test_asking_twice_for_one_contact_and_queue_leaves_one_open(account, ticket):
    first = asked(ticket)
    again, created = request_callback(ticket_id=ticket.pk, source="api", number="+442071838799", at=after(90))
    assert (again.pk, created, again.number) == (first.pk, False, "+442071838799")
    other = make_ticket(account, contact=ticket.contact, channel="voice", language="en")
    same, created = request_callback(ticket_id=other.pk, source="api", number="", at=after(95))
    assert (same.pk, created) == (first.pk, False)
    assert CallbackRequest.objects.count() == 1


@pytest.mark.parametrize("number", ["call me", "12", "+"])
def test_what_is_no_number_is_refused_and_nothing_changes(ticket, number):
    with pytest.raises(Invalid) as refused:
        request_callback(ticket_id=ticket.pk, source="console", number=number, at=after(60))
    assert refused.value.field == "number"
    assert not CallbackRequest.objects.exists()
    assert Waiting.objects.get(ticket=ticket).is_callback is False


def test_the_number_may_be_left_out_only_where_the_contact_has_one(account, ticket):
    with pytest.raises(Invalid):
        request_callback(ticket_id=ticket.pk, source="console", at=after(60))
    ContactPoint.objects.create(account=account, contact=ticket.contact, kind="phone", value=NUMBER)
    callback, _ = request_callback(ticket_id=ticket.pk, source="console", at=after(60))
    assert callback.number == NUMBER


def test_a_closed_ticket_takes_no_callback(ticket):
    ticket_actions.change_status(ticket_id=ticket.pk, status="solved", at=after(5), actor_id=None)
    with pytest.raises(Conflict):
        request_callback(ticket_id=ticket.pk, source="console", number=NUMBER, at=after(60))
    assert not CallbackRequest.objects.exists()


def test_cancelling_leaves_what_was_written_waiting_in_its_place(account, ticket):
    callback = asked(ticket)
    clerk = make_user("supervisor")
    cancel_callback(callback_id=callback.pk, reason="Asked by mistake", at=after(90), actor_id=clerk.pk)
    row = Waiting.objects.get(ticket=ticket)
    assert (row.is_callback, row.channel, row.enqueued_at) == (False, "chat", AT)
    callback.refresh_from_db()
    assert (callback.state, callback.reason) == ("canceled", "Asked by mistake")
    moved = AuditEntry.objects.get(action="callback.move", target_id=callback.pk)
    assert (moved.actor_id, moved.data["to"]) == (clerk.pk, "canceled")
    # twice changes no more
    cancel_callback(callback_id=callback.pk, reason="Again", at=after(95), actor_id=clerk.pk)
    assert AuditEntry.objects.filter(action="callback.move").count() == 1


def test_closing_the_ticket_cancels_the_callback(account, ticket):
    callback = asked(ticket)
    ticket_actions.change_status(ticket_id=ticket.pk, status="solved", at=after(80), actor_id=None)
    place_ticket(ticket_id=ticket.pk, at=after(80))
    callback.refresh_from_db()
    assert callback.state == "canceled"
    assert not Waiting.objects.exists()


def test_an_answer_in_writing_does_not_end_the_wish_to_be_called(account, ticket):
    callback = asked(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(status="pending", unread=0)
    place_ticket(ticket_id=ticket.pk, at=after(80))
    callback.refresh_from_db()
    assert callback.state == "waiting"
    assert Waiting.objects.get(ticket=ticket).is_callback


def test_a_request_runs_out_after_the_queues_time(account, ticket):
    callback = asked(ticket)
    assert expire_callbacks(at=after(60) + timedelta(hours=23, minutes=59)) == 0
    assert expire_callbacks(at=after(60) + timedelta(days=1)) == 1
    callback.refresh_from_db()
    assert callback.state == "expired"
    assert Waiting.objects.get(ticket=ticket).is_callback is False


@pytest.mark.parametrize("seconds", [-1, 61 * 86_400])
def test_later_lies_within_sixty_days(ticket, seconds):
    with pytest.raises(Invalid) as refused:
        request_callback(
            ticket_id=ticket.pk, source="console", number=NUMBER, at=after(60), not_before=after(60 + seconds)
        )
    assert refused.value.field == "not_before"
    assert not CallbackRequest.objects.exists()


def test_who_asked_to_be_called_has_not_abandoned_the_chat(account, ticket):
    asked(ticket)
    conversation_ended(ticket_id=ticket.pk, at=after(80))
    assert not Abandonment.objects.exists()


def test_a_caller_who_pressed_the_key_waits_in_the_telephones_place(account, queue):
    facts = CallFacts(
        endpoint_id=1, external_id="9", external_ids=[], direction="in", from_number=NUMBER, from_name="Olga",
        to_number="100", queue_name="sales", started_at=AT, enqueued_at=after(5), answered_at=None, ended_at=after(95),
        wait_ms=90_000, ring_ms=None, talk_ms=None, hold_ms=None, outcome="left_by_key", hung_up_by="", transfers=[],
        flags=[], segments=(), contact_number=NUMBER, contact_name="Olga", language="en", opens_ticket=True,
    )  # fmt: skip
    call = record_call(account_id=account.pk, facts=facts).call
    callback = callback_of_call(call_id=call.pk, at=after(96))
    assert callback is not None
    assert (callback.source, callback.number) == ("phone", NUMBER)
    assert (callback.enqueued_at, callback.requested_at) == (after(5), after(95))
    assert Waiting.objects.get(ticket=call.ticket).enqueued_at == after(5)
    # the same call told again asks for nothing more
    assert callback_of_call(call_id=call.pk, at=after(200)) is None
    assert CallbackRequest.objects.count() == 1


def test_merging_brings_the_callback_along(account, ticket):
    callback = asked(ticket)
    kept = make_ticket(account, contact=ticket.contact, channel="email", language="en")
    merge(kept_id=kept.pk, merged_id=ticket.pk, actor_id=make_user("supervisor").pk, operator_id=None, at=after(80))
    callback.refresh_from_db()
    assert (callback.ticket_id, callback.state) == (kept.pk, "waiting")
    place_ticket(ticket_id=kept.pk, at=after(81))
    row = Waiting.objects.get(ticket=kept)
    assert (row.is_callback, row.enqueued_at) == (True, AT)


def test_the_step_offers_a_callback_once_and_a_number_accepts_it(account, queue, ticket):
    RelaxationStep.objects.create(queue=queue, after_s=120, action="callback")
    assert offer_callbacks(at=after(119)) == 0
    assert offer_callbacks(at=after(120)) == 1
    assert offer_callbacks(at=after(200)) == 0
    offered = Message.objects.get(ticket=ticket, direction="out")
    assert (offered.kind, offered.channel) == ("auto_reply", "chat")
    assert "write your phone number" in offered.text
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=after(130), text="what?")
    assert answer_callback_offer(ticket_id=ticket.pk, at=after(130)) is None
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=after(140), text="+44 (20) 7183-8750")
    callback = answer_callback_offer(ticket_id=ticket.pk, at=after(140))
    assert callback is not None
    assert (callback.number, callback.source, callback.enqueued_at) == (NUMBER, "message", AT)
    assert Message.objects.filter(ticket=ticket, direction="out").latest("id").text == (
        "Thank you. We will call you at +442071838750."
    )
    assert answer_callback_offer(ticket_id=ticket.pk, at=after(141)) is None


def test_no_callback_is_offered_while_somebody_decides_or_by_mail(account, queue):
    RelaxationStep.objects.create(queue=queue, after_s=10, action="callback")
    waiting(account, channel="email")
    chat = waiting(account)
    at_work(account, max_mail=0)
    assert match_waiting(at=after(5)) == 1
    assert Offer.objects.get(state="pending").ticket_id == chat.pk
    assert offer_callbacks(at=after(20)) == 0
    assert Assignment.objects.count() == 0
