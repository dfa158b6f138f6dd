"""A break that begins when the work is finished; the server's word on who does not answer; who comes back."""

import pytest

from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.operators.models import Operator
from contactcenter.routing.actions import (
    accept_offer,
    begin_due,
    expire_offers,
    finish_conversation,
    force_presence,
    lose_operators,
    match_waiting,
    see_operator,
    set_presence,
    take_over,
    whisper,
    wrap_call,
    wrap_up,
)
from contactcenter.routing.console import console
from contactcenter.routing.models import Assignment, Offer, OperatorState, Waiting
from contactcenter.tenancy.models import Role
from contactcenter.tickets import interaction_actions
from contactcenter.tickets.models import Note
from contactcenter.worktime.events import EventKind
from tests.app.factories import AT, make_ticket, make_user
from tests.app.routing.scenes import after, owners, served, states_of, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    user = make_user(Role.SUPERVISOR)
    return Operator.objects.create(user=user, display_name="Chief")


def test_break_asked_for_at_work_stops_routing_and_begins_with_the_end_of_wrap_up(account, anna, recorded):
    chat = served(account, anna)
    recorded.clear()

    row = set_presence(operator_id=anna.pk, state="break", reason="lunch", at=after(30))

    assert (row.presence, row.next_presence, row.next_reason) == ("available", "break", "lunch")
    assert recorded == []
    waiting(account, at=after(31))
    assert match_waiting(at=after(32)) == 0
    shown = console(operator=anna, at=after(33))["presence"]
    assert (shown["state"], shown["next"], shown["engagement"]) == (
        "available", {"state": "break", "reason": "lunch"}, "engaged",
    )  # fmt: skip

    finish_conversation(ticket_id=chat.pk, operator_id=anna.pk, at=after(60))
    assert OperatorState.objects.get(pk=anna.pk).presence == "available"
    wrap_up(ticket_id=chat.pk, operator_id=anna.pk, at=after(75), disposition=None)

    row = OperatorState.objects.get(pk=anna.pk)
    assert (row.presence, row.reason, row.since, row.next_presence) == ("break", "lunch", after(75), "")
    assert [(event.kind, event.at) for _, event in recorded][-2:] == [
        (EventKind.WRAP_ENDED, after(75)),
        (EventKind.PRESENCE_BREAK, after(75)),
    ]


def test_pending_break_takes_back_the_offer_and_is_itself_taken_back_by_available(account, anna):
    served(account, anna)
    second = waiting(account, at=after(20))
    assert match_waiting(at=after(21)) == 1

    set_presence(operator_id=anna.pk, state="break", reason="lunch", at=after(30))
    assert Offer.objects.get(ticket=second).state == "canceled"

    row = set_presence(operator_id=anna.pk, state="available", at=after(40))
    assert (row.presence, row.next_presence, row.since) == ("available", "", AT)
    assert match_waiting(at=after(41)) == 1


def test_break_without_work_or_asked_for_at_once_begins_at_once(account, anna):
    assert set_presence(operator_id=anna.pk, state="break", reason="tea", at=after(5)).presence == "break"
    set_presence(operator_id=anna.pk, state="available", at=after(6))
    served(account, anna)
    row = set_presence(operator_id=anna.pk, state="break", reason="fire alarm", at=after(30), after_work=False)
    assert (row.presence, row.since) == ("break", after(30))


def test_end_of_shift_can_wait_for_the_work_too(account, anna, recorded):
    chat = served(account, anna)
    set_presence(operator_id=anna.pk, state="offline", at=after(30), after_work=True)
    assert OperatorState.objects.get(pk=anna.pk).presence == "available"

    wrap_up(ticket_id=chat.pk, operator_id=anna.pk, at=after(75), disposition=None)

    row = OperatorState.objects.get(pk=anna.pk)
    assert (row.presence, row.since) == ("offline", after(75))
    assert [event.kind for _, event in recorded][-1] == EventKind.SESSION_ENDED


def test_break_asked_for_on_the_telephone_begins_after_the_calls_wrap_up(account, anna):
    ticket = make_ticket(account, channel="voice", at=AT)
    call = interaction_actions.start_interaction(
        ticket=ticket, operator_id=anna.pk, channel="voice", at=after(10), source_key="call 1 17.1 0"
    )
    row = set_presence(operator_id=anna.pk, state="break", reason="meal", at=after(30))
    assert (row.presence, row.next_presence) == ("available", "break")
    assert begin_due(at=after(40)) == 0
    interaction_actions.end_interaction(interaction_id=call.pk, at=after(60))
    wrap_call(interaction_id=call.pk)
    assert OperatorState.objects.get(pk=anna.pk).presence == "available"

    wrap_up(ticket_id=ticket.pk, operator_id=anna.pk, at=after(75), disposition=None)

    row = OperatorState.objects.get(pk=anna.pk)
    assert (row.presence, row.since) == ("break", after(75))


def test_call_whose_end_was_never_told_keeps_nobody_from_a_break_for_ever(account, anna):
    ticket = make_ticket(account, channel="voice", at=AT)
    interaction_actions.start_interaction(
        ticket=ticket, operator_id=anna.pk, channel="voice", at=after(10), source_key="call 1 17.1 0"
    )
    set_presence(operator_id=anna.pk, state="break", reason="meal", at=after(30))
    assert begin_due(at=after(4 * 3600)) == 0
    assert begin_due(at=after(4 * 3600 + 11)) == 1
    assert OperatorState.objects.get(pk=anna.pk).presence == "break"


