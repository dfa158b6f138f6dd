"""Merge, split, follow-up and snooze: entries, places, and what can be taken back."""

from datetime import timedelta

import pytest

from channels_app.models import ChannelThread, Endpoint
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.routing.actions import (
    follow_up,
    match_waiting,
    merge,
    place_forgotten_tickets,
    place_ticket,
    set_presence,
    snooze_ticket,
    split,
    unmerge,
    wake_due,
    wake_ticket,
)
from contactcenter.routing.models import Offer, Snooze, Waiting
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.lists import Filters, list_tickets
from contactcenter.tickets.models import Message, Note, Ticket, TicketRelation
from contactcenter.tickets.queries import ticket_detail
from contactcenter.tickets.relations import AlreadyMerged
from tests.app.factories import AT, make_account, make_contact, make_ticket, make_user
from tests.app.routing.scenes import after, at_work, owners, served, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make_account(ticket_prefix="MT")


@pytest.fixture
def contact(account):
    return make_contact(account)


@pytest.fixture
def clerk():
    return make_user("supervisor")


def written(account, contact, *texts, at=AT, channel="email"):
    ticket = make_ticket(account, contact=contact, channel=channel, language="en", at=at)
    for text in texts:
        ticket_actions.receive_message(ticket=ticket, channel=channel, at=at, text=text)
    place_ticket(ticket_id=ticket.pk, at=at)
    ticket.refresh_from_db()
    return ticket


def texts_of(ticket):
    return list(Message.objects.filter(ticket=ticket).order_by("id").values_list("text", flat=True))


def test_merged_ticket_gives_its_entries_threads_and_earlier_place_to_the_kept_one(account, contact, clerk):
    endpoint = Endpoint.objects.create(account=account, kind="email", address="a@alpha.example", name="Mail")
    older = written(account, contact, "First")
    newer = written(account, contact, "Second", at=after(60))
    thread = ChannelThread.objects.create(account=account, endpoint=endpoint, ticket=older, key="older")

    relation = merge(kept_id=newer.pk, merged_id=older.pk, actor_id=clerk.pk, operator_id=None, at=after(100))

    assert texts_of(newer) == ["First", "Second"]
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.status, older.merged_into_id, older.unread, newer.unread) == ("closed", newer.pk, 0, 2)
    place = Waiting.objects.get()
    assert (place.ticket_id, place.enqueued_at) == (newer.pk, AT)
    thread.refresh_from_db()
    assert thread.ticket_id == newer.pk
    assert relation.moved == {
        "channels_app.ChannelThread": [thread.pk],
        "tickets.Message": [Message.objects.get(text="First").pk],
    }
    told = AuditEntry.objects.filter(action__startswith="ticket.merge").order_by("id")
    assert [(row.action, row.target_id) for row in told] == [("ticket.merge", newer.pk), ("ticket.merged", older.pk)]
    shown = ticket_detail(ticket_id=older.pk, user_id=None, with_team=True)["relations"]
    assert [(one["role"], one["ticket_id"], one["number"]) for one in shown] == [
        ("merged", newer.pk, f"MT-{newer.number}")
    ]


def test_undone_merge_moves_back_what_it_moved_and_leaves_what_came_since(account, contact, clerk):
    older = written(account, contact, "First")
    newer = written(account, contact, "Second", at=after(60))
    relation = merge(kept_id=newer.pk, merged_id=older.pk, actor_id=clerk.pk, operator_id=None, at=after(100))
    newer.refresh_from_db()
    ticket_actions.receive_message(ticket=newer, channel="email", at=after(110), text="Third")

    unmerge(relation_id=relation.pk, actor_id=clerk.pk, at=after(120))

    assert (texts_of(older), texts_of(newer)) == (["First"], ["Second", "Third"])
    older.refresh_from_db()
    assert (older.status, older.merged_into_id) == ("new", None)
    with pytest.raises(Conflict):
        unmerge(relation_id=relation.pk, actor_id=clerk.pk, at=after(121))
    # and it can be merged again
    merge(kept_id=newer.pk, merged_id=older.pk, actor_id=clerk.pk, operator_id=None, at=after(130))
    assert TicketRelation.objects.filter(undone_at=None).count() == 1


