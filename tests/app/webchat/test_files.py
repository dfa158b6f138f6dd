"""Files of visitors, and the signed addresses at which they get files."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from channels_app.models import ChatSession, Endpoint, Receipt
from channels_app.signed_files import AGE
from channels_app.webchat.queries import file_entry
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.models import Attachment, Message
from tests.app.webchat.conftest import Clock

pytestmark = pytest.mark.django_db

# the smallest picture there is: one transparent pixel
GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
SESSION, TOKEN, FILE = str(uuid4()), "t" * 36, str(uuid4())


def post(client: Client, *, name: str = "photo.gif", content: bytes = GIF, kind: str = "image/gif", **more: Any) -> Any:
    fields = {"session": SESSION, "token": TOKEN, "uuid": FILE, **more}
    return client.post("/ws/chat/shop-chat/", {**fields, "file": SimpleUploadedFile(name, content, kind)})


def test_a_file_becomes_an_entry_typed_by_its_bytes_and_may_be_fetched(chat: Endpoint, client: Client) -> None:
    answer = post(client, name="photo.exe", kind="application/x-msdownload")
    assert answer.status_code == 200
    assert answer.json()["uuid"] == FILE
    assert answer["Access-Control-Allow-Origin"] == "*"
    with open_account(chat.account_id):
        message, file = Message.objects.get(), Attachment.objects.get()
        assert (message.channel, message.text, file.filename, file.content_type) == (
            "chat", "", "photo.exe", "image/gif",
        )  # fmt: skip
        url = file_entry(file)["url"]
    fetched = client.get(url)
    assert b"".join(fetched) == GIF
    assert fetched["Content-Type"] == "image/gif"
    assert "sandbox" in fetched["Content-Security-Policy"]
    assert fetched["X-Content-Type-Options"] == "nosniff"
    assert fetched["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_the_same_file_sent_again_is_one_entry(chat: Endpoint, client: Client) -> None:
    assert post(client).json() == post(client).json()
    with open_account(chat.account_id):
        assert Message.objects.count() == Attachment.objects.count() == 1


def test_what_a_browser_would_run_is_only_ever_a_download(chat: Endpoint, client: Client) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    assert post(client, name="page.html", content=page, kind="text/html").status_code == 200
    with open_account(chat.account_id):
        entry = file_entry(Attachment.objects.get())
    assert entry["image"] is False
    fetched = client.get(entry["url"])
    assert fetched["Content-Type"] == "application/octet-stream"
    assert fetched["Content-Disposition"].startswith("attachment")


def test_an_address_leads_to_the_file_for_four_hours(chat: Endpoint, client: Client) -> None:
    with time_machine.travel("2026-11-23T10:00:00Z", tick=False) as clock:
        post(client)
        with open_account(chat.account_id):
            url = file_entry(Attachment.objects.get())["url"]
        clock.shift(AGE)
        assert client.get(url).status_code == 200
        clock.shift(1)
        gone = client.get(url)
    assert gone.status_code == 410
    assert b"expired" in gone.content


def test_a_forged_address_leads_nowhere(chat: Endpoint, client: Client) -> None:
    post(client)
    with open_account(chat.account_id):
        pk = Attachment.objects.get().pk
    for token in (signing.dumps([chat.account_id, pk], salt="other"), signing.dumps([0, pk], salt="chat.file"), "x"):
        assert client.get(f"/chat/files/{token}/").status_code == 410


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"uuid": "x"}, 400, "invalid"),
        ({"session": ""}, 400, "invalid"),
        ({"token": "short"}, 400, "invalid"),
        ({"content": b""}, 400, "invalid"),
        ({"content": b"x" * 10_000_001}, 413, "too_large"),
    ],
)
def test_a_refused_file_names_the_cause_and_leaves_nothing(
    chat: Endpoint, client: Client, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = post(client, **fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    with open_account(chat.account_id):
        assert not Receipt.objects.exists()
        assert not ChatSession.objects.exists()


def test_a_file_with_the_wrong_token_is_refused(chat: Endpoint, client: Client) -> None:
    post(client)
    answer = post(client, uuid=str(uuid4()), token="w" * 36)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_token")
    with open_account(chat.account_id):
        assert Receipt.objects.count() == 1


def test_a_flood_of_files_is_told_when_to_go_on(chat: Endpoint, client: Client, clock: Clock) -> None:
    assert [post(client, uuid=str(uuid4())).status_code for _ in range(10)] == [200] * 10
    refused = post(client, uuid=str(uuid4()))
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    # a file a second goes on after the first ten; the wait is rounded up
    assert refused.json()["error"]["data"] == {"retry_ms": 1001}
    with open_account(chat.account_id):
        assert Receipt.objects.count() == 10
    clock.at_s += 1.001
    assert post(client, uuid=str(uuid4())).status_code == 200


def test_a_page_that_may_not_embed_the_chat_sends_no_files(chat: Endpoint, client: Client) -> None:
    with open_account(chat.account_id):
        Endpoint.objects.filter(pk=chat.pk).update(settings={"origins": ["https://shop.example"]})
    fields = {"session": SESSION, "token": TOKEN, "uuid": FILE, "file": SimpleUploadedFile("a.gif", GIF)}
    for origin, status in (("https://evil.example", 403), ("https://shop.example", 200)):
        assert client.post("/ws/chat/shop-chat/", fields, headers={"origin": origin}).status_code == status
        fields["file"].seek(0)  # type: ignore[attr-defined]
    assert client.post("/ws/chat/nobody/", fields).status_code == 404
