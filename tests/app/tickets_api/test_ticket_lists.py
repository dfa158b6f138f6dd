"""Lists of tickets over HTTP: views, filters, search, pages."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contactcenter.tickets import actions, serializers
from contactcenter.tickets.models import Message, Note
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket
from tests.app.tickets_api.shapes import fields_of, numbers

pytestmark = pytest.mark.django_db


def test_list_shows_newest_activity_first_with_every_field_of_a_card(client, account):
    make_ticket(account, at=AT)
    newest = make_ticket(account, at=AT + timedelta(minutes=1), language="ru")

    answer = client.get("/api/v1/tickets/")

    assert numbers(answer) == ["MT-1002", "MT-1001"]
    card = answer.json()["results"][0]
    assert set(card) == fields_of(serializers.TicketCardSerializer)
    assert (card["id"], card["language"], card["status"], card["unread"]) == (newest.pk, "ru", "new", 0)
    assert card["last_activity_at"] == "2026-06-15T09:01:00Z"
    assert card["contact"]["name"] == "Olga Petrova"
    assert card["contact"]["point"].endswith("@example.org")
    assert (card["assignee"], card["assignment_state"], card["waiting_since"]) == (None, None, None)


def test_a_page_of_fifty_takes_three_queries(client, account, django_assert_num_queries):
    contact = make_contact(account)
    for minute in range(55):
        make_ticket(account, contact, at=AT + timedelta(minutes=minute))
    client.get("/api/v1/tickets/")
    # session with person and memberships; the horizon; the page
    with django_assert_num_queries(3):
        answer = client.get("/api/v1/tickets/")
    assert len(answer.json()["results"]) == 50


def test_pages_by_key_show_every_ticket_once_even_when_new_ones_arrive(client, account):
    contact = make_contact(account)
    # ten share one instant: the id settles their order
    made = [make_ticket(account, contact, at=AT + timedelta(minutes=number // 10)).pk for number in range(120)]
    seen, cursor = [], ""
    while cursor is not None:
        answer = client.get("/api/v1/tickets/", {"cursor": cursor}).json()
        seen += [card["id"] for card in answer["results"]]
        cursor = answer["next"]
        make_ticket(account, contact, at=AT + timedelta(days=1))
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "eyJhIjoxfQ", "WzEsMl0", "!!!"])
def test_cursor_of_another_make_is_refused(client, cursor):
    answer = client.get("/api/v1/tickets/", {"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "cursor"


@pytest.mark.parametrize(
    ("asked", "field"), [({"view": "x"}, "view"), ({"status": "x"}, "status"), ({"account": "x"}, "account")]
)
def test_bad_filter_names_its_field(client, asked, field):
    answer = client.get("/api/v1/tickets/", asked)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


def test_views_tell_mine_team_and_all_apart(client, account, operator):
    colleague = make_operator(account)
    make_ticket(account)
    mine, theirs, done = make_ticket(account), make_ticket(account), make_ticket(account)
    actions.assign(ticket_id=mine.pk, operator_id=operator.pk)
    actions.assign(ticket_id=theirs.pk, operator_id=colleague.pk)
    actions.assign(ticket_id=done.pk, operator_id=operator.pk)
    actions.change_status(ticket_id=done.pk, status="solved", at=AT, actor_id=None)

    assert numbers(client.get("/api/v1/tickets/?view=mine")) == ["MT-1002"]
    assert numbers(client.get("/api/v1/tickets/?view=team")) == ["MT-1003", "MT-1002"]
    assert numbers(client.get("/api/v1/tickets/?view=queue")) == []
    assert len(numbers(client.get("/api/v1/tickets/"))) == 4
    assert numbers(client.get("/api/v1/tickets/?status=solved")) == ["MT-1004"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MT-1001", ["MT-1001"]),
        ("1002", ["MT-1002"]),
        ("ДОСТАВ", ["MT-1001"]),
        ("refund", ["MT-1002"]),
        ("petrova", ["MT-1002", "MT-1001"]),
        ("olga@clinic", ["MT-1001"]),
        ("100%", []),
        ("nobody at all", []),
    ],
)
def test_search_finds_number_subject_words_name_and_address(client, account, text, found):
    make_ticket(account, make_contact(account, "olga@clinic.example"), subject="Заказ не доставлен")
    make_ticket(account, subject="Money", preview="I want a Refund please")
    assert numbers(client.get("/api/v1/tickets/", {"q": text})) == found


def test_tickets_of_another_account_are_neither_listed_nor_found(client):
    other = make_account()
    ticket = make_ticket(other, subject="Secret matter")
    assert numbers(client.get("/api/v1/tickets/")) == []
    assert numbers(client.get("/api/v1/tickets/", {"q": "Secret"})) == []
    assert numbers(client.get("/api/v1/tickets/", {"account": other.pk})) == []
    for method, address in (
        ("get", ""),
        ("get", "timeline/"),
        ("patch", ""),
        ("post", "replies/"),
        ("post", "notes/"),
        ("put", "drafts/email/"),
        ("post", "finish/"),
        ("post", "focus/"),
        ("post", "wrap-up/"),
    ):
        body = {"client_uuid": str(uuid4()), "channel": "email", "text": "x", "active": True, "subject": "x"}
        call = getattr(client, method)
        answer = call(f"/api/v1/tickets/{ticket.pk}/{address}", *([] if method == "get" else [body]), format="json")
        assert answer.status_code == 404, address
    ticket.refresh_from_db()
    assert ticket.subject == "Secret matter"
    assert not Message.objects.exists()
    assert not Note.objects.exists()
