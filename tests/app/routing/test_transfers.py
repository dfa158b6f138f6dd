"""Handing a ticket on: to a person, to a queue, after a consultation, to an outside number."""

import pytest

from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.routing.actions import (
    accept_offer,
    ask_operator,
    cancel_transfer,
    complete_transfer,
    decline_offer,
    expire_offers,
    finish_conversation,
    hold,
    match_waiting,
    patch_to_number,
    place_ticket,
    resume,
    set_presence,
    transfer_to_queue,
    wrap_up,
)
from contactcenter.routing.actions.offers import OfferGone
from contactcenter.routing.actions.transfers import OperatorUnable
from contactcenter.routing.candidates import loads_of
from contactcenter.routing.models import Assignment, Offer, Queue, Transfer, Waiting
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Interaction
from contactcenter.worktime.events import EventKind
from tests.app.factories import AT, make_account, make_operator
from tests.app.routing.scenes import after, at_work, on_call, owners, states_of, waiting

pytestmark = pytest.mark.django_db


def asked() -> Offer:
    return Offer.objects.get(state="pending")


def test_asked_operator_who_accepts_is_the_next_owner_and_the_first_wraps_up(account, anna, chat, boris, recorded):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60), note="speaks Polish")

    offer = asked()
    assert (offer.operator_id, offer.purpose, offer.expires_at) == (boris.pk, "transfer", after(90))
    assert offer.why == {"rule": "asked", "from": anna.display_name, "note": "speaks Polish"}
    assert owners(chat) == [anna.pk]
    recorded.clear()

    accept_offer(offer_id=offer.pk, operator_id=boris.pk, at=after(70))

    assert states_of(chat) == [(anna.pk, "wrapping"), (boris.pk, "active")]
    assert owners(chat) == [boris.pk]
    first, second = Interaction.objects.order_by("id")
    assert (first.ended_at, second.started_at, second.waited_ms) == (after(70), after(70), None)
    assert Transfer.objects.get().state == "done"
    chat.refresh_from_db()
    assert chat.assignee_id == boris.pk
    assert [(operator, event.kind) for operator, event in recorded] == [
        (boris.pk, EventKind.OFFER_ENDED),
        (anna.pk, EventKind.FOCUS_ENDED),
        (anna.pk, EventKind.CHAT_CLOSED),
        (anna.pk, EventKind.WRAP_STARTED),
        (boris.pk, EventKind.CHAT_OPENED),
    ]
    assert AuditEntry.objects.get(action="ticket.transfer").data["to"] == boris.display_name
    # the first may still say how it ended, and the second keeps the ticket
    wrap_up(ticket_id=chat.pk, operator_id=anna.pk, at=after(80), disposition=None, status="solved")
    chat.refresh_from_db()
    assert (chat.status, chat.assignee_id) == ("open", boris.pk)
    assert states_of(chat) == [(anna.pk, "done"), (boris.pk, "active")]


def test_chat_stays_open_for_its_visitor_when_it_is_handed_on(anna, chat, boris, django_capture_on_commit_callbacks):
    from contactcenter.kernel.jobs import hand_jobs_to

    jobs = []
    with hand_jobs_to(lambda name, ids: jobs.append(name)), django_capture_on_commit_callbacks(execute=True):
        ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))
        accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(70))
    assert "channels.close_chat" not in jobs


@pytest.mark.parametrize("answer", ["declined", "timed_out"])
def test_refused_transfer_leaves_the_ticket_with_its_owner(anna, chat, boris, answer, recorded):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))
    recorded.clear()

    if answer == "declined":
        decline_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65), reason="busy")
    else:
        expire_offers(at=after(95))

    assert states_of(chat) == [(anna.pk, "active")]
    assert Transfer.objects.get().state == "refused"
    assert Offer.objects.latest("id").state == answer
    assert [event.kind for _, event in recorded] == [EventKind.OFFER_ENDED]
    told = LiveEvent.objects.filter(kind="transfer.changed", audience=f"operator:{anna.pk}").latest("id")
    assert told.payload["transfer"]["state"] == "refused"
    # nothing waits, and nobody is asked again by themselves
    assert match_waiting(at=after(100)) == 0


