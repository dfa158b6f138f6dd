"""Tickets over HTTP: lists, search, one ticket, its timeline, writing, and who may do what."""

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from channels_app.models import Endpoint
from contactcenter.contacts.consent import record_consent
from contactcenter.contacts.models import Contact, ContactPoint
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets import actions, serializers
from contactcenter.tickets.drafts import save_draft
from contactcenter.tickets.files import store_file
from contactcenter.tickets.models import Attachment, Message, Note, Ticket, TicketLink
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_account():
    with open_every_account(reason="a test looks into the database"):
        yield


@pytest.fixture
def account():
    return make_account(ticket_prefix="MT")


@pytest.fixture
def operator(account):
    return make_operator(account)


@pytest.fixture
def client(operator):
    return signed_in(operator.user)


def signed_in(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def numbers(answer) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [card["number"] for card in answer.json()["results"]]


def fields_of(shape) -> set[str]:
    return set(shape().get_fields())


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


def test_detail_tells_history_points_channels_and_drafts(client, account, operator):
    contact = make_contact(account, "olga@example.org")
    make_ticket(account, contact)
    ticket = make_ticket(account, contact, language="ru")
    save_draft(ticket=ticket, user_id=operator.user_id, channel="email", text="Dear Olga")

    answer = client.get(f"/api/v1/tickets/{ticket.pk}/")

    body = answer.json()
    assert set(body) == fields_of(serializers.TicketDetailSerializer)
    assert body["history_count"] == 1
    assert body["contact_points"] == [{"kind": "email", "value": "olga@example.org", "opted_out": False}]
    assert body["channels_available"] == ["email"]
    assert body["drafts"] == [{"channel": "email", "text": "Dear Olga"}]
    assert body["wrap"] is None


def test_detail_takes_two_queries(client, account, django_assert_num_queries):
    ticket = make_ticket(account)
    client.get(f"/api/v1/tickets/{ticket.pk}/")
    with django_assert_num_queries(2):
        client.get(f"/api/v1/tickets/{ticket.pk}/")


def test_reply_is_sent_once_per_client_uuid(client, account, operator):
    ticket = make_ticket(account)
    body = {"client_uuid": str(uuid4()), "channel": "email", "text": "It is on its way."}

    first = client.post(f"/api/v1/tickets/{ticket.pk}/replies/", body)
    second = client.post(f"/api/v1/tickets/{ticket.pk}/replies/", body)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert set(first.json()) == fields_of(serializers.EntrySerializer)
    assert first.json()["author"] == {"kind": "operator", "name": operator.display_name}
    assert (first.json()["status"], first.json()["client_uuid"]) == ("queued", body["client_uuid"])
    assert Message.objects.count() == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 100_001])
