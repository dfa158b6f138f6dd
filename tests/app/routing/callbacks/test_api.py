"""Callbacks over HTTP: who may ask, list, call and cancel, and what they are told."""

import pytest
from django.test import Client

from contactcenter.routing.actions import accept_offer, match_waiting
from contactcenter.routing.models import CallbackRequest, Offer
from contactcenter.tenancy.key_actions import create_key
from contactcenter.tenancy.models import Role
from tests.app.factories import AT, make_account, make_operator, make_ticket, make_user
from tests.app.routing.callbacks.scenes import NUMBER
from tests.app.routing.scenes import after, at_work, waiting

pytestmark = pytest.mark.django_db


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def post(client, path, **body):
    return client.post(f"/api/v1/{path}", body, content_type="application/json")


def test_an_operator_asks_for_a_callback_and_asking_again_returns_the_same(account):
    ticket = waiting(account)
    client = client_of(make_operator(account).user)
    first = post(client, "callbacks/", ticket_id=ticket.pk, number="+44 20 7183 8750")
    again = post(client, "callbacks/", ticket_id=ticket.pk, number="+44 20 7183 8750")
    assert (first.status_code, again.status_code) == (201, 200)
    body = first.json()
    assert (body["number"], body["state"], body["asked_through"]) == (NUMBER, "waiting", "console")
    assert (body["enqueued_at"], body["attempts_made"], body["attempts_allowed"]) == (
        "2026-06-15T09:00:00Z",
        0,
        3,
    )
    assert again.json()["id"] == body["id"]
    listed = client.get(f"/api/v1/tickets/{ticket.pk}/callbacks/").json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]


def test_a_bad_number_is_refused_by_its_field(account):
    ticket = waiting(account)
    answer = post(client_of(make_operator(account).user), "callbacks/", ticket_id=ticket.pk, number="tomorrow")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "number")
    assert not CallbackRequest.objects.exists()


def test_software_asks_with_a_key_of_its_account_only(account):
    ticket, foreign = waiting(account), waiting(make_account())
    _, token = create_key(
        account_id=account.pk, actor_id=make_user(Role.ADMIN).pk, name="IVR", scopes=["tickets:write"], at=AT
    )
    client = Client(headers={"Authorization": f"Bearer {token}"})
    answer = post(client, "callbacks/", ticket_id=ticket.pk, number=NUMBER)
    assert (answer.status_code, answer.json()["asked_through"]) == (201, "api")
    assert post(client, "callbacks/", ticket_id=foreign.pk, number=NUMBER).status_code == 404
    assert CallbackRequest.objects.count() == 1


def test_the_list_is_in_the_order_of_their_place_and_of_ones_own_accounts(account):
    other = make_account()
    tickets = [waiting(account, at=after(20)), waiting(account, at=after(10)), waiting(other)]
    admin = client_of(make_user(Role.ADMIN))
    for number, ticket in enumerate(tickets):
        assert post(admin, "callbacks/", ticket_id=ticket.pk, number=f"{NUMBER[:-1]}{number}").status_code == 201
    assert [row["ticket_id"] for row in admin.get("/api/v1/callbacks/").json()["results"]] == [
        tickets[2].pk, tickets[1].pk, tickets[0].pk,
    ]  # fmt: skip
    mine = client_of(make_operator(account).user).get("/api/v1/callbacks/").json()
    assert [row["ticket_id"] for row in mine["results"]] == [tickets[1].pk, tickets[0].pk]
    assert mine["next"] is None
    assert admin.get("/api/v1/callbacks/", {"state": "some"}).status_code == 400


def test_pages_follow_one_another_without_a_gap(account, monkeypatch):
    monkeypatch.setattr("contactcenter.routing.callback_queries.PAGE", 2)
    for number in range(5):
        ticket = make_ticket(account, channel="voice")
        CallbackRequest.objects.create(
            account=account, ticket=ticket, contact=ticket.contact, number=NUMBER, enqueued_at=after(number // 2),
            requested_at=AT, changed_at=AT,
        )  # fmt: skip
    client = client_of(make_user(Role.ADMIN))
    for state in ("open", "all"):
        seen, cursor = [], ""
        while cursor is not None:
            page = client.get("/api/v1/callbacks/", {"state": state, "cursor": cursor}).json()
            seen += [row["id"] for row in page["results"]]
            cursor = page["next"]
        expected = list(
            CallbackRequest.objects.order_by("id" if state == "open" else "-id").values_list("pk", flat=True)
        )
        assert seen == expected


def test_the_operator_calls_and_says_what_came_of_it(account):
    ticket = waiting(account)
    operator = at_work(account)
    client = client_of(operator.user)
    callback_id = post(client, "callbacks/", ticket_id=ticket.pk, number=NUMBER).json()["id"]
    match_waiting(at=after(60))
    offer = Offer.objects.get(ticket=ticket, state="pending")
    accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(61))
    unsaid = post(client, f"tickets/{ticket.pk}/finish/")
    assert (unsaid.status_code, unsaid.json()["error"]["code"]) == (409, "callback_result_missing")
    assert post(client, f"callbacks/{callback_id}/dial/").status_code == 200
    assert post(client, f"callbacks/{callback_id}/result/", result="gone").status_code == 400
    said = post(client, f"callbacks/{callback_id}/result/", result="no_answer", note="Voicemail").json()
    assert (said["state"], said["attempts_made"], said["attempts"][0]["note"]) == ("waiting", 1, "Voicemail")
    assert said["attempts"][0]["operator"]["id"] == operator.pk
    cancelled = post(client, f"callbacks/{callback_id}/cancel/", reason="Wrote a mail").json()
    assert (cancelled["state"], cancelled["reason"]) == ("canceled", "Wrote a mail")