def test_transfer_taken_back_rescinds_its_offer(anna, chat, boris):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))
    offer = asked()

    cancel_transfer(ticket_id=chat.pk, operator_id=anna.pk, at=after(62))

    with pytest.raises(OfferGone) as gone:
        accept_offer(offer_id=offer.pk, operator_id=boris.pk, at=after(63))
    assert gone.value.data == {"state": "rescinded"}
    assert states_of(chat) == [(anna.pk, "active")]
    assert Transfer.objects.get().state == "canceled"


def test_finishing_takes_the_open_transfer_back(anna, chat, boris):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))

    finish_conversation(ticket_id=chat.pk, operator_id=anna.pk, at=after(62))

    assert (Offer.objects.latest("id").state, Transfer.objects.get().state) == ("rescinded", "canceled")
    assert states_of(chat) == [(anna.pk, "wrapping")]


def test_reply_of_the_owner_does_not_take_the_transfer_back(anna, chat, boris):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))
    chat.status = "pending"
    chat.save(update_fields=["status"])

    place_ticket(ticket_id=chat.pk, at=after(61))

    assert asked().operator_id == boris.pk


def test_only_people_who_can_take_it_are_asked(account, anna, chat, boris):
    stranger = at_work(make_account())
    away = make_operator(account)
    busy = at_work(account, max_chat=0)
    for who, reason in ((stranger, "not_entitled"), (away, "not_available"), (busy, "capacity")):
        with pytest.raises(OperatorUnable) as refused:
            ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=who.pk, at=after(60))
        assert refused.value.data == {"reason": reason}
    waiting(account, at=after(20))
    match_waiting(at=after(21))
    assert asked().operator_id == boris.pk
    with pytest.raises(OperatorUnable) as refused:
        ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))
    assert refused.value.data == {"reason": "deciding"}
    with pytest.raises(Invalid):
        ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=anna.pk, at=after(60))
    with pytest.raises(NotFound):
        ask_operator(ticket_id=chat.pk, operator_id=boris.pk, to_operator_id=anna.pk, at=after(60))
    assert not Transfer.objects.exists()


def test_load_of_other_accounts_counts_when_somebody_is_asked(account, anna, chat):
    from contactcenter.tenancy.doors import open_account
    from contactcenter.tenancy.models import Membership

    other = make_account()
    boris = at_work(account, max_chat=1)
    Membership.objects.create(user=boris.user, account=other)
    # taken before the chat of this account could be offered to anybody else
    elsewhere = waiting(other, at=after(20))
    match_waiting(at=after(21))
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(22))
    assert owners(elsewhere) == [boris.pk]

    with open_account(account.pk), pytest.raises(OperatorUnable) as refused:
        ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60))
    assert refused.value.data == {"reason": "capacity"}


def test_ticket_put_into_a_queue_keeps_its_place_and_is_not_offered_back(account, anna, chat):
    second_line = Queue.objects.create(name="Second line", account=account, language="de", channel="chat")

    transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=second_line.pk, at=after(60), note="refund")

    place = Waiting.objects.get()
    assert (place.queue_id, place.enqueued_at) == (second_line.pk, AT)
    assert states_of(chat) == [(anna.pk, "wrapping")]
    chat.refresh_from_db()
    assert chat.assignee_id is None
    # no rule moves it to another queue, and a new message does not bring it back to who handed it on
    ticket_actions.receive_message(ticket=chat, channel="chat", at=after(70), text="Still there?")
    place_ticket(ticket_id=chat.pk, at=after(70))
    assert Waiting.objects.get().queue_id == second_line.pk
    assert states_of(chat) == [(anna.pk, "wrapping")]
    assert match_waiting(at=after(71)) == 0

    boris = at_work(account)
    assert match_waiting(at=after(90)) == 1
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(100))
    # the contact waited for the second operator since the first let go, not since the beginning
    assert Interaction.objects.latest("id").waited_ms == 40_000


