"""The account scope: enforced in one spot and held together by the database."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from contactcenter.contacts.models import Contact
from contactcenter.tenancy.doors import open_account, open_accounts, open_every_account
from contactcenter.tenancy.models import Role
from contactcenter.tenancy.scope import ScopeMissing
from contactcenter.tickets.models import Ticket
from tests.app.factories import make_account, make_contact, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_a_query_outside_every_scope_raises():
    with pytest.raises(ScopeMissing):
        Ticket.objects.count()


def test_a_scope_shows_its_account_only():
    one, two = make_account(), make_account()
    with open_every_account(reason="the test sets both up"):
        make_ticket(one)
        make_ticket(two)
        assert Ticket.objects.count() == 2
    with open_account(one.pk):
        assert [ticket.account_id for ticket in Ticket.objects.all()] == [one.pk]
    with open_accounts([]):
        assert Ticket.objects.count() == 0


def test_the_scope_closes_behind_an_error():
    with pytest.raises(RuntimeError), open_account(1):
        raise RuntimeError
    with pytest.raises(ScopeMissing):
        Ticket.objects.count()


def test_opening_every_account_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        open_every_account(reason="")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("tickets_ticket", "contact_id"),
        ("tickets_message", "ticket_id"),
        ("tickets_interaction", "ticket_id"),
        ("routing_offer", "ticket_id"),
        ("channels_app_receipt", "endpoint_id"),
    ],
)
def test_the_database_holds_a_reference_within_its_account(table, column):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass AND conname = %s",
            [table, f"{table}_{column}_same_account"],
        )
        assert cursor.fetchone() == (1,)


def test_a_ticket_cannot_point_at_another_accounts_contact():
    one, two = make_account(), make_account()
    with open_every_account(reason="the test tries to cross accounts"):
        ticket, foreign = make_ticket(one), make_contact(two)
        with pytest.raises(IntegrityError), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(contact=foreign)
        assert Ticket.objects.get(pk=ticket.pk).contact_id == ticket.contact_id
        assert Contact.objects.count() == 2


def test_me_names_the_accounts_in_reach_of_each_role():
    one, two = make_account("Alpha"), make_account("Beta")
    expected = {
        Role.OPERATOR: ["Beta"],
        Role.CLIENT_VIEWER: ["Beta"],
        Role.CLIENT_ADMIN: ["Beta"],
        Role.SUPERVISOR: ["Alpha", "Beta"],
        Role.BILLING_ADMIN: ["Alpha", "Beta"],
        Role.ADMIN: ["Alpha", "Beta"],
    }
    seen = {}
    for role in expected:
        client = Client()
        client.force_login(make_user(role, two))
        seen[role] = [account["name"] for account in client.get("/api/v1/me/").json()["accounts"]]
    assert seen == expected
    assert one.pk != two.pk


def test_nobody_logged_in_gets_401():
    response = Client().get("/api/v1/me/")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "not_authenticated"
