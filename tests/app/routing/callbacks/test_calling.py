"""A callback is offered like any work, is called as often as the queue says, and its result is said once."""

from datetime import timedelta

import pytest

from contactcenter.kernel.errors import Conflict
from contactcenter.routing.actions import (
    cancel_callback,
    conversation_ended,
    dial_by_hand,
    finish_conversation,
    match_waiting,
    place_due_callbacks,
    place_ticket,
    record_callback_result,
    request_callback,
    set_presence,
    wrap_up,
)
from contactcenter.routing.actions.calling_back import ResultMissing
from contactcenter.routing.models import (
    CallbackAttempt,
    Offer,
    Waiting,
)
from contactcenter.tickets.models import Calendar, Interaction, Ticket
from tests.app.factories import AT, make_contact, make_ticket
from tests.app.routing.callbacks.scenes import asked, outbound, taken
from tests.app.routing.scenes import after, at_work, owners, states_of

pytestmark = pytest.mark.django_db


def test_the_callback_is_offered_before_whoever_came_later(account, ticket):
    later = make_ticket(account, contact=make_contact(account), channel="voice", language="en", at=after(30))
    other, _ = request_callback(ticket_id=later.pk, source="api", number="+442071838751", at=after(30))
    asked(ticket, at=after(60))
    operator = at_work(account)
    match_waiting(at=after(70))
    assert Offer.objects.get(state="pending").ticket_id == ticket.pk
    assert other.enqueued_at == after(30)
    assert Offer.objects.get(state="pending").operator_id == operator.pk


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


def test_a_callback_that_is_being_made_is_not_cancelled(account, ticket):
    callback = asked(ticket)
    operator = at_work(account)
    taken(ticket, operator, at=after(70))
    with pytest.raises(Conflict):
        cancel_callback(callback_id=callback.pk, reason="", at=after(80), actor_id=None)
    callback.refresh_from_db()
    assert callback.state == "calling"


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