def test_only_open_tickets_of_one_contact_are_merged(account, contact, clerk):
    one, two = written(account, contact, "A"), written(account, contact, "B")
    strange = written(account, make_contact(account), "C")
    foreign_account = make_account()
    foreign = written(foreign_account, make_contact(foreign_account), "D")

    def merging(kept, merged):
        return merge(kept_id=kept, merged_id=merged, actor_id=clerk.pk, operator_id=None, at=after(9))

    for kept, merged, error in (
        (one.pk, one.pk, Invalid),
        (one.pk, strange.pk, Invalid),
        (one.pk, foreign.pk, Invalid),
        (one.pk, 0, NotFound),
    ):
        with pytest.raises(error):
            merging(kept, merged)
    Ticket.objects.filter(pk=two.pk).update(status="closed")
    with pytest.raises(Conflict):
        merging(two.pk, one.pk)
    merging(one.pk, two.pk)
    with pytest.raises(AlreadyMerged) as refused:
        merging(two.pk, one.pk)
    assert refused.value.data == {"ticket_id": one.pk}
    assert texts_of(one) == ["A", "B"]


def test_operator_who_merges_a_ticket_they_serve_goes_on_with_the_kept_one(account, clerk):
    anna = at_work(account)
    chat = served(account, anna)
    mail = written(account, chat.contact, "By mail", at=after(20))

    merge(kept_id=mail.pk, merged_id=chat.pk, actor_id=anna.user_id, operator_id=anna.pk, at=after(30))

    assert states_of(chat) == [(anna.pk, "done")]
    assert owners(mail) == [anna.pk]
    assert not Waiting.objects.exists()


def test_ticket_that_somebody_else_serves_is_merged_by_a_supervisor_only(account, clerk):
    anna, boris = at_work(account), None
    chat = served(account, anna)
    boris = at_work(account)
    mail = written(account, chat.contact, "By mail", at=after(20))
    with pytest.raises(Conflict):
        merge(kept_id=mail.pk, merged_id=chat.pk, actor_id=boris.user_id, operator_id=boris.pk, at=after(30))
    assert owners(chat) == [anna.pk]
    merge(kept_id=mail.pk, merged_id=chat.pk, actor_id=clerk.pk, operator_id=None, at=after(30), may_take=True)
    assert owners(mail) == [anna.pk]


def test_split_entries_make_a_new_ticket_that_waits_since_its_first_message(account, contact, clerk):
    ticket = written(account, contact, "Where is my order?")
    ticket_actions.receive_message(ticket=ticket, channel="email", at=after(60), text="And another thing")
    ticket.refresh_from_db()
    message = Message.objects.get(text="And another thing")

    relation = split(
        ticket_id=ticket.pk, entries=[{"type": "message", "id": message.pk}], subject="Another thing",
        actor_id=clerk.pk, at=after(100),
    )  # fmt: skip

    other = relation.other
    other.refresh_from_db()
    assert (texts_of(ticket), texts_of(other)) == (["Where is my order?"], ["And another thing"])
    assert (other.subject, other.contact_id, other.unread, other.status) == ("Another thing", contact.pk, 1, "new")
    assert Waiting.objects.get(ticket=other).enqueued_at == after(60)
    roles = [one["role"] for one in ticket_detail(ticket_id=other.pk, user_id=None, with_team=True)["relations"]]
    assert roles == ["split_off"]


def test_split_refuses_what_is_not_on_the_ticket_and_leaving_nothing(account, contact, clerk):
    ticket = written(account, contact, "Only this")
    foreign = written(account, contact, "Elsewhere")
    for message in (Message.objects.get(text="Only this"), Message.objects.get(text="Elsewhere")):
        with pytest.raises(Invalid) as refused:
            split(
                ticket_id=ticket.pk, entries=[{"type": "message", "id": message.pk}], subject="",
                actor_id=clerk.pk, at=after(9),
            )  # fmt: skip
        assert refused.value.field == "entries"
    assert Ticket.objects.count() == 2
    assert texts_of(foreign) == ["Elsewhere"]


