"""What leaves for Telegram, Viber and VK, and how their refusals are understood; servers of the tests' own on loopback.

Expected requests are those of the providers' documentation.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from channels_app.contract import AdapterError, ContactRef, EndpointInfo, OutboundAttachment, OutboundMessage
from channels_app.registry import adapter_for
from tests.app.channels.gateways import Asked, Gateway, gateway
from tests.app.factories import AT

PICTURE = OutboundAttachment(filename="a.jpg", content_type="image/jpeg", content=b"JPEG", url="https://cc.example/f/1")
PAPER = OutboundAttachment(
    filename="b.pdf", content_type="application/pdf", content=b"%PDF", url="https://cc.example/f/2"
)
SECRETS = {"bot_token": "12:ab", "webhook_secret": "whisper", "access_token": "vk-token", "secret_key": "key"}


@pytest.fixture
def server(settings) -> Iterator[Gateway]:
    with gateway(settings) as running:
        yield running


def endpoint(server: Gateway, provider: str, **settings: str) -> EndpointInfo:
    return EndpointInfo(
        id=1,
        account_id=1,
        account_name="Northwind Outfitters",
        kind="social",
        provider=provider,
        address="2020",
        name=provider,
        language="en",
        settings={"api_url": server.url, **settings},
        secrets=SECRETS,
        webhook_url="https://cc.example/hooks/x/",
    )


def send(server: Gateway, provider: str, *, text: str = "Hello", files: tuple[OutboundAttachment, ...] = ()):
    message = OutboundMessage(
        message_id=77,
        account_id=1,
        ticket_id=1,
        ticket_number="SH-1",
        channel="social",
        recipient=ContactRef(kind="social", value=f"{provider}:4711"),
        subject="",
        text=text,
        html="",
        at=AT,
        external_id="",
        client_uuid="7d3e1c6e-0000-4000-8000-000000000001",
        attachments=files,
    )
    return adapter_for(kind="social", provider=provider).deliver(endpoint=endpoint(server, provider), message=message)


def form_of(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(asked.body.decode())


def answers(server: Gateway, *bodies: object) -> None:
    server.answers = [(200, {"Content-Type": "application/json"}, json.dumps(body).encode()) for body in bodies]


def test_telegram_text_is_sent_as_it_is_and_named_by_chat_and_number(server: Gateway) -> None:
    answers(server, {"ok": True, "result": {"message_id": 133}})
    assert send(server, "telegram", text="*Simple* _Message_").external_id == "4711:133"
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/bot12:ab/sendMessage")
    assert json.loads(asked.body) == {"chat_id": "4711", "text": "*Simple* _Message_"}


def test_telegram_picture_carries_its_text_as_caption(server: Gateway) -> None:
    answers(server, {"ok": True, "result": {"message_id": 133}})
    send(server, "telegram", text="My pic!", files=(PICTURE,))
    (asked,) = server.asked
    assert asked.path == "/bot12:ab/sendPhoto"
    for part in (b'name="caption"\r\n\r\nMy pic!', b'name="photo"; filename="a.jpg"', b"\r\n\r\nJPEG\r\n"):
        assert part in asked.body


def test_telegram_several_files_are_one_album_so_that_a_retry_doubles_nothing(server: Gateway) -> None:
    answers(server, {"ok": True, "result": [{"message_id": 5}, {"message_id": 6}]})
    assert send(server, "telegram", files=(PICTURE, PAPER)).external_id == "4711:5"
    (asked,) = server.asked
    assert asked.path == "/bot12:ab/sendMediaGroup"
    # pictures go with documents as documents only
    media = [
        {"type": "document", "media": "attach://file0", "caption": "Hello"},
        {"type": "document", "media": "attach://file1"},
    ]
    assert json.dumps(media, ensure_ascii=False).encode() in asked.body


@pytest.mark.parametrize(
    ("status", "body", "permanent", "wait", "words"),
    [
        (403, {"error_code": 403, "description": "Forbidden: bot was blocked by the user"}, True, None, "blocked"),
        (429, {"error_code": 429, "description": "Slow down", "parameters": {"retry_after": 30}}, False, 30, "Slow"),
        (502, {"error_code": 502, "description": "Bad Gateway"}, False, None, "Bad Gateway"),
        (200, {"ok": True, "result": {"message_id": 0}}, True, None, "named none"),
    ],
)  # fmt: skip
def test_telegram_refusal_says_whether_to_try_again(server, status, body, permanent, wait, words) -> None:
    server.say(status, json.dumps({"ok": False} | body))
    with pytest.raises(AdapterError, match=words) as caught:
        send(server, "telegram")
    assert caught.value.permanent is permanent
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))
    assert "12:ab" not in str(caught.value)


def test_garbage_for_an_answer_is_tried_again(server: Gateway) -> None:
    server.say(200, "<html>Gateway</html>")
    for provider in ("telegram", "viber", "vk"):
        with pytest.raises(AdapterError, match="no JSON") as caught:
            send(server, provider)
        assert caught.value.permanent is False


@pytest.mark.parametrize(
    ("provider", "text", "files", "words"),
    [
        ("telegram", "x" * 4097, (), "at most 4096 characters, this has 4097"),
        ("telegram", "😀" * 2049, (), "this has 4098"),
        ("telegram", "x" * 1025, (PICTURE,), "at most 1024 characters with files"),
        ("telegram", "", (PAPER,) * 11, "at most 10 at once"),
        ("viber", "x" * 7001, (), "at most 7000"),
        ("viber", "Hello", (PAPER,), "only below a picture"),
        ("viber", "", (PICTURE, PICTURE), "takes one a message"),
        ("vk", "x" * 4097, (), "at most 4096"),
        ("vk", "", (PAPER,) * 11, "at most 10 at once"),
    ],
)
def test_what_a_network_does_not_take_is_refused_before_anything_is_sent(server, provider, text, files, words) -> None:
    with pytest.raises(AdapterError, match=words) as caught:
        send(server, provider, text=text, files=files)
    assert caught.value.permanent is True
    assert server.asked == []


def test_telegram_file_is_fetched_by_its_id(server: Gateway) -> None:
    server.answers = [
        (200, {}, json.dumps({"ok": True, "result": {"file_path": "photos/file 1.jpg"}}).encode()),
        (200, {}, b"JPEG"),
    ]
    adapter = adapter_for(kind="social", provider="telegram")
    assert adapter.fetch_file(endpoint=endpoint(server, "telegram"), reference="AgAD", limit=10) == b"JPEG"
    assert [asked.path for asked in server.asked] == ["/bot12:ab/getFile", "/file/bot12:ab/photos/file%201.jpg"]


def test_telegram_check_lets_the_bot_call_this_endpoint(server: Gateway) -> None:
    answers(
        server,
        {"ok": True, "result": {"username": "northwind_bot"}},
        {"ok": True, "result": {"url": ""}},
        {"ok": True, "result": {}},
    )
    said = adapter_for(kind="social", provider="telegram").check(endpoint=endpoint(server, "telegram"))
    assert said == "@northwind_bot answers, and calls this endpoint from now on."
    assert json.loads(server.asked[-1].body) == {
        "url": "https://cc.example/hooks/x/",
        "secret_token": "whisper",
        "allowed_updates": ["message", "edited_message", "callback_query"],
    }


def test_viber_text_is_signed_with_the_name_of_the_client(server: Gateway) -> None:
    answers(server, {"status": 0, "status_message": "ok", "message_token": 4987381194038857789})
    assert send(server, "viber", text="☺").external_id == "4987381194038857789"
    (asked,) = server.asked
    assert (asked.path, asked.headers["x-viber-auth-token"]) == ("/send_message", "12:ab")
    assert json.loads(asked.body) == {
        "receiver": "4711",
        "min_api_version": 1,
        "sender": {"name": "Northwind Outfitters"},
        "tracking_data": "7d3e1c6e-0000-4000-8000-000000000001",
        "type": "text",
        "text": "☺",
    }


def test_viber_fetches_files_from_their_signed_address(server: Gateway) -> None:
    answers(server, {"status": 0, "message_token": 1}, {"status": 0, "message_token": 2})
    send(server, "viber", text="Look", files=(PICTURE,))
    send(server, "viber", text="", files=(PAPER,))
    first, second = (json.loads(asked.body) for asked in server.asked)
    assert (first["type"], first["text"], first["media"]) == ("picture", "Look", "https://cc.example/f/1")
    assert (second["type"], second["media"], second["size"], second["file_name"]) == (
        "file",
        "https://cc.example/f/2",
        4,
        "b.pdf",
    )


@pytest.mark.parametrize(("status", "permanent"), [(6, True), (2, True), (12, False), (99, False)])
def test_viber_codes_say_whether_to_try_again(server, status, permanent) -> None:
    answers(server, {"status": status, "status_message": "the reason"})
    with pytest.raises(AdapterError, match=f"Viber answered {status}: the reason") as caught:
        send(server, "viber")
    assert caught.value.permanent is permanent


def test_vk_text_bears_our_number_so_that_a_repeated_attempt_is_the_same(server: Gateway) -> None:
    answers(server, {"response": 12})
    assert send(server, "vk").external_id == "12"
    (asked,) = server.asked
    assert asked.path == "/messages.send"
    assert form_of(asked) == {
        "access_token": ["vk-token"],
        "v": ["5.199"],
        "peer_id": ["4711"],
        "message": ["Hello"],
        "random_id": ["77"],
    }


def test_vk_files_are_uploaded_and_then_named(server: Gateway) -> None:
    answers(
        server,
        {"response": {"upload_url": f"{server.url}/upload"}},
        {"server": 109876, "photo": "...", "hash": "zxc987qwe"},
        {"response": [{"id": 1, "owner_id": 1901234}]},
        {"response": {"upload_url": f"{server.url}/upload"}},
        {"file": "f-1"},
        {"response": {"type": "doc", "doc": {"id": 9, "owner_id": -5}}},
        {"response": 1},
    )
    send(server, "vk", files=(PICTURE, PAPER))
    assert [asked.path for asked in server.asked] == [
        "/photos.getMessagesUploadServer",
        "/upload",
        "/photos.saveMessagesPhoto",
        "/docs.getMessagesUploadServer",
        "/upload",
        "/docs.save",
        "/messages.send",
    ]
    assert b'name="photo"; filename="a.jpg"' in server.asked[1].body
    saved = form_of(server.asked[2])
    assert (saved["server"], saved["photo"], saved["hash"]) == (["109876"], ["..."], ["zxc987qwe"])
    assert form_of(server.asked[6])["attachment"] == ["photo1901234_1,doc-5_9"]


@pytest.mark.parametrize(("code", "permanent"), [(901, True), (5, True), (6, False), (10, False)])
def test_vk_codes_say_whether_to_try_again(server, code, permanent) -> None:
    answers(server, {"error": {"error_code": code, "error_msg": "the reason"}})
    with pytest.raises(AdapterError, match=f"VK answered {code}: the reason") as caught:
        send(server, "vk")
    assert caught.value.permanent is permanent


def test_vk_that_names_no_message_is_not_asked_twice(server: Gateway) -> None:
    answers(server, {"missing": 1})
    with pytest.raises(AdapterError, match="named none") as caught:
        send(server, "vk")
    assert caught.value.permanent is True


def test_vk_tells_the_name_of_a_person(server: Gateway) -> None:
    answers(server, {"response": [{"id": 4711, "first_name": "Ольга", "last_name": "Петрова"}]})
    adapter = adapter_for(kind="social", provider="vk")
    assert adapter.contact_name(endpoint=endpoint(server, "vk"), value="vk:4711") == "Ольга Петрова"


def test_a_secret_that_is_not_set_is_named(server: Gateway) -> None:
    for provider, name in (("telegram", "bot_token"), ("viber", "bot_token"), ("vk", "access_token")):
        bare = EndpointInfo(
            id=1, account_id=1, account_name="", kind="social", provider=provider, address="2020", name="",
            language="", settings={"api_url": server.url},
        )  # fmt: skip
        with pytest.raises(AdapterError, match=f"{name}: not set") as caught:
            adapter_for(kind="social", provider=provider).check(endpoint=bare)
        assert caught.value.permanent is True
    assert server.asked == []
