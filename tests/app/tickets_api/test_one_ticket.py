"""One ticket over HTTP: detail, timeline, replies, drafts, files, and who may do what."""

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from channels_app.models import Endpoint
from contactcenter.contacts.consent import record_consent
from contactcenter.contacts.models import ContactPoint
from contactcenter.tickets import actions, serializers
from contactcenter.tickets.drafts import save_draft
from contactcenter.tickets.files import store_file
from contactcenter.tickets.models import Attachment, Message, TicketLink
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket, make_user, signed_in
from tests.app.tickets_api.shapes import fields_of

pytestmark = pytest.mark.django_db


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