def test_answered_ticket_waits_too_when_it_is_put_into_a_queue(account, anna, chat):
    queue = Queue.objects.create(name="Second line", account=account, language="de")
    chat.status = "pending"
    chat.save(update_fields=["status"])

    transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=queue.pk, at=after(60))
    place_ticket(ticket_id=chat.pk, at=after(61))

    chat.refresh_from_db()
    assert (chat.status, Waiting.objects.get().queue_id) == ("open", queue.pk)


def test_queue_of_another_account_or_channel_is_refused(anna, chat, account):
    foreign = Queue.objects.create(name="Foreign", account=make_account())
    mails = Queue.objects.create(name="Mails", account=account, channel="email")
    for queue_id in (foreign.pk, mails.pk, 0):
        with pytest.raises(Invalid) as refused:
            transfer_to_queue(ticket_id=chat.pk, operator_id=anna.pk, queue_id=queue_id, at=after(60))
        assert refused.value.field == "queue_id"
    assert states_of(chat) == [(anna.pk, "active")]


def test_consultation_has_one_owner_until_it_is_completed(anna, chat, boris, recorded):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60), consults=True)
    assert asked().purpose == "consult"
    recorded.clear()

    returned = accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65))

    assert (returned.operator_id, returned.state) == (anna.pk, "consult")
    assert owners(chat) == [anna.pk]
    assert loads_of(operator_ids=[boris.pk])[boris.pk]["chat"] == 1
    assert [(operator, event.kind, event.subject) for operator, event in recorded] == [
        (boris.pk, EventKind.OFFER_ENDED, f"offer {Offer.objects.latest('id').pk}"),
        (boris.pk, EventKind.CHAT_OPENED, f"consult {Transfer.objects.get().pk}"),
    ]
    assert accept_offer(offer_id=Offer.objects.latest("id").pk, operator_id=boris.pk, at=after(66)).pk == returned.pk

    complete_transfer(ticket_id=chat.pk, operator_id=anna.pk, at=after(90))

    assert states_of(chat) == [(anna.pk, "wrapping"), (boris.pk, "active")]
    assert Transfer.objects.get().state == "done"
    assert loads_of(operator_ids=[boris.pk])[boris.pk]["chat"] == 1
    with pytest.raises(Conflict):
        complete_transfer(ticket_id=chat.pk, operator_id=anna.pk, at=after(91))


@pytest.mark.parametrize("who", ["owner", "helper"])
def test_consultation_can_end_without_a_transfer(anna, chat, boris, who, recorded):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60), consults=True)
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65))
    recorded.clear()

    cancel_transfer(ticket_id=chat.pk, operator_id={"owner": anna, "helper": boris}[who].pk, at=after(80))

    assert states_of(chat) == [(anna.pk, "active")]
    assert loads_of(operator_ids=[boris.pk])[boris.pk]["chat"] == 0
    assert [(operator, event.kind, event.at) for operator, event in recorded] == [
        (boris.pk, EventKind.CHAT_CLOSED, after(80))
    ]


def test_helper_who_goes_offline_leaves_the_owner_with_the_ticket(anna, chat, boris):
    ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60), consults=True)
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65))

    set_presence(operator_id=boris.pk, state="offline", at=after(80))

    assert states_of(chat) == [(anna.pk, "active")]
    assert Transfer.objects.get().state == "canceled"


def test_consultation_on_a_call_is_voice_for_both(account, anna, recorded):
    boris = at_work(account)
    call = on_call(account, anna)
    ask_operator(ticket_id=call.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60), consults=True)
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65))
    consult = f"consult {Transfer.objects.get().pk}"

    def voice(operator):
        return [
            (event.kind, event.subject, event.at)
            for who, event in recorded
            if who == operator.pk and event.kind.startswith("call.")
        ]

    assert voice(anna) == [(EventKind.CALL_CONSULT_STARTED, "", after(65))]
    assert voice(boris) == [(EventKind.CALL_CONSULT_STARTED, consult, after(65))]

    complete_transfer(ticket_id=call.pk, operator_id=anna.pk, at=after(90))

    assert voice(anna)[1:] == [(EventKind.CALL_ENDED, "", after(90))]
    assert voice(boris)[1:] == [
        (EventKind.CALL_CONSULT_ENDED, consult, after(90)),
        (EventKind.CALL_TALK_STARTED, "", after(90)),
    ]


