"""Contacts over HTTP: lists, search, points and their conflicts, merging, and who may be the same person."""

import pytest
from rest_framework.test import APIClient

from contactcenter.contacts import serializers
from contactcenter.contacts.models import Contact, ContactPoint
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets import actions
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_account():
    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def client(account):
    client = APIClient()
    client.force_login(make_operator(account).user)
    return client


def listed(client, **asked) -> list[int]:
    return [row["id"] for row in client.get("/api/v1/contacts/", asked).json()["results"]]


def test_the_list_shows_the_newest_first_in_pages_without_a_query_for_each(client, account, django_assert_num_queries):
    contacts = [make_contact(account) for _ in range(52)]
    # the session with its person and memberships; contacts, points
    with django_assert_num_queries(1 + 3):
        first = client.get("/api/v1/contacts/").json()
    second = client.get("/api/v1/contacts/", {"cursor": first["next"]}).json()
    seen = [row["id"] for page in (first, second) for row in page["results"]]
    assert seen == [contact.pk for contact in reversed(contacts)]
    assert second["next"] is None
    assert set(first["results"][0]) == set(serializers.ContactSerializer().get_fields())


def test_search_finds_names_addresses_and_numbers_however_written(client, account):
    olga = make_contact(account, "olga@example.org")
    phone = make_contact(account, "+74952201490", kind="phone")
    Contact.objects.filter(pk=phone.pk).update(name="Boris")
    assert listed(client, q="petrova") == [olga.pk]
    assert listed(client, q="OLGA@ex") == [olga.pk]
    assert listed(client, q="495 220-14-90") == [phone.pk]
    assert listed(client, q="boris") == [phone.pk]
    assert listed(client, q="nobody") == []


def test_a_contact_is_added_with_normalised_points(client, account):
    answer = client.post(
        "/api/v1/contacts/",
        {"name": "Ann", "points": [{"kind": "email", "value": " Ann@Example.ORG "}]},
        format="json",
    )
    assert answer.status_code == 201, answer.json()
    assert set(answer.json()) == set(serializers.ContactDetailSerializer().get_fields())
    assert [point["value"] for point in answer.json()["points"]] == ["ann@example.org"]
    assert ContactPoint.objects.get().account_id == account.pk


def test_a_point_of_another_contact_is_refused_and_the_other_named(client, account):
    taken = make_contact(account, "ann@example.org")
    answer = client.post(
        "/api/v1/contacts/",
        {"name": "Ann", "points": [{"kind": "email", "value": "ann@example.org"}]},
        format="json",
    )
    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "point_taken",
        "message": "Another contact is reached there.",
        "field": "points[0].value",
        "data": {"contact_id": taken.pk},
    }
    assert list(Contact.objects.values_list("pk", flat=True)) == [taken.pk]
    assert not AuditEntry.objects.filter(action="contact.create").exists()


def test_points_are_added_and_removed_and_both_are_audited(client, account):
    contact = make_contact(account, "ann@example.org")
    added = client.post(f"/api/v1/contacts/{contact.pk}/points/", {"kind": "phone", "value": "+7 495 220-14-90"})
    point = next(point for point in added.json()["points"] if point["kind"] == "phone")
    assert point["value"] == "+74952201490"
    assert client.delete(f"/api/v1/contacts/{contact.pk}/points/{point['id']}/").status_code == 204
    assert not ContactPoint.objects.filter(pk=point["id"]).exists()
    actions_seen = AuditEntry.objects.filter(target_id=contact.pk).order_by("id").values_list("action", flat=True)
    assert list(actions_seen) == ["contact.point_add", "contact.point_remove"]


def test_what_is_no_number_is_refused(client, account):
    contact = make_contact(account)
    answer = client.post(f"/api/v1/contacts/{contact.pk}/points/", {"kind": "phone", "value": "anonymous"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "value")
    assert contact.points.count() == 1


def test_a_name_is_changed_and_audited(client, account):
    contact = make_contact(account)
    answer = client.patch(f"/api/v1/contacts/{contact.pk}/", {"name": "Olga P."})
    assert answer.json()["name"] == "Olga P."
    assert AuditEntry.objects.get(action="contact.change").data == {"name": ["Olga Petrova", "Olga P."]}


def test_merge_redirect_and_undo_over_http(client, account):
    kept, merged = make_contact(account), make_contact(account)
    ticket = make_ticket(account, merged)
    done = client.post(f"/api/v1/contacts/{kept.pk}/merge/", {"contact_id": merged.pk})
    assert done.status_code == 201
    assert done.json()["moved"]["tickets.Ticket.contact"] == [ticket.pk]
    moved = client.get(f"/api/v1/contacts/{merged.pk}/")
    assert (moved.status_code, moved.headers["Location"]) == (307, f"/api/v1/contacts/{kept.pk}/")
    assert [one["merged"]["id"] for one in client.get(moved.headers["Location"]).json()["merges"]] == [merged.pk]
    assert listed(client) == [kept.pk]
    assert client.patch(f"/api/v1/contacts/{merged.pk}/", {"name": "X"}).status_code == 409
    undone = client.post(f"/api/v1/contact-merges/{done.json()['id']}/undo/")
    assert undone.json()["stayed"] == {}
    assert client.get(f"/api/v1/contacts/{merged.pk}/").status_code == 200


def test_the_same_number_on_another_channel_is_suggested(client, account):
    caller = make_contact(account, "+74952201490", kind="phone")
    texter = make_contact(account, "+74952201490", kind="sms")
    make_contact(account, "+74952201491", kind="sms")
    make_contact(make_account(), "+74952201490", kind="sms")
    answer = client.get(f"/api/v1/contacts/{caller.pk}/suggestions/").json()["results"]
    assert [(row["contact"]["id"], row["reason"], row["value"]) for row in answer] == [
        (texter.pk, "same_number", "+74952201490")
    ]


def test_an_address_written_in_a_chat_is_suggested(client, account):
    visitor = make_contact(account, "3f", kind="chat")
    known = make_contact(account, "ann@example.org")
    ticket = make_ticket(account, visitor, channel="chat")
    actions.receive_message(ticket=ticket, channel="chat", at=AT, text="I am Ann@Example.org, thanks.")
    answer = client.get(f"/api/v1/contacts/{visitor.pk}/suggestions/").json()["results"]
    assert [(row["contact"]["id"], row["reason"], row["value"]) for row in answer] == [
        (known.pk, "email_in_chat", "ann@example.org")
    ]
    assert client.get(f"/api/v1/contacts/{known.pk}/suggestions/").json()["results"] == []


def test_tickets_are_listed_by_contact(client, account):
    contact = make_contact(account)
    ticket = make_ticket(account, contact)
    make_ticket(account)
    answer = client.get("/api/v1/tickets/", {"contact": contact.pk})
    assert [card["id"] for card in answer.json()["results"]] == [ticket.pk]