def test_empty_or_endless_reply_is_refused(client, account, text):
    ticket = make_ticket(account)
    answer = client.post(
        f"/api/v1/tickets/{ticket.pk}/replies/", {"client_uuid": str(uuid4()), "channel": "email", "text": text}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "text"
    assert not Message.objects.exists()


def test_timeline_shows_entries_in_order_and_clients_see_no_notes(client, account, operator):
    ticket = make_ticket(account)
    message = actions.receive_message(
        ticket=ticket, channel="email", at=AT, text="Where?\n> quoted", reply_text="Where?", html="<b>Where?</b>"
    )
    Attachment.objects.create(
        account=account, message=message, filename="a.png", content_type="image/png", size=3, sha256="0" * 64
    )
    actions.add_note(
        ticket=ticket, author_id=operator.user_id, text="VIP", at=AT + timedelta(minutes=1), client_uuid=uuid4()
    )
    actions.change_status(ticket_id=ticket.pk, status="open", at=AT, actor_id=operator.user_id)

    team = client.get(f"/api/v1/tickets/{ticket.pk}/timeline/").json()["results"]
    viewer = signed_in(make_user("client_viewer", account))
    seen = viewer.get(f"/api/v1/tickets/{ticket.pk}/timeline/").json()["results"]

    assert [entry["type"] for entry in team] == ["message", "note", "event"]
    assert set(team[0]) == fields_of(serializers.EntrySerializer)
    assert (team[0]["text"], team[0]["html_available"]) == ("Where?", True)
    assert team[0]["attachments"][0]["filename"] == "a.png"
    assert (team[2]["kind"], team[2]["text"]) == ("ticket.status", "open")
    assert [entry["type"] for entry in seen] == ["message"]


def test_timeline_of_messages_alone_asks_for_nothing_else(client, account, django_assert_num_queries):
    ticket = make_ticket(account)
    actions.receive_message(ticket=ticket, channel="email", at=AT, text="Where?")
    # session; cursor of live events; what there is besides messages; the messages
    with django_assert_num_queries(4):
        seen = client.get(f"/api/v1/tickets/{ticket.pk}/timeline/").json()["results"]
    assert [(entry["type"], entry["attachments"]) for entry in seen] == [("message", [])]


def test_client_reads_but_does_not_write(account):
    ticket = make_ticket(account)
    for role in ("client_viewer", "client_admin"):
        viewer = signed_in(make_user(role, account))
        detail = viewer.get(f"/api/v1/tickets/{ticket.pk}/")
        assert detail.status_code == 200
        assert detail.json()["drafts"] == []
        body = {"client_uuid": str(uuid4()), "channel": "email", "text": "x", "status": "solved"}
        for method, address in (("patch", ""), ("post", "replies/"), ("post", "notes/"), ("put", "drafts/email/")):
            answer = getattr(viewer, method)(f"/api/v1/tickets/{ticket.pk}/{address}", body)
            assert answer.status_code == 403, address
        for address in ("console/", "events/?after=1-1"):
            assert viewer.get(f"/api/v1/{address}").status_code == 403
    ticket.refresh_from_db()
    assert ticket.status == "new"
    assert not Message.objects.exists()


def test_nobody_signed_in_gets_401():
    assert APIClient().get("/api/v1/tickets/").status_code == 401


def test_opening_a_ticket_takes_fourteen_statements(client, account, operator, django_assert_num_queries):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Order",
        "contact": {"kind": "email", "value": "new@example.org", "name": "New"},
        "text": "Where is it?",
    }
    client.post("/api/v1/tickets/", body | {"contact": {"kind": "email", "value": "earlier@example.org"}})
    # session; savepoint; account; point looked for; contact, point, number, ticket, event, message, event, audit row;
    # savepoint released; card
    with django_assert_num_queries(14):
        answer = client.post("/api/v1/tickets/", body)
    assert (answer.json()["unread"], answer.json()["preview"]) == (1, "Where is it?")