def test_lost_operator_gives_the_ticket_back_in_its_exact_place_and_forgets_the_break(account, anna):
    chat = served(account, anna)
    see_operator(operator_id=anna.pk, at=after(20))
    set_presence(operator_id=anna.pk, state="break", reason="lunch", at=after(21))

    assert lose_operators(at=after(75)) == 0
    assert lose_operators(at=after(81)) == 1

    row = OperatorState.objects.get(pk=anna.pk)
    assert (row.presence, row.next_presence, row.since) == ("lost", "", after(20))
    assert (Waiting.objects.get().ticket_id, Waiting.objects.get().enqueued_at) == (chat.pk, AT)
    assert states_of(chat) == [(anna.pk, "done")]


def test_reconnect_within_the_grace_changes_nothing(account, anna):
    chat = served(account, anna)
    see_operator(operator_id=anna.pk, at=after(20))
    see_operator(operator_id=anna.pk, at=after(79))

    assert lose_operators(at=after(81)) == 0

    assert states_of(chat) == [(anna.pk, "active")]
    assert OperatorState.objects.get(pk=anna.pk).since == AT


def test_who_lets_three_offers_run_out_is_told_and_comes_back_with_one_word(account, anna):
    for number in range(3):
        waiting(account, at=after(100 * number))
        assert match_waiting(at=after(100 * number)) == 1
        assert expire_offers(at=after(100 * number + 31)) == 1

    assert console(operator=anna, at=after(240))["presence"]["engagement"] == "not_responding"
    told = LiveEvent.objects.filter(kind="presence.changed").latest("id")
    assert (told.payload["state"], told.payload["reason"]) == ("break", "not responding")
    row = set_presence(operator_id=anna.pk, state="available", at=after(250))
    assert (row.presence, row.missed_offers) == ("available", 0)
    assert match_waiting(at=after(300)) == 1


def test_supervisor_takes_a_ticket_over_and_the_operator_wraps_up(account, anna, chief):
    chat = served(account, anna)
    with pytest.raises(Conflict):
        take_over(ticket_id=chat.pk, operator_id=chief.pk, at=after(30))
    assert owners(chat) == [anna.pk]
    set_presence(operator_id=chief.pk, state="break", reason="supervising", at=after(31))

    taken = take_over(ticket_id=chat.pk, operator_id=chief.pk, at=after(40))

    assert states_of(chat) == [(anna.pk, "wrapping"), (chief.pk, "active")]
    assert take_over(ticket_id=chat.pk, operator_id=chief.pk, at=after(41)).pk == taken.pk
    assert LiveEvent.objects.get(kind="ticket.taken_over").audience == f"operator:{anna.pk}"
    assert AuditEntry.objects.get(action="ticket.transfer").data["kind"] == "taken"


def test_supervisor_takes_a_waiting_ticket_out_of_the_queue_and_its_offer_is_rescinded(account, anna, chief):
    chat = waiting(account)
    assert match_waiting(at=after(5)) == 1
    set_presence(operator_id=chief.pk, state="break", reason="supervising", at=after(6))

    assignment = take_over(ticket_id=chat.pk, operator_id=chief.pk, at=after(8))

    assert Offer.objects.get().state == "rescinded"
    assert not Waiting.objects.exists()
    assert assignment.interaction.waited_ms == 8000


def test_solved_ticket_is_not_taken_over(account, anna, chief):
    chat = waiting(account)
    set_presence(operator_id=chief.pk, state="available", at=AT)
    chat.status = "solved"
    chat.save(update_fields=["status"])
    with pytest.raises(Conflict):
        take_over(ticket_id=chat.pk, operator_id=chief.pk, at=after(8))
    assert not Assignment.objects.exists()


def test_whisper_is_a_note_that_the_operator_is_shown_at_once(account, anna, chief):
    from uuid import UUID

    chat = served(account, anna)
    uuid = UUID("6f1c1a52-7a0c-4a51-9e6e-0d5a3f0c9b11")

    whisper(ticket_id=chat.pk, author=chief.user, text="Offer a refund", at=after(20), client_uuid=uuid)

    assert Note.objects.get().text == "Offer a refund"
    told = LiveEvent.objects.get(kind="ticket.whispered")
    assert told.audience == f"operator:{anna.pk}"
    assert told.payload["text"] == "Offer a refund"


def test_forced_presence_is_at_once_told_and_audited(account, anna, chief):
    chat = served(account, anna)

    force_presence(operator_id=anna.pk, state="offline", reason="went home", actor=chief.user, at=after(30))

    assert OperatorState.objects.get(pk=anna.pk).presence == "offline"
    assert states_of(chat) == [(anna.pk, "done")]
    assert Waiting.objects.get().enqueued_at == AT
    entry = AuditEntry.objects.get(action="presence.force")
    assert (entry.actor_id, entry.data) == (
        chief.user_id, {"from": "available", "to": "offline", "reason": "went home"},
    )  # fmt: skip
    assert LiveEvent.objects.get(kind="presence.forced").payload["by"] == chief.user.full_name
    with pytest.raises(Conflict):
        force_presence(operator_id=anna.pk, state="available", reason="come back", actor=chief.user, at=after(40))
    with pytest.raises(Invalid):
        force_presence(operator_id=anna.pk, state="offline", reason=" ", actor=chief.user, at=after(40))
    with pytest.raises(NotFound):
        force_presence(operator_id=0, state="offline", reason="who?", actor=chief.user, at=after(40))


def test_accepted_offer_of_a_taken_over_ticket_is_gone(account, anna, chief):
    chat = waiting(account)
    match_waiting(at=after(5))
    offer = Offer.objects.get()
    set_presence(operator_id=chief.pk, state="available", at=AT)
    take_over(ticket_id=chat.pk, operator_id=chief.pk, at=after(8))
    with pytest.raises(Conflict):
        accept_offer(offer_id=offer.pk, operator_id=anna.pk, at=after(9))
    assert owners(chat) == [chief.pk]