def test_consultation_out_of_a_hold_ends_the_hold(account, anna, recorded):
    boris = at_work(account)
    call = on_call(account, anna)
    hold(ticket_id=call.pk, operator_id=anna.pk, at=after(30))
    ask_operator(ticket_id=call.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(60), consults=True)
    accept_offer(offer_id=asked().pk, operator_id=boris.pk, at=after(65))
    cancel_transfer(ticket_id=call.pk, operator_id=anna.pk, at=after(80))

    told = [(event.kind, event.at) for who, event in recorded if who == anna.pk and event.kind.startswith("call.")]
    assert told == [
        (EventKind.CALL_HOLD_STARTED, after(30)),
        (EventKind.CALL_HOLD_ENDED, after(65)),
        (EventKind.CALL_CONSULT_STARTED, after(65)),
        (EventKind.CALL_CONSULT_ENDED, after(80)),
    ]
    assert Assignment.objects.get(ticket=call).state == "active"


def test_hold_takes_the_place_and_is_told_to_the_ledger_of_a_call(account, anna, recorded):
    call = on_call(account, anna)

    hold(ticket_id=call.pk, operator_id=anna.pk, at=after(30))
    hold(ticket_id=call.pk, operator_id=anna.pk, at=after(31))

    assignment = Assignment.objects.get(ticket=call)
    assert (assignment.state, assignment.state_since) == ("held", after(30))
    assert loads_of(operator_ids=[anna.pk])[anna.pk]["voice"] == 1
    resume(ticket_id=call.pk, operator_id=anna.pk, at=after(45))
    told = [(event.kind, event.at) for _, event in recorded if "hold" in event.kind]
    assert told == [(EventKind.CALL_HOLD_STARTED, after(30)), (EventKind.CALL_HOLD_ENDED, after(45))]


def test_contact_in_wrap_up_cannot_be_held_or_handed_on(anna, chat, boris):
    finish_conversation(ticket_id=chat.pk, operator_id=anna.pk, at=after(60))
    for refused in (
        lambda: hold(ticket_id=chat.pk, operator_id=anna.pk, at=after(61)),
        lambda: resume(ticket_id=chat.pk, operator_id=anna.pk, at=after(61)),
        lambda: ask_operator(ticket_id=chat.pk, operator_id=anna.pk, to_operator_id=boris.pk, at=after(61)),
    ):
        with pytest.raises(Conflict):
            refused()
    assert states_of(chat) == [(anna.pk, "wrapping")]


def test_patch_ends_the_operators_time_and_keeps_the_number(account, anna, recorded):
    call = on_call(account, anna)

    patch_to_number(ticket_id=call.pk, operator_id=anna.pk, number="+49 30 1234567", at=after(60))

    interaction = Interaction.objects.get()
    assert (interaction.ended_at, interaction.patched_to, interaction.patched_at) == (
        after(60), "+49301234567", after(60),
    )  # fmt: skip
    assert interaction.patched_ms is None
    assert states_of(call) == [(anna.pk, "wrapping")]
    assert [event.kind for _, event in recorded][-3:] == [
        EventKind.FOCUS_ENDED,
        EventKind.CALL_PATCHED,
        EventKind.WRAP_STARTED,
    ]


def test_only_a_call_is_put_through_to_a_number(anna, chat):
    with pytest.raises(Conflict):
        patch_to_number(ticket_id=chat.pk, operator_id=anna.pk, number="+49301234567", at=after(60))
    with pytest.raises(Invalid):
        patch_to_number(ticket_id=chat.pk, operator_id=anna.pk, number="nobody", at=after(60))
    assert states_of(chat) == [(anna.pk, "active")]
