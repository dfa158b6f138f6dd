"""Contacts are found by their point; two spellings of one point are one contact."""

import threading

import pytest
from django.db import connection, transaction

from contactcenter.contacts.actions import find_or_create_contact
from contactcenter.contacts.models import Contact
from contactcenter.contacts.points import normal_value
from contactcenter.tenancy.doors import open_account
from tests.app.factories import make_account


@pytest.mark.parametrize(
    ("kind", "value", "region", "expected"),
    [
        ("phone", "8 (495) 220-14-90", "RU", "+74952201490"),
        ("phone", "+7 495 220 14 90", None, "+74952201490"),
        ("phone", "020 7946 0107", "GB", "+442079460107"),
        ("phone", "anonymous", "GB", ""),
        ("phone", "101", "GB", "101"),
        ("email", " <Olga.P@Example.ORG> ", None, "olga.p@example.org"),
    ],
)
def test_points_have_one_normal_form(kind, value, region, expected):
    assert normal_value(kind=kind, value=value, region=region) == expected


@pytest.mark.django_db
def test_a_known_contact_gains_a_name_but_keeps_the_one_it_has():
    account = make_account()
    with open_account(account.pk):
        first, _ = find_or_create_contact(account_id=account.pk, kind="email", value="a@example.org")
        named, _ = find_or_create_contact(account_id=account.pk, kind="email", value="a@example.org", name="Ann")
        kept, _ = find_or_create_contact(account_id=account.pk, kind="email", value="a@example.org", name="Bob")
    assert first.pk == named.pk == kept.pk
    assert kept.name == "Ann"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_contact():
    account = make_account()
    barrier = threading.Barrier(4)
    found = []

    def arrive() -> None:
        with open_account(account.pk), transaction.atomic():
            barrier.wait(10)
            found.append(find_or_create_contact(account_id=account.pk, kind="phone", value="+74952201490")[0].pk)
        connection.close()

    threads = [threading.Thread(target=arrive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_account(account.pk):
        assert Contact.objects.count() == 1
    assert len(found) == 4
    assert len(set(found)) == 1