def test_ticket_opened_by_hand_has_contact_message_and_audit_row(client, account, operator):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Refund",
        "contact": {"kind": "email", "value": " Olga@Example.org ", "name": "Olga"},
        "text": "Please refund 55-1702",
        "client_uuid": str(uuid4()),
    }
    answer = client.post("/api/v1/tickets/", body)
    again = client.post("/api/v1/tickets/", body)

    assert answer.status_code == 201
    assert answer.json()["number"] == "MT-1001"
    assert answer.json()["contact"]["point"] == "olga@example.org"
    assert answer.json()["preview"] == "Please refund 55-1702"
    assert again.json()["id"] == answer.json()["id"]
    assert Ticket.objects.count() == 1
    assert Message.objects.get().text == "Please refund 55-1702"
    assert AuditEntry.objects.get(action="ticket.open").actor_id == operator.user_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account_id": 999_999}, "account_id"),
        ({"channel": "pigeon"}, "channel"),
        ({"subject": ""}, "subject"),
        ({"contact": {"kind": "phone", "value": "none", "name": ""}}, "contact.value"),
        ({"contact": {"kind": "email"}}, "contact.value"),
    ],
)
def test_bad_new_ticket_names_its_field_and_makes_nothing(client, account, change, field):
    body = {
        "account_id": account.pk,
        "channel": "email",
        "subject": "Refund",
        "contact": {"kind": "email", "value": "olga@example.org", "name": "Olga"},
        **change,
    }
    answer = client.post("/api/v1/tickets/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert not Ticket.objects.exists()
    assert not Contact.objects.exists()


def test_ticket_cannot_be_opened_for_an_account_one_does_not_serve(client):
    other = make_account()
    body = {
        "account_id": other.pk,
        "channel": "email",
        "subject": "x",
        "contact": {"kind": "email", "value": "a@example.org", "name": ""},
    }
    assert client.post("/api/v1/tickets/", body).json()["error"]["field"] == "account_id"
    assert not Ticket.objects.exists()


def test_change_of_status_subject_and_language(client, account):
    ticket = make_ticket(account)
    answer = client.patch(f"/api/v1/tickets/{ticket.pk}/", {"status": "open", "subject": "Delivery", "language": "es"})
    assert answer.status_code == 200
    assert [answer.json()[name] for name in ("status", "subject", "language")] == ["open", "Delivery", "es"]
    refused = client.patch(f"/api/v1/tickets/{ticket.pk}/", {"status": "new", "subject": "lost"})
    assert refused.status_code == 409
    ticket.refresh_from_db()
    assert (ticket.status, ticket.subject) == ("open", "Delivery")


def test_draft_is_kept_and_removed_by_empty_text(client, account):
    ticket = make_ticket(account)
    address = f"/api/v1/tickets/{ticket.pk}/drafts/note/"
    assert client.put(address, {"text": "half a word"}).status_code == 204
    assert client.get(f"/api/v1/tickets/{ticket.pk}/").json()["drafts"] == [{"channel": "note", "text": "half a word"}]
    assert client.put(address, {"text": ""}).status_code == 204
    assert client.get(f"/api/v1/tickets/{ticket.pk}/").json()["drafts"] == []
    assert client.put(f"/api/v1/tickets/{ticket.pk}/drafts/pigeon/", {"text": "x"}).status_code == 400


def test_attachment_is_served_within_the_scope_only_and_never_as_a_page(client, account, settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path
    ticket = make_ticket(account)
    message = actions.receive_message(ticket=ticket, channel="email", at=AT, text="see file")
    digest = store_file(b"<script>alert(1)</script>")
    attachment = Attachment.objects.create(
        account=account, message=message, filename="page.html", content_type="text/html", size=25, sha256=digest
    )

    answer = client.get(f"/api/v1/attachments/{attachment.pk}/")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]

    outsider = signed_in(make_operator(make_account()).user)
    assert outsider.get(f"/api/v1/attachments/{attachment.pk}/").status_code == 404
    assert outsider.get(f"/api/v1/messages/{message.pk}/html/").status_code == 404


def test_sms_can_be_written_where_the_account_has_a_number_and_the_contact_too(client, account):
    ticket = make_ticket(account, channel="email")
    ContactPoint.objects.create(account=account, contact=ticket.contact, kind="phone", value="+34655110902")
    address = f"/api/v1/tickets/{ticket.pk}/"
    assert "sms" not in client.get(address).json()["channels_available"]

    Endpoint.objects.create(account=account, kind="sms", provider="twilio", address="+34600000000", name="Number")
    assert "sms" in client.get(address).json()["channels_available"]


def test_a_number_that_wants_no_sms_says_so_whether_it_was_called_or_written_to(client, account):
    ticket = make_ticket(account)
    ContactPoint.objects.filter(contact=ticket.contact).delete()
    for kind in ("phone", "sms"):
        ContactPoint.objects.create(account=account, contact=ticket.contact, kind=kind, value="+34655110902")
    number = {"account_id": account.pk, "kind": "sms", "value": "+34655110902", "source": "contact"}
    address = f"/api/v1/tickets/{ticket.pk}/"

    record_consent(**number, opted_out=True, at=AT)
    assert [point["opted_out"] for point in client.get(address).json()["contact_points"]] == [True, True]

    record_consent(**number, opted_out=False, at=AT + timedelta(minutes=1))
    assert [point["opted_out"] for point in client.get(address).json()["contact_points"]] == [False, False]


def test_a_cut_reply_says_so(client, account):
    ticket = make_ticket(account)
    shown = {
        "ticket": ticket,
        "account": account,
        "direction": "in",
        "channel": "email",
        "at": AT,
        "status": "received",
    }
    Message.objects.create(**shown, text="Yes\n> no?", reply_text="Yes")
    Message.objects.create(**shown, text="All of it", reply_text="All of it")
    entries = client.get(f"/api/v1/tickets/{ticket.pk}/timeline/").json()["results"]
    assert [(entry["text"], entry["is_cut"]) for entry in entries] == [("Yes", True), ("All of it", False)]


def test_a_ticket_tells_how_many_twins_it_has_elsewhere(client, account):
    ticket, other = make_ticket(account), make_ticket(make_account(ticket_prefix="AZ"))
    address = f"/api/v1/tickets/{ticket.pk}/"
    TicketLink.objects.create(key="a" * 64, ticket=ticket)
    assert client.get(address).json()["linked_tickets"] == 0
    TicketLink.objects.create(key="a" * 64, ticket=other)
    assert client.get(address).json()["linked_tickets"] == 1