def test_snoozed_ticket_leaves_the_queue_and_comes_back_in_its_place(account, contact, clerk):
    anna = at_work(account)
    ticket = written(account, contact, "Later, please")
    match_waiting(at=after(5))

    snooze_ticket(ticket_id=ticket.pk, until=after(3600), at=after(10), actor_id=clerk.pk, operator_id=None)

    assert Offer.objects.get().state == "rescinded"
    assert not Waiting.objects.exists()
    place_ticket(ticket_id=ticket.pk, at=after(20))
    place_forgotten_tickets(at=after(600))
    assert not Waiting.objects.exists()
    cards, _ = list_tickets(filters=Filters(view="later"))
    assert [(card["id"], card["snoozed_until"]) for card in cards] == [(ticket.pk, "2026-06-15T10:00:00Z")]
    assert wake_due(at=after(3599)) == 0
    set_presence(operator_id=anna.pk, state="available", at=after(3599))

    assert wake_due(at=after(3600)) == 1

    assert Waiting.objects.get().enqueued_at == AT
    assert not Snooze.objects.exists()
    assert match_waiting(at=after(3601)) == 1


def test_ticket_snoozed_by_its_operator_frees_the_place_and_is_offered_to_them_first(account, contact):
    anna = at_work(account)
    chat = served(account, anna)
    at_work(account)
    ticket_actions.change_status(ticket_id=chat.pk, status="pending", at=after(20), actor_id=None)

    snooze_ticket(ticket_id=chat.pk, until=after(600), at=after(30), actor_id=anna.user_id, operator_id=anna.pk)

    assert states_of(chat) == [(anna.pk, "done")]
    wake_due(at=after(600))
    chat.refresh_from_db()
    assert chat.status == "open"
    assert match_waiting(at=after(601)) == 1
    assert Offer.objects.get(state="pending").operator_id == anna.pk


def test_new_message_ends_the_snooze(account, contact, clerk):
    ticket = written(account, contact, "Later, please")
    snooze_ticket(ticket_id=ticket.pk, until=after(3600), at=after(10), actor_id=clerk.pk, operator_id=None)
    ticket.refresh_from_db()
    ticket_actions.receive_message(ticket=ticket, channel="email", at=after(50), text="No, now")

    place_ticket(ticket_id=ticket.pk, at=after(50))

    assert Waiting.objects.get().enqueued_at == AT
    assert not Snooze.objects.exists()


def test_settled_ticket_does_not_come_back(account, contact, clerk):
    ticket = written(account, contact, "Later, please")
    snooze_ticket(ticket_id=ticket.pk, until=after(3600), at=after(10), actor_id=clerk.pk, operator_id=None)
    ticket_actions.change_status(ticket_id=ticket.pk, status="solved", at=after(20), actor_id=None)
    assert wake_ticket(ticket_id=ticket.pk, at=after(30)) is None
    assert not Waiting.objects.exists()
    assert not Snooze.objects.exists()


def test_snooze_into_the_past_or_of_somebody_elses_ticket_is_refused(account):
    anna = at_work(account)
    chat = served(account, anna)
    boris = at_work(account)
    for until in (after(10), after(30), after(30) + timedelta(days=367)):
        with pytest.raises(Invalid) as refused:
            snooze_ticket(ticket_id=chat.pk, until=until, at=after(30), actor_id=anna.user_id, operator_id=anna.pk)
        assert refused.value.field == "until"
    with pytest.raises(Conflict):
        snooze_ticket(ticket_id=chat.pk, until=after(99), at=after(30), actor_id=boris.user_id, operator_id=boris.pk)
    assert owners(chat) == [anna.pk]


def test_follow_up_of_a_closed_ticket_comes_at_its_time_with_its_note(account, contact):
    anna = at_work(account)
    ticket = written(account, contact, "Done?")
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")

    relation = follow_up(
        ticket_id=ticket.pk, subject="Ask how it went", note="Call on Monday", due_at=after(7200),
        actor_id=anna.user_id, operator_id=anna.pk, at=after(100),
    )  # fmt: skip

    other = relation.other
    assert (other.subject, other.contact_id, Note.objects.get(ticket=other).text) == (
        "Ask how it went", contact.pk, "Call on Monday",
    )  # fmt: skip
    assert Snooze.objects.get(ticket=other).until == after(7200)
    wake_due(at=after(7200))
    assert Waiting.objects.get(ticket=other).enqueued_at == after(7200)


def test_follow_up_without_a_time_waits_at_once(account, contact, clerk):
    ticket = written(account, contact, "Done?")
    relation = follow_up(
        ticket_id=ticket.pk, subject="", note="", due_at=None, actor_id=clerk.pk, operator_id=None, at=after(100)
    )
    assert Waiting.objects.get(ticket=relation.other).enqueued_at == after(100)
    assert relation.other.subject == ticket.subject
