"""Callbacks: who asks keeps their place, is offered like any work, is called as often as the queue says, and once."""

from datetime import timedelta

import pytest

from contactcenter.contacts.models import ContactPoint
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.kernel.models import AuditEntry
from contactcenter.routing.actions import (
    accept_offer,
    answer_callback_offer,
    callback_of_call,
    cancel_callback,
    conversation_ended,
    dial_by_hand,
    expire_callbacks,
    finish_conversation,
    match_waiting,
    merge,
    offer_callbacks,
    place_due_callbacks,
    place_ticket,
    record_callback_result,
    request_callback,
    set_presence,
    wrap_up,
)
from contactcenter.routing.actions.calling_back import ResultMissing
from contactcenter.routing.models import (
    Abandonment,
    Assignment,
    CallbackAttempt,
    CallbackRequest,
    Offer,
    Queue,
    RelaxationStep,
    Waiting,
)
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.call_actions import CallFacts, SegmentFacts, record_call
from contactcenter.tickets.models import Calendar, Interaction, Message, Ticket
from tests.app.factories import AT, make_account, make_contact, make_ticket, make_user
from tests.app.routing.scenes import after, at_work, owners, states_of, waiting

pytestmark = pytest.mark.django_db

NUMBER = "+442071838750"


@pytest.fixture
def account():
    return make_account(ticket_prefix="CB")


@pytest.fixture
def queue(account):
    return Queue.objects.create(
        account=account, name="Callers", offer_seconds=30, callback_attempts=2, callback_retry_s=600,
        callback_expires_s=86_400,
    )  # fmt: skip


@pytest.fixture
def ticket(account, queue):
    return waiting(account)


def asked(ticket, *, at=None, **fields):
    callback, created = request_callback(
        ticket_id=ticket.pk, source="console", number=NUMBER, at=at or after(60), **fields
    )
    assert created
    return callback


def taken(ticket, operator, *, at):
    """The callback is offered and accepted."""
    assert match_waiting(at=at) == 1
    offer = Offer.objects.get(ticket=ticket, state="pending")
    assert (offer.operator_id, offer.channel) == (operator.pk, "voice")
    accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=at)


def outbound(ticket, operator, *, answered_at, ended_at=None):
    """What a telephone system tells of a call that was made for the ticket."""
    part = SegmentFacts(
        kind="outbound", operator_id=operator.pk, operator_name="Anna", answered_at=answered_at, ended_at=ended_at
    )
    facts = CallFacts(
        endpoint_id=1, external_id="1781514000.7", external_ids=[], direction="out", from_number="101", from_name="",
        to_number=NUMBER, queue_name="", started_at=answered_at, enqueued_at=None, answered_at=answered_at,
        ended_at=ended_at, wait_ms=None, ring_ms=None, talk_ms=None, hold_ms=None, outcome="", hung_up_by="",
        transfers=[], flags=[], segments=(part,), contact_number=NUMBER, contact_name="", language="",
        opens_ticket=True, ticket_id=ticket.pk,
    )  # fmt: skip
    return record_call(account_id=ticket.account_id, facts=facts)


def test_a_waiting_chat_becomes_a_callback_in_its_place_and_queue(account, queue, ticket):
    callback = asked(ticket)
    row = Waiting.objects.get(ticket=ticket)
    assert (row.is_callback, row.channel, row.queue_id, row.enqueued_at) == (True, "voice", queue.pk, AT)
    assert (callback.state, callback.enqueued_at, callback.requested_at) == ("waiting", AT, after(60))
    assert callback.expires_at == after(60) + timedelta(days=1)
    assert ContactPoint.objects.filter(contact=ticket.contact, kind="phone", value=NUMBER).exists()
    assert AuditEntry.objects.filter(action="callback.request", target_id=callback.pk).count() == 1


def test_the_callback_is_offered_before_whoever_came_later(account, ticket):
    later = make_ticket(account, contact=make_contact(account), channel="voice", language="en", at=after(30))
    other, _ = request_callback(ticket_id=later.pk, source="api", number="+442071838751", at=after(30))
    asked(ticket, at=after(60))
    operator = at_work(account)
    match_waiting(at=after(70))
    assert Offer.objects.get(state="pending").ticket_id == ticket.pk
    assert other.enqueued_at == after(30)
    assert Offer.objects.get(state="pending").operator_id == operator.pk


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


