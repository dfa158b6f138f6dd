"""What is promised to a ticket: clocks by queue and account, on its card, in its place, and in the modes of wrap-up."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from contactcenter.kernel.errors import Conflict
from contactcenter.kernel.models import LiveEvent
from contactcenter.routing.actions import (
    accept_offer,
    close_overdue_wraps,
    extend_wrap,
    finish_conversation,
    hold,
    match_waiting,
    place_ticket,
    resume,
    set_presence,
    snooze_ticket,
    wake_due,
    wrap_up,
)
from contactcenter.routing.models import Assignment, Offer, Queue, Waiting
from contactcenter.routing.tasks import repromise
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.cards import card_of
from contactcenter.tickets.models import Calendar, SlaClock, SlaPolicy, SlaTarget, Ticket
from contactcenter.tickets.sla_actions import flag_breaches
from tests.app.factories import AT, make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db


def after(seconds: float):
    return AT + timedelta(seconds=seconds)


def make_policy(account=None, *, calendar=None, priority=None, **seconds) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name="Promise", account=account, calendar=calendar)
    SlaTarget.objects.create(policy=policy, priority=priority, **seconds)
    return policy


def written(account, *, at=AT, channel="chat", **fields) -> Ticket:
    ticket = make_ticket(account, channel=channel, language="en", at=at, **fields)
    ticket_actions.receive_message(ticket=ticket, channel=channel, at=at, text="Hello?")
    place_ticket(ticket_id=ticket.pk, at=at)
    ticket.refresh_from_db()
    return ticket


def reply(ticket: Ticket, seconds: float) -> None:
    ticket_actions.send_reply(
        ticket=ticket, operator_id=None, channel=ticket.channel, text="Yes", at=after(seconds), client_uuid=uuid4()
    )
    ticket.refresh_from_db()


def test_accounts_policy_sets_the_clocks_and_the_card_tells_what_is_due():
    account = make_account()
    make_policy(account, first_reply_s=600, resolution_s=3600)
    ticket = written(account)
    assert set(SlaClock.objects.values_list("kind", "due_at")) == {
        ("first_reply", after(600)),
        ("resolution", after(3600)),
    }
    card = card_of(ticket_id=ticket.pk)
    assert (card["due_at"], card["due_for"], card["is_breached"]) == ("2026-06-15T09:10:00Z", "first_reply", False)
    assert Waiting.objects.get().due_at == after(600)


def test_queues_policy_goes_before_the_accounts():
    account = make_account()
    make_policy(account, first_reply_s=600)
    Queue.objects.create(name="Chats", channel="chat", sla_policy=make_policy(first_reply_s=60))
    assert written(account).due_at == after(60)
    assert written(account, channel="email").due_at == after(600)


def test_priority_chooses_the_line_of_targets():
    account = make_account()
    policy = make_policy(account, first_reply_s=600)
    SlaTarget.objects.create(policy=policy, priority=2, first_reply_s=30)
    assert written(account, priority=2).due_at == after(30)
    assert written(account).due_at == after(600)


def test_reply_in_time_leaves_nothing_due_until_the_contact_writes_again():
    account = make_account()
    make_policy(account, first_reply_s=600, next_reply_s=300, resolution_s=3600)
    ticket = written(account)
    reply(ticket, 100)
    assert (ticket.due_at, ticket.is_breached) == (None, False)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=after(1000), text="And?")
    place_ticket(ticket_id=ticket.pk, at=after(1001))
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.due_for) == (after(1300), "next_reply")
    assert SlaClock.objects.get(kind="resolution").due_at == after(4500)


def test_breach_is_flagged_once_and_told():
    account = make_account()
    make_policy(account, first_reply_s=60)
    ticket = written(account)
    assert flag_breaches(at=after(60)) == []
    assert flag_breaches(at=after(61)) == [ticket.pk]
    assert flag_breaches(at=after(62)) == []
    ticket.refresh_from_db()
    assert ticket.is_breached
    assert SlaClock.objects.get().breached_at == after(60)
    told = LiveEvent.objects.filter(kind="ticket.changed", payload__is_breached=True)
    assert [event.audience for event in told] == [f"account:{account.pk}"]


def test_late_reply_ends_the_clock_and_the_breach_stays_on_the_ticket():
    account = make_account()
    make_policy(account, first_reply_s=60)
    ticket = written(account)
    reply(ticket, 90)
    clock = SlaClock.objects.get()
    assert (clock.met_at, clock.breached_at, clock.elapsed_ms) == (after(90), after(60), 90_000)
    assert ticket.is_breached


def test_changed_policy_moves_what_is_due_and_the_place_in_the_queue():
    account = make_account()
    policy = make_policy(account, first_reply_s=600)
    ticket = written(account)
    policy.targets.update(first_reply_s=120)
    repromise(policy_id=policy.pk)
    ticket.refresh_from_db()
    assert ticket.due_at == after(120)
    assert Waiting.objects.get().due_at == after(120)


def test_what_is_due_first_is_offered_first():
    slow, fast = make_account(), make_account()
    make_policy(slow, first_reply_s=3600)
    make_policy(fast, first_reply_s=60)
    written(slow)
    urgent = written(fast, at=after(5))
    operator = make_operator(slow, fast)
    set_presence(operator_id=operator.pk, state="available", at=after(6))
    match_waiting(at=after(7))
    assert Offer.objects.get().ticket_id == urgent.pk


def test_closed_queue_offers_nothing_until_it_opens():
    account = make_account()
    # AT is a Monday, 09:00 UTC
    calendar = Calendar.objects.create(name="Afternoons", week=[[["13:00", "17:00"]]] * 7)
    Queue.objects.create(name="Chats", channel="chat", calendar=calendar)
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    written(account)
    assert match_waiting(at=after(1)) == 0
    assert Waiting.objects.get().look_at == after(4 * 3600)
    assert match_waiting(at=after(4 * 3600 - 1)) == 0
    assert match_waiting(at=after(4 * 3600)) == 1


def serving(account, mode: str, *, seconds: int = 60) -> tuple[Ticket, int]:
    Queue.objects.create(name="Chats", channel="chat", wrap_up_mode=mode, wrap_up_seconds=seconds)
    operator = make_operator(account)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    ticket = written(account)
    match_waiting(at=AT)
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=operator.pk, at=after(1))
    ticket_actions.mark_read(ticket_id=ticket.pk)
    finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=after(10))
    written(account, at=after(11))
    return ticket, operator.pk


def test_optional_wrap_up_lets_the_next_offer_come():
    serving(make_account(), "optional")
    assert match_waiting(at=after(12)) == 1


def test_timed_wrap_up_keeps_offers_away_until_it_ends():
    serving(make_account(), "timed", seconds=30)
    assert match_waiting(at=after(12)) == 0
    assert close_overdue_wraps(at=after(40)) == 1
    assert match_waiting(at=after(40)) == 1


def test_mandatory_wrap_up_lasts_until_the_operator_clears_it():
    ticket, operator_id = serving(make_account(), "mandatory")
    assert Assignment.objects.get(ticket=ticket).wrap_due_at is None
    assert close_overdue_wraps(at=after(86_400)) == 0
    assert match_waiting(at=after(86_400)) == 0
    with pytest.raises(Conflict), transaction.atomic():
        extend_wrap(ticket_id=ticket.pk, operator_id=operator_id)
    wrap_up(ticket_id=ticket.pk, operator_id=operator_id, at=after(86_401), disposition=None, status="solved")
    assert match_waiting(at=after(86_402)) == 1


def _due(ticket):
    ticket.refresh_from_db()
    return ticket.due_at, ticket.due_for


def test_promise_stands_on_hold_and_the_time_left_runs_from_its_end():
    account = make_account()
    make_policy(account, first_reply_s=600)
    anna = make_operator(account)
    set_presence(operator_id=anna.pk, state="available", at=AT)
    ticket = written(account)
    match_waiting(at=after(60))
    accept_offer(offer_id=Offer.objects.get().pk, operator_id=anna.pk, at=after(80))
    hold(ticket_id=ticket.pk, operator_id=anna.pk, at=after(200))
    assert _due(ticket) == (None, "")
    assert flag_breaches(at=after(900)) == []
    # 200 of 600 s had run
    resume(ticket_id=ticket.pk, operator_id=anna.pk, at=after(1000))
    assert _due(ticket) == (after(1400), "first_reply")
    # who ends the conversation while it is on hold ends the hold: 300 s had run
    hold(ticket_id=ticket.pk, operator_id=anna.pk, at=after(1100))
    finish_conversation(ticket_id=ticket.pk, operator_id=anna.pk, at=after(1200))
    assert _due(ticket) == (after(1500), "first_reply")


def test_promise_stands_while_a_ticket_is_put_away():
    account = make_account()
    make_policy(account, first_reply_s=600)
    ticket = written(account)
    clerk = make_operator(account)
    snooze_ticket(ticket_id=ticket.pk, until=after(3600), at=after(120), actor_id=clerk.user_id, operator_id=clerk.pk)
    assert _due(ticket) == (None, "")
    # putting it away again changes nothing of it; 120 of 600 s had run when its time comes
    snooze_ticket(ticket_id=ticket.pk, until=after(7200), at=after(600), actor_id=clerk.user_id, operator_id=clerk.pk)
    assert wake_due(at=after(7200)) == 1
    assert _due(ticket) == (after(7680), "first_reply")
    assert Waiting.objects.get().due_at == after(7680)
    assert Waiting.objects.get().enqueued_at == AT
