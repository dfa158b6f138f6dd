"""Files that operators give to their replies."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Attachment, Message, Upload
from tests.app.factories import make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def desk(settings, tmp_path):
    """An operator with a ticket of the account, logged in."""
    settings.ATTACHMENTS_DIR = tmp_path
    account = make_account("Shop")
    operator = make_operator(account)
    with open_account(account.pk):
        ticket = make_ticket(account)
    client = Client()
    client.force_login(operator.user)
    return account, ticket, client


def _upload(client: Client, ticket, content: bytes = PNG, name: str = "photo.png"):
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(f"/api/v1/tickets/{ticket.pk}/uploads/", {"file": file}, format="multipart")


def _reply(client: Client, ticket, attachments: list[int]):
    body = {"client_uuid": str(uuid4()), "channel": "email", "text": "Here it is.", "attachments": attachments}
    return client.post(f"/api/v1/tickets/{ticket.pk}/replies/", body, content_type="application/json")


def test_uploaded_file_leaves_with_the_reply_and_is_what_its_bytes_say(desk) -> None:
    account, ticket, client = desk
    uploaded = _upload(client, ticket)
    assert uploaded.status_code == 201
    assert uploaded.json() | {"id": 0} == {"id": 0, "filename": "photo.png", "content_type": "image/png", "size": 48}
    answer = _reply(client, ticket, [uploaded.json()["id"]])
    assert answer.status_code == 201
    assert [item["filename"] for item in answer.json()["attachments"]] == ["photo.png"]
    with open_account(account.pk):
        assert Upload.objects.count() == 0
        assert Attachment.objects.get().message.text == "Here it is."


def test_file_too_large_or_empty_is_refused(desk, settings) -> None:
    account, ticket, client = desk
    settings.MAX_ATTACHMENT_BYTES = 1_000
    assert _upload(client, ticket, b"x" * 1_001).json()["error"]["code"] == "file_too_large"
    assert _upload(client, ticket, b"").json()["error"]["message"] == "The file is empty."
    with open_account(account.pk):
        assert Upload.objects.count() == 0


def test_file_of_somebody_else_or_of_another_ticket_is_refused_and_nothing_is_sent(desk) -> None:
    account, ticket, client = desk
    other = Client()
    other.force_login(make_operator(account).user)
    theirs = _upload(other, ticket).json()["id"]
    with open_account(account.pk):
        second = make_ticket(account)
    elsewhere = _upload(client, second).json()["id"]
    for upload_id in (theirs, elsewhere, 999_999):
        answer = _reply(client, ticket, [upload_id])
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "attachments")
    assert client.delete(f"/api/v1/uploads/{theirs}/").status_code == 404
    assert client.delete(f"/api/v1/uploads/{elsewhere}/").status_code == 204
    with open_account(account.pk):
        assert Message.objects.filter(direction="out").count() == 0
        assert list(Upload.objects.values_list("pk", flat=True)) == [theirs]


def test_file_may_leave_without_a_word_and_its_name_is_the_preview(desk) -> None:
    account, ticket, client = desk
    upload_id = _upload(client, ticket).json()["id"]
    body = {"client_uuid": str(uuid4()), "channel": "email", "attachments": [upload_id]}
    for _ in range(2):
        answer = client.post(f"/api/v1/tickets/{ticket.pk}/replies/", body, content_type="application/json")
        assert answer.status_code == 201
    assert (answer.json()["text"], [item["filename"] for item in answer.json()["attachments"]]) == ("", ["photo.png"])
    with open_account(account.pk):
        ticket.refresh_from_db()
        assert (ticket.preview, Message.objects.count()) == ("photo.png", 1)
    empty = {"client_uuid": str(uuid4()), "channel": "email", "text": " "}
    refused = client.post(f"/api/v1/tickets/{ticket.pk}/replies/", empty, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Write something first.")
