"""From the accepted ticket to the end of wrap-up, and presence."""

from datetime import datetime, timedelta

import pytest

from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import LiveEvent
from contactcenter.playbooks.models import Disposition
from contactcenter.routing.actions import (
    accept_offer,
    close_overdue_wraps,
    conversation_ended,
    extend_wrap,
    finish_conversation,
    focus_ticket,
    lose_operators,
    match_waiting,
    place_forgotten_tickets,
    place_ticket,
    see_operator,
    set_presence,
    wrap_up,
)
from contactcenter.routing.models import Assignment, Offer, OperatorState, Presence, Queue, Waiting
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Interaction, Ticket
from contactcenter.worktime.events import EventKind
from tests.app.factories import AT, make_operator, make_ticket

pytestmark = pytest.mark.django_db


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.fixture
def operator(account):
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    return operator


def written(account, *, at=AT, channel="chat") -> Ticket:
    ticket = make_ticket(account, channel=channel, language="en", at=at)
    ticket_actions.receive_message(ticket=ticket, channel=channel, at=at, text="Hello?")
    return ticket


@pytest.fixture
def served(account, operator) -> Ticket:
    """A chat that waited from AT and is served from ten seconds later."""
    ticket = written(account)
    place_ticket(ticket_id=ticket.pk, at=AT)
    assert match_waiting(at=after(5)) == 1
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(10))
    return ticket


def test_finish_starts_the_wrap_up_clock_and_frees_the_place(served, operator, recorded):
    Queue.objects.update(wrap_up_seconds=45)

    assignment = finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))

    assert (assignment.state, assignment.wrapping_at, assignment.wrap_due_at) == ("wrapping", after(100), after(145))
    assert Interaction.objects.get().ended_at == after(100)
    assert [event.kind for _, event in recorded] == [
        EventKind.FOCUS_ENDED,
        EventKind.CHAT_CLOSED,
        EventKind.WRAP_STARTED,
    ]
    assert LiveEvent.objects.get(kind="wrap.started").payload["wrap"]["due_at"] == "2026-06-15T09:02:25Z"
    again = finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(120))
    assert again.wrapping_at == after(100)


def test_wrap_up_records_the_outcome_and_ends(served, operator, account, recorded):
    Disposition.objects.create(account=account, code="solved", name="Solved")
    finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))
    recorded.clear()

    wrap_up(
        ticket_id=served.pk,
        operator_id=operator.pk,
        at=after(130),
        disposition="solved",
        comment="refund promised",
        status="solved",
    )

    interaction = Interaction.objects.get()
    assert interaction.disposition is not None
    assert (interaction.disposition.code, interaction.comment) == ("solved", "refund promised")
    assert (interaction.ended_at, interaction.wrapped_at) == (after(100), after(130))
    assert Assignment.objects.get().state == "done"
    served.refresh_from_db()
    assert served.status == "solved"
    assert [(event.kind, event.at) for _, event in recorded] == [(EventKind.WRAP_ENDED, after(130))]


def test_wrap_up_without_an_outcome_is_refused_and_changes_nothing(served, operator, account):
    Disposition.objects.create(account=account, code="solved", name="Solved")
    finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))

    for code in (None, "nonsense"):
        with pytest.raises(Invalid) as refused:
            wrap_up(ticket_id=served.pk, operator_id=operator.pk, at=after(110), disposition=code)
        assert refused.value.field == "disposition"

    assert Assignment.objects.get().state == "wrapping"
    assert Interaction.objects.get().wrapped_at is None


def test_forgotten_wrap_up_is_closed_by_the_server_as_of_its_end(served, operator, recorded):
    finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))
    recorded.clear()

    assert close_overdue_wraps(at=after(159)) == 0
    assert close_overdue_wraps(at=after(400)) == 1
    assert close_overdue_wraps(at=after(401)) == 0

    assert Assignment.objects.get().done_at == after(160)
    assert Interaction.objects.get().wrapped_at == after(160)
    assert [(event.kind, event.at) for _, event in recorded] == [(EventKind.WRAP_ENDED, after(160))]


def test_wrap_up_is_extended_once(served, operator):
    finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))

    assert extend_wrap(ticket_id=served.pk, operator_id=operator.pk).wrap_due_at == after(220)
    with pytest.raises(Conflict):
        extend_wrap(ticket_id=served.pk, operator_id=operator.pk)
    assert close_overdue_wraps(at=after(219)) == 0


def test_message_during_wrap_up_resumes_the_same_interaction(served, operator, recorded):
    finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))
    recorded.clear()

    served.refresh_from_db()
    ticket_actions.receive_message(ticket=served, channel="chat", at=after(110), text="One more thing")
    place_ticket(ticket_id=served.pk, at=after(111))

    assert Assignment.objects.get().state == "active"
    assert Interaction.objects.get().ended_at is None
    assert not Waiting.objects.exists()
    assert [event.kind for _, event in recorded] == [EventKind.WRAP_ENDED, EventKind.CHAT_OPENED]


def test_message_after_wrap_up_waits_again_and_asks_the_same_operator_first(served, operator, account):
    wrap_up(ticket_id=served.pk, operator_id=operator.pk, at=after(100), disposition=None, status="solved")
    # somebody else has been idle for longer
    other = make_operator(account)
    set_presence(operator_id=other.pk, state="available", at=AT)

    served.refresh_from_db()
    ticket_actions.receive_message(ticket=served, channel="chat", at=after(200), text="Not solved")
    place_ticket(ticket_id=served.pk, at=after(200))
    assert match_waiting(at=after(200)) == 1

    offer = Offer.objects.get(state="pending")
    assert (offer.operator_id, offer.why["rule"]) == (operator.pk, "last_operator")