def test_an_offer_in_writing_is_taken_back_when_the_contact_would_rather_be_called(account, ticket):
    operator = at_work(account)
    assert match_waiting(at=after(5)) == 1
    asked(ticket, at=after(10))
    assert list(Offer.objects.values_list("state", flat=True)) == ["rescinded"]
    taken(ticket, operator, at=after(11))
    assert owners(ticket) == [operator.pk]


def test_a_reached_contact_is_done_with_and_the_operator_wraps_up(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    callback.refresh_from_db()
    assert (callback.state, callback.operator_id) == ("calling", operator.pk)
    record_callback_result(callback_id=callback.pk, operator_id=operator.pk, result="reached", at=after(200))
    callback.refresh_from_db()
    assert (callback.state, callback.attempts_made, callback.assignment_id) == ("done", 1, None)
    attempt = CallbackAttempt.objects.get()
    assert (attempt.result, attempt.operator_id) == ("reached", operator.pk)
    assert (attempt.started_at, attempt.ended_at) == (after(70), after(200))
    assert states_of(ticket) == [(operator.pk, "wrapping")]
    interaction = Interaction.objects.get(ticket=ticket)
    assert (interaction.channel, interaction.direction) == ("voice", "out")
    assert (interaction.started_at, interaction.ended_at) == (after(70), after(200))


def test_without_an_answer_it_is_tried_again_in_its_old_place_after_the_queues_pause(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    record_callback_result(callback_id=callback.pk, operator_id=operator.pk, result="no_answer", at=after(100))
    callback.refresh_from_db()
    assert (callback.state, callback.next_attempt_at, callback.operator_id) == ("waiting", after(700), None)
    assert states_of(ticket) == [(operator.pk, "done")]
    assert not Waiting.objects.exists()
    place_due_callbacks(at=after(699))
    assert not Waiting.objects.exists()
    assert place_due_callbacks(at=after(700)) == 1
    assert Waiting.objects.get(ticket=ticket).enqueued_at == AT


def test_after_the_last_attempt_nobody_calls_any_more(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    record_callback_result(callback_id=callback.pk, operator_id=operator.pk, result="no_answer", at=after(100))
    place_due_callbacks(at=after(700))
    taken(ticket, operator, at=after(701))
    record_callback_result(callback_id=callback.pk, operator_id=operator.pk, result="no_answer", at=after(720))
    callback.refresh_from_db()
    assert (callback.state, callback.attempts_made) == ("failed", 2)
    assert states_of(ticket)[-1] == (operator.pk, "wrapping")
    place_due_callbacks(at=after(9_000))
    assert not Waiting.objects.exists()


def test_the_result_is_said_before_anybody_finishes(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    for finish in (
        lambda: finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=after(80)),
        lambda: wrap_up(ticket_id=ticket.pk, operator_id=operator.pk, at=after(80), disposition=None),
    ):
        with pytest.raises(ResultMissing) as refused:
            finish()
        assert refused.value.data == {"callback_id": callback.pk}
    assert owners(ticket) == [operator.pk]
    # the visitor closing the chat window ends nothing: they wait for the call
    conversation_ended(ticket_id=ticket.pk, at=after(81))
    assert owners(ticket) == [operator.pk]


def test_only_who_calls_says_the_result_and_says_it_once(account, ticket):
    callback = asked(ticket)
    operator, other = at_work(account), at_work(account)
    first = min(operator, other, key=lambda one: one.pk)
    second = other if first is operator else operator
    taken(ticket, first, at=after(70))
    with pytest.raises(Conflict):
        record_callback_result(callback_id=callback.pk, operator_id=second.pk, result="reached", at=after(80))
    record_callback_result(callback_id=callback.pk, operator_id=first.pk, result="reached", at=after(90))
    with pytest.raises(Conflict):
        record_callback_result(callback_id=callback.pk, operator_id=first.pk, result="no_answer", at=after(91))
    assert CallbackAttempt.objects.count() == 1


def test_a_lost_operator_gives_the_callback_back_in_its_place(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    set_presence(operator_id=operator.pk, state="offline", at=after(90), after_work=False)
    place_ticket(ticket_id=ticket.pk, at=after(91))
    callback.refresh_from_db()
    assert (callback.state, callback.attempts_made, callback.operator_id) == ("waiting", 0, None)
    row = Waiting.objects.get(ticket=ticket)
    assert (row.is_callback, row.channel, row.enqueued_at, row.queue_id) == (True, "voice", AT, callback.queue_id)


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


def test_a_callback_that_is_being_made_is_not_cancelled(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    with pytest.raises(Conflict):
        cancel_callback(callback_id=callback.pk, reason="", at=after(80), actor_id=None)
    callback.refresh_from_db()
    assert callback.state == "calling"


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


def test_a_callback_for_later_is_offered_from_then_on(account, ticket):
    Ticket.objects.filter(pk=ticket.pk).update(unread=0)
    Waiting.objects.all().delete()
    callback = asked(ticket, not_before=after(3600))
    at_work(account)
    assert not Waiting.objects.exists()
    place_due_callbacks(at=after(3599))
    assert match_waiting(at=after(3599)) == 0
    place_due_callbacks(at=after(3600))
    assert match_waiting(at=after(3601)) == 1
    assert callback.enqueued_at == after(3600)


@pytest.mark.parametrize("seconds", [-1, 61 * 86_400])
def test_later_lies_within_sixty_days(ticket, seconds):
    with pytest.raises(Invalid) as refused:
        request_callback(
            ticket_id=ticket.pk, source="console", number=NUMBER, at=after(60), not_before=after(60 + seconds)
        )
    assert refused.value.field == "not_before"
    assert not CallbackRequest.objects.exists()


def test_nobody_is_called_outside_the_queues_hours(account, queue, ticket):
    # the scene begins on Monday at nine in the morning, UTC
    opens = [["14:00", "16:00"]]
    queue.calendar = Calendar.objects.create(name="Afternoons", time_zone="UTC", week=[opens] * 7)
    queue.save()
    callback = asked(ticket)
    at_work(account)
    assert match_waiting(at=after(70), everything=True) == 0
    two = AT.replace(hour=14, minute=0, second=0, microsecond=0)
    assert callback.expires_at == two + timedelta(days=1)
    assert match_waiting(at=two, everything=True) == 1


def test_who_asked_to_be_called_has_not_abandoned_the_chat(account, ticket):
    asked(ticket)
    conversation_ended(ticket_id=ticket.pk, at=after(80))
    assert not Abandonment.objects.exists()


def test_dialling_by_hand_counts_as_a_call_until_the_result(account, ticket, recorded):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    recorded.clear()
    dial_by_hand(callback_id=callback.pk, operator_id=operator.pk, at=after(75))
    dial_by_hand(callback_id=callback.pk, operator_id=operator.pk, at=after(76))
    record_callback_result(callback_id=callback.pk, operator_id=operator.pk, result="reached", at=after(100))
    kinds = [(str(event.kind), event.at) for _, event in recorded]
    assert kinds == [
        ("call.talk_started", after(75)),
        ("focus.ended", after(100)),
        ("call.ended", after(100)),
        ("wrap.started", after(100)),
    ]


def test_the_telephones_call_is_the_same_handled_unit(account, ticket, recorded):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    recorded.clear()
    told = outbound(ticket, operator, answered_at=after(80), ended_at=after(140))
    unit = Interaction.objects.get(ticket=ticket)
    assert told.interactions[0].pk == unit.pk
    assert (unit.started_at, unit.ended_at) == (after(80), after(140))
    # told again, nothing is added
    outbound(ticket, operator, answered_at=after(80), ended_at=after(140))
    assert Interaction.objects.filter(ticket=ticket).count() == 1
    record_callback_result(callback_id=callback.pk, operator_id=operator.pk, result="reached", at=after(150))
    unit.refresh_from_db()
    assert unit.ended_at == after(140)
    # of the call itself the telephone tells the ledger
    assert {str(event.kind) for _, event in recorded} == {"focus.ended", "wrap.started"}


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
