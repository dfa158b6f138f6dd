"""Merging two contacts, and taking it back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_app.models import CallRequest, ChatSession, Endpoint
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.merging import AlreadyMerged, merge_contacts, undo_merge
from contactcenter.contacts.models import Contact, ContactMerge, ContactPoint
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry, LiveEvent
from contactcenter.routing.models import CallbackRequest
from contactcenter.tenancy.doors import open_account, open_every_account
from contactcenter.tickets import actions
from contactcenter.tickets.models import Call, Message, Ticket
from tests.app.factories import AT, make_account, make_contact, make_ticket, make_user

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)
# the rows that point at a contact: every one of them has to be in one of these tables
TABLES = (ContactPoint, Ticket, Message, Call, CallRequest, CallbackRequest, ChatSession)


@pytest.fixture(autouse=True)
def every_account():
    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account():
    return make_account()


def picture() -> dict:
    """Everything that a merge may touch."""
    rows = {model.__name__: sorted(model.objects.values_list("pk", "contact_id")) for model in TABLES}
    return {**rows, "contacts": sorted(Contact.objects.values_list("pk", "name", "language", "merged_into"))}


def merge(kept: Contact, merged: Contact) -> ContactMerge:
    return merge_contacts(kept_id=kept.pk, merged_id=merged.pk, actor_id=None, at=AT)


def undo(done: ContactMerge) -> ContactMerge:
    return undo_merge(merge_id=done.pk, actor_id=None, at=LATER)


def test_every_table_that_points_at_a_contact_is_looked_at_here():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint "
            "WHERE contype = 'f' AND confrelid = 'contacts_contact'::regclass"
        )
        pointing = {table for (table,) in cursor.fetchall()}
    assert pointing - {"contacts_contact", "contacts_contactmerge"} == {model._meta.db_table for model in TABLES}


def test_a_merge_moves_points_tickets_messages_calls_and_chats(account):
    kept, merged = make_contact(account, "+74952201490", kind="phone"), make_contact(account, "a@example.org")
    ticket = make_ticket(account, merged)
    message = actions.receive_message(ticket=ticket, channel="email", at=AT, text="Hello")
    endpoint = Endpoint.objects.create(account=account, kind="webchat", address="w", name="Widget")
    call = Call.objects.create(
        account=account, contact=merged, endpoint_id=endpoint.pk, external_id="1", direction="in", started_at=AT
    )
    chat = ChatSession.objects.create(
        account=account, endpoint=endpoint, uuid="6f1c1a52-7a0c-4a51-9e6e-0d5a3f0c9b11", contact=merged,
        started_at=AT, last_seen_at=AT,
    )  # fmt: skip
    done = merge(kept, merged)
    for row in (ticket, message, call, chat, ContactPoint.objects.get(value="a@example.org")):
        row.refresh_from_db()
        assert row.contact_id == kept.pk
    assert done.moved == {
        "contacts.ContactPoint.contact": [ContactPoint.objects.get(value="a@example.org").pk],
        "tickets.Ticket.contact": [ticket.pk],
        "tickets.Message.contact": [message.pk],
        "tickets.Call.contact": [call.pk],
        "channels_app.ChatSession.contact": [chat.pk],
    }
    merged.refresh_from_db()
    assert merged.merged_into_id == kept.pk
    assert LiveEvent.objects.get(kind="contact.merged").payload == {
        "contact_id": kept.pk, "merged_id": merged.pk, "merge_id": done.pk,
    }  # fmt: skip
    assert AuditEntry.objects.get(action="contact.merge").data["kept"] == kept.pk


def test_who_writes_from_a_moved_address_is_the_kept_contact(account):
    kept, merged = make_contact(account), make_contact(account, "a@example.org")
    merge(kept, merged)
    found, _ = find_or_create_contact(account_id=account.pk, kind="email", value="a@example.org")
    assert found.pk == kept.pk


def test_an_empty_name_is_filled_and_emptied_again(account):
    kept = Contact.objects.create(account=account, name="", language="ru")
    merged = Contact.objects.create(account=account, name="Ann", language="en")
    done = merge(kept, merged)
    kept.refresh_from_db()
    assert (kept.name, kept.language) == ("Ann", "ru")
    undo(done)
    kept.refresh_from_db()
    assert (kept.name, kept.language) == ("", "ru")


def test_a_name_written_since_the_merge_stays(account):
    kept, merged = Contact.objects.create(account=account), Contact.objects.create(account=account, name="Ann")
    done = merge(kept, merged)
    Contact.objects.filter(pk=kept.pk).update(name="Anna")
    undo(done)
    assert Contact.objects.get(pk=kept.pk).name == "Anna"


def test_undo_says_what_stays_because_it_was_changed_since(account):
    kept, merged, third = make_contact(account), make_contact(account, "a@example.org"), make_contact(account)
    moved_on, goes_back = make_ticket(account, merged), make_ticket(account, merged)
    point_id = ContactPoint.objects.get(value="a@example.org").pk
    done = merge(kept, merged)
    Ticket.objects.filter(pk=moved_on.pk).update(contact=third)
    ContactPoint.objects.filter(pk=point_id).delete()
    undone = undo(done)
    assert undone.stayed == {"contacts.ContactPoint.contact": [point_id], "tickets.Ticket.contact": [moved_on.pk]}
    assert Ticket.objects.get(pk=moved_on.pk).contact_id == third.pk
    assert Ticket.objects.get(pk=goes_back.pk).contact_id == merged.pk


def test_what_arrived_after_the_merge_stays_with_the_kept_contact(account):
    kept, merged = make_contact(account), make_contact(account)
    done = merge(kept, merged)
    ticket = make_ticket(account, kept)
    undo(done)
    assert Ticket.objects.get(pk=ticket.pk).contact_id == kept.pk


def test_a_merge_is_undone_once(account):
    kept, merged = make_contact(account), make_contact(account)
    done = merge(kept, merged)
    undo(done)
    before = picture()
    with pytest.raises(Conflict):
        undo(done)
    assert picture() == before
    assert AuditEntry.objects.filter(action="contact.unmerge").count() == 1
    assert merge(kept, merged).pk != done.pk


@pytest.mark.parametrize("which", ["kept", "merged"])
def test_a_merged_contact_is_merged_no_further(account, which):
    kept, merged, third = make_contact(account), make_contact(account), make_contact(account)
    merge(kept, merged)
    before = picture()
    with pytest.raises(AlreadyMerged) as refused:
        merge(*((merged, third) if which == "kept" else (third, merged)))
    assert refused.value.data == {"merged_id": merged.pk, "contact_id": kept.pk}
    assert picture() == before


def test_merges_on_top_of_each_other_are_undone_from_the_top(account):
    first, second, third = make_contact(account), make_contact(account), make_contact(account)
    start = picture()
    lower = merge(second, third)
    upper = merge(first, second)
    with pytest.raises(AlreadyMerged):
        undo(lower)
    undo(upper)
    undo(lower)
    assert picture() == start


def test_a_contact_is_not_merged_into_itself_nor_across_accounts(account):
    contact, foreign = make_contact(account), make_contact(make_account())
    before = picture()
    with pytest.raises(Invalid):
        merge(contact, contact)
    with pytest.raises(Invalid):
        merge(contact, foreign)
    with open_account(account.pk), pytest.raises(NotFound):
        merge(contact, foreign)
    assert picture() == before


def test_the_database_refuses_a_merge_across_accounts(account):
    contact, foreign = make_contact(account), make_contact(make_account())
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactMerge.objects.create(account=account, kept=contact, merged=foreign, at=AT)
    assert not ContactMerge.objects.exists()


def test_an_undone_merge_names_who_did_what(account):
    person = make_user()
    kept, merged = make_contact(account), make_contact(account)
    done = merge_contacts(kept_id=kept.pk, merged_id=merged.pk, actor_id=person.pk, at=AT)
    undo_merge(merge_id=done.pk, actor_id=person.pk, at=LATER)
    entries = AuditEntry.objects.filter(target_type="contacts.contactmerge").order_by("id")
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("contact.merge", person.pk),
        ("contact.unmerge", person.pk),
    ]


PEOPLE = 4
rows = st.lists(st.integers(0, PEOPLE - 1), max_size=6)
pairs = st.lists(
    st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)).filter(lambda pair: pair[0] != pair[1]),
    min_size=1,
    max_size=3,
)
names = st.lists(st.sampled_from(["", "Ann", "Bob"]), min_size=PEOPLE, max_size=PEOPLE)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=names, points=rows, tickets=rows, messages=rows, wanted=pairs)
def test_merging_and_undoing_from_the_last_to_the_first_changes_nothing(names, points, tickets, messages, wanted):
    with transaction.atomic():
        account = make_account()
        people = [Contact.objects.create(account=account, name=name) for name in names]
        for index, owner in enumerate(points):
            ContactPoint.objects.create(
                account=account, contact=people[owner], kind="email", value=f"{account.pk}-{index}@example.org"
            )
        opened = [make_ticket(account, people[owner]) for owner in tickets]
        for ticket in opened:
            CallbackRequest.objects.create(
                account=account,
                ticket=ticket,
                contact_id=ticket.contact_id,
                number="+442071838750",
                enqueued_at=AT,
                requested_at=AT,
                changed_at=AT,
            )
        for index, owner in enumerate(messages):
            if opened:
                actions.receive_message(
                    ticket=opened[index % len(opened)], channel="email", at=AT, text="x", contact_id=people[owner].pk
                )
        start = picture()
        done = []
        for kept, merged in wanted:
            try:
                done.append(merge(people[kept], people[merged]))
            except AlreadyMerged:
                continue
        for one in done:
            merged_rows = [model.objects.filter(contact_id=one.merged_id).count() for model in TABLES]
            assert merged_rows == [0] * len(TABLES)
        for one in reversed(done):
            assert undo(one).stayed == {}
        assert picture() == start
        transaction.set_rollback(True)