def test_ticket_of_another_operator_cannot_be_finished(served, account):
    stranger = make_operator(account)
    with pytest.raises(NotFound):
        finish_conversation(ticket_id=served.pk, operator_id=stranger.pk, at=after(20))
    assert Assignment.objects.get().state == "active"


def test_visitor_who_left_sends_the_operator_to_wrap_up(served):
    conversation_ended(ticket_id=served.pk, at=after(60))
    assert Assignment.objects.get().state == "wrapping"


def test_lost_operator_returns_tickets_to_their_old_place(served, operator, recorded):
    see_operator(operator_id=operator.pk, at=after(30))
    recorded.clear()

    assert lose_operators(at=after(89)) == 0
    assert lose_operators(at=after(91)) == 1
    assert lose_operators(at=after(92)) == 0

    state = OperatorState.objects.get()
    assert (state.presence, state.since) == (Presence.LOST, after(30))
    waiting = Waiting.objects.get()
    assert (waiting.ticket_id, waiting.enqueued_at) == (served.pk, AT)
    served.refresh_from_db()
    assert served.assignee_id is None
    assert Assignment.objects.get().state == "done"
    assert [event.kind for _, event in recorded] == [
        EventKind.FOCUS_ENDED,
        EventKind.CHAT_CLOSED,
        EventKind.SESSION_ENDED,
    ]
    assert recorded[-1][1].at == after(30)


def test_going_offline_releases_what_waits_for_an_answer_and_rests_what_does_not(account, operator):
    answered, open_ = written(account), written(account, at=after(1))
    for second, ticket in enumerate((answered, open_)):
        place_ticket(ticket_id=ticket.pk, at=after(second))
        match_waiting(at=after(second))
        accept_offer(offer_id=Offer.objects.get(state="pending").pk, operator_id=operator.pk, at=after(second))
    Ticket.objects.filter(pk=answered.pk).update(status="pending", unread=0)

    set_presence(operator_id=operator.pk, state="offline", at=after(60))

    assert list(Waiting.objects.values_list("ticket_id", flat=True)) == [open_.pk]
    assert set(Assignment.objects.values_list("state", flat=True)) == {"done"}


def test_break_takes_the_pending_offer_back_and_keeps_open_tickets(served, operator, account):
    second = written(account, at=after(11))
    place_ticket(ticket_id=second.pk, at=after(11))
    match_waiting(at=after(12))

    set_presence(operator_id=operator.pk, state="break", reason="lunch", at=after(13))

    assert Offer.objects.get(ticket=second).state == "canceled"
    assert Waiting.objects.get().enqueued_at == after(11)
    assert Assignment.objects.get(ticket=served).state == "active"
    assert match_waiting(at=after(14)) == 0


def test_break_without_a_reason_is_refused(operator):
    with pytest.raises(Invalid) as refused:
        set_presence(operator_id=operator.pk, state="break", at=after(1))
    assert refused.value.field == "reason"
    assert OperatorState.objects.get().presence == "available"


def test_same_presence_again_tells_the_ledger_nothing(operator, recorded):
    set_presence(operator_id=operator.pk, state="available", at=after(50))
    assert recorded == []
    assert OperatorState.objects.get().since == AT


def test_focus_is_told_with_the_interaction_and_reads_the_ticket(served, operator, recorded):
    recorded.clear()
    focus_ticket(ticket_id=served.pk, operator_id=operator.pk, active=True, at=after(20))

    ((who, event),) = recorded
    assert (who, event.kind, event.at) == (operator.pk, EventKind.FOCUS_STARTED, after(20))
    assert event.interaction_id == Interaction.objects.get().pk
    served.refresh_from_db()
    assert served.unread == 0


def test_focus_during_wrap_up_or_offline_tells_nothing(served, operator, recorded):
    finish_conversation(ticket_id=served.pk, operator_id=operator.pk, at=after(100))
    recorded.clear()
    focus_ticket(ticket_id=served.pk, operator_id=operator.pk, active=True, at=after(105))
    set_presence(operator_id=operator.pk, state="offline", at=after(110))
    recorded.clear()
    focus_ticket(ticket_id=served.pk, operator_id=operator.pk, active=True, at=after(120))
    assert recorded == []


def test_ticket_forgotten_by_a_lost_worker_is_found(account):
    ticket = written(account)
    assert place_forgotten_tickets(at=after(10)) == 0
    assert place_forgotten_tickets(at=after(20)) == 1
    assert Waiting.objects.get().ticket_id == ticket.pk
    assert place_forgotten_tickets(at=after(30)) == 0


def test_read_ticket_left_open_after_wrap_up_stays_with_its_owner(served, operator):
    focus_ticket(ticket_id=served.pk, operator_id=operator.pk, active=True, at=after(20))
    wrap_up(ticket_id=served.pk, operator_id=operator.pk, at=after(30), disposition=None)
    place_ticket(ticket_id=served.pk, at=after(31))

    assert not Waiting.objects.exists()
    served.refresh_from_db()
    assert (served.status, served.assignee_id) == ("open", operator.pk)
