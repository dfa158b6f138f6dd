"""Rows written by prepared statements are the rows that the ORM would write."""

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.transaction import TransactionManagementError

from contactcenter.contacts import actions as contact_actions
from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.models import Contact, ContactPoint
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.statements import (
    FromStatement,
    ask,
    columns,
    insert,
    insert_together,
    pipelined,
    rows_from,
    take_row,
)
from contactcenter.tenancy.doors import open_every_account
from tests.app.factories import make_account, make_contact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_account():
    with open_every_account(reason="a test looks into the database"):
        yield


def test_a_row_gets_its_key_and_the_defaults_of_model_and_database():
    entry = AuditEntry(action="ticket.open", target_type="tickets.ticket", data={"to": "Привет"})
    assert insert(entry)
    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.action, stored.target_id, stored.data) == ("ticket.open", None, {"to": "Привет"})
    assert stored.at == entry.at
    entry.action = "ticket.status"
    entry.save()
    assert AuditEntry.objects.get().action == "ticket.status"


def test_rows_that_a_statement_brings_are_the_orms_own():
    contact = make_contact(make_account(), "olga@example.org")
    entry = AuditEntry.objects.create(action="a.b", target_type="t", data={"to": ["Привет", None]})
    [row] = rows_from(
        f"SELECT {columns(AuditEntry, 'e')}, {columns(Contact, 'c')}, 7"
        " FROM kernel_auditentry e, contacts_contact c WHERE c.id = %s",
        [contact.pk],
    )
    values = list(row)
    for model, pk in ((AuditEntry, entry.pk), (Contact, contact.pk)):
        taken, read = take_row(model, values), model.objects.get(pk=pk)
        assert taken == read
        assert {name: value for name, value in vars(taken).items() if name != "_state"} == {
            name: value for name, value in vars(read).items() if name != "_state"
        }
        assert (taken._state.adding, taken._state.db) == (False, "default")
    assert values == [7]


def test_auto_now_add_is_set():
    contact = Contact(account=make_account(), name="Olga")
    insert(contact)
    assert contact.created_at == Contact.objects.get().created_at


def test_a_row_that_is_there_is_refused_or_left_alone_as_asked():
    account = make_account()
    contact = make_contact(account, "olga@example.org")
    again = {"account": account, "contact": contact, "kind": "email", "value": "olga@example.org"}
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(ContactPoint(**again))
    assert insert(ContactPoint(**again), unless_there=True) is False
    assert ContactPoint.objects.count() == 1


def test_a_contact_that_another_transaction_made_meanwhile_is_taken_and_none_is_left_over(monkeypatch):
    account = make_account()
    first, _ = find_or_create_contact(account_id=account.pk, kind="email", value="olga@example.org", name="Olga")
    looks = iter([lambda **_: None, contact_actions._point_of])
    # the look before the insert does not see it yet
    monkeypatch.setattr(contact_actions, "_point_of", lambda **asked: next(looks)(**asked))
    second, point = find_or_create_contact(account_id=account.pk, kind="email", value="olga@example.org", name="O.")
    assert next(looks, None) is None
    assert (second.pk, second.name, point.value) == (first.pk, "Olga", "olga@example.org")
    assert Contact.objects.count() == 1


def test_rows_of_several_models_are_inserted_by_one_statement(django_assert_num_queries):
    account = make_account()
    contact = Contact(pk=7_000_000, account=account, name="Olga")
    point = ContactPoint(account=account, contact=contact, kind="email", value="olga@example.org")
    entry = AuditEntry(
        action="contact.create", target_type="t", target_id=FromStatement("SELECT %s + 1 AS value", [41])
    )
    with django_assert_num_queries(1):
        insert_together(entry, point, contact)
    assert Contact.objects.get().name == "Olga"
    assert ContactPoint.objects.get(pk=point.pk).contact_id == 7_000_000
    assert (entry.target_id, entry.at) == AuditEntry.objects.values_list("target_id", "at").get(pk=entry.pk)
    assert entry.target_id == 42


def test_of_rows_inserted_together_one_that_is_refused_takes_all_with_it():
    account = make_account()
    taken = make_contact(account, "olga@example.org")
    point = ContactPoint(account=account, contact=taken, kind="email", value="olga@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_together(AuditEntry(action="a.b", target_type="t"), point)
    assert not AuditEntry.objects.exists()


def test_values_are_never_part_of_the_statement():
    assert rows_from("SELECT %s::text", ["'; DROP TABLE x; --"]) == [("'; DROP TABLE x; --",)]


ADD = "INSERT INTO kernel_auditentry (action, target_type, data) VALUES (%s, 't', '{}') RETURNING action"


def test_statements_in_a_pipeline_run_in_order_and_are_answered_when_called_for():
    with transaction.atomic(), pipelined():
        first, count, second = ask(ADD, ["a"]), ask("SELECT count(*) FROM kernel_auditentry", []), ask(ADD, ["b"])
        assert (second(), count(), first()) == ([("b",)], [(1,)], [("a",)])
        assert rows_from("SELECT count(*) FROM kernel_auditentry", []) == [(2,)]
        unread = ask(ADD, ["c"])
    assert unread() == [("c",)]
    assert AuditEntry.objects.count() == 3


def test_what_fails_in_a_pipeline_is_told_with_its_answer_and_takes_the_transaction_with_it():
    def fail(*, is_called_for: bool) -> None:
        with transaction.atomic(), pipelined():
            ask(ADD, ["a"])
            answer = ask("SELECT 1 / %s", [0])
            if is_called_for:
                with pytest.raises(DataError):
                    answer()
                raise LookupError

    with pytest.raises(LookupError):
        fail(is_called_for=True)
    with pytest.raises(DataError):
        fail(is_called_for=False)
    assert AuditEntry.objects.count() == 0
    with transaction.atomic(), pipelined():
        assert rows_from(ADD, ["b"]) == [("b",)]


@pytest.mark.django_db(transaction=True)
def test_a_pipeline_outside_a_transaction_is_refused():
    with pytest.raises(TransactionManagementError), pipelined():
        ask(ADD, ["a"])
    assert AuditEntry.objects.count() == 0
