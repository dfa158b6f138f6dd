"""What leaves for WhatsApp, Messenger and Instagram: windows, templates, files, refusals; a server on loopback.

Expected requests are those of Meta's documentation.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from channels_app.contract import AdapterError, ApprovedTemplate, ContactRef, EndpointInfo, OutboundMessage
from channels_app.contract import OutboundAttachment as File
from channels_app.registry import adapter_for
from tests.app.channels.gateways import Gateway, gateway
from tests.app.factories import AT

PICTURE = File(filename="a.jpg", content_type="image/jpeg", content=b"JPEG", url="https://cc.example/f/1")
PAPER = File(filename="b.pdf", content_type="application/pdf", content=b"%PDF", url="https://cc.example/f/2")
VOICE = File(filename="c.ogg", content_type="audio/ogg", content=b"OggS")
HOUR = timedelta(hours=1)


@pytest.fixture
def server(settings) -> Iterator[Gateway]:
    with gateway(settings) as running:
        yield running


def endpoint(server: Gateway, provider: str, **settings: object) -> EndpointInfo:
    return EndpointInfo(
        id=1, account_id=1, account_name="Northwind", kind="social", provider=provider, address="12345_ID",
        name=provider, language="en", settings={"api_url": server.url, **settings},
        secrets={"access_token": "a123", "app_secret": "s", "verify_token": "v"},
    )  # fmt: skip


def send(
    server: Gateway,
    provider: str,
    *,
    text: str = "Simple Message",
    files: tuple[File, ...] = (),
    person: str = "250788123123",
    wrote: datetime | None = AT - HOUR,
    template: dict | None = None,
    **settings: object,
):
    message = OutboundMessage(
        message_id=77, account_id=1, ticket_id=1, ticket_number="SH-1", channel="social",
        recipient=ContactRef(kind="social", value=f"{provider}:{person}"), subject="", text=text, html="",
        at=AT - timedelta(days=30), external_id="", attachments=files, sent_at=AT, last_inbound_at=wrote,
        template=template,
    )  # fmt: skip
    adapter = adapter_for(kind="social", provider=provider)
    return adapter.deliver(endpoint=endpoint(server, provider, **settings), message=message)


def answers(server: Gateway, *bodies: object) -> None:
    server.answers = [(200, {"Content-Type": "application/json"}, json.dumps(body).encode()) for body in bodies]


TAKEN = {"messages": [{"id": "wamid.1"}]}


@pytest.mark.parametrize(("text", "preview"), [("Simple Message", False), ("See https://link.com", True)])
def test_whatsapp_text(server: Gateway, text: str, preview: bool) -> None:
    answers(server, TAKEN)
    assert send(server, "whatsapp", text=text).external_id == "wamid.1"
    (asked,) = server.asked
    assert (asked.path, asked.headers["authorization"]) == ("/12345_ID/messages", "Bearer a123")
    assert json.loads(asked.body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "250788123123",
        "type": "text",
        "text": {"body": text, "preview_url": preview},
    }


def test_whatsapp_person_who_hides_the_number_is_written_to_by_the_id(server: Gateway) -> None:
    answers(server, TAKEN)
    send(server, "whatsapp", person="US.1234")
    sent = json.loads(server.asked[0].body)
    assert (sent["recipient"], "to" in sent) == ("US.1234", False)


def test_whatsapp_file_is_uploaded_and_sent_by_its_id(server: Gateway) -> None:
    answers(server, {"id": "media-1"}, TAKEN, {"id": "media-2"}, TAKEN)
    send(server, "whatsapp", text="document caption", files=(PAPER,))
    send(server, "whatsapp", text="", files=(PICTURE,))
    assert [asked.path for asked in server.asked] == ["/12345_ID/media", "/12345_ID/messages"] * 2
    for part in (b'name="messaging_product"\r\n\r\nwhatsapp', b'name="file"; filename="b.pdf"', b"application/pdf"):
        assert part in server.asked[0].body
    assert json.loads(server.asked[1].body)["document"] == {
        "id": "media-1",
        "caption": "document caption",
        "filename": "b.pdf",
    }
    assert json.loads(server.asked[3].body)["image"] == {"id": "media-2"}


def test_whatsapp_template_goes_out_when_the_window_is_closed(server: Gateway) -> None:
    answers(server, TAKEN)
    chosen = {"name": "revive_issue", "language": "en_US", "parameters": ["Chef", "tomorrow"]}
    send(server, "whatsapp", wrote=None, template=chosen)
    sent = json.loads(server.asked[0].body)
    assert sent["type"] == "template"
    assert sent["template"] == {
        "name": "revive_issue",
        "language": {"code": "en_US"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Chef"}, {"type": "text", "text": "tomorrow"}]}
        ],
    }


@pytest.mark.parametrize(
    ("provider", "wrote", "chosen", "words"),
    [
        # AT is 2026-06-05 12:00 UTC: the window is half-open, at its end it is closed
        ("whatsapp", AT - 24 * HOUR, {}, f"24-hour window of WhatsApp closed at {AT:%Y-%m-%d %H:%M} UTC: only an"),
        ("whatsapp", None, {}, "has not written by WhatsApp yet: only an approved template"),
        ("messenger", AT - 25 * HOUR, {}, "The 24-hour window of Messenger closed at"),
        ("instagram", AT - 169 * HOUR, {"human_agent": True}, "The 7-day window of Instagram closed at"),
        ("instagram", None, {"human_agent": True}, "has not written by Instagram yet"),
    ],
)  # fmt: skip
def test_closed_window_is_refused_with_its_hour_and_nothing_leaves(server, provider, wrote, chosen, words) -> None:
    with pytest.raises(AdapterError, match=words) as caught:
        send(server, provider, wrote=wrote, **chosen)
    assert caught.value.permanent is True
    assert server.asked == []


@pytest.mark.parametrize(
    ("wrote", "frame"),
    [
        (AT - 24 * HOUR + timedelta(seconds=1), {"messaging_type": "RESPONSE"}),
        (AT - 24 * HOUR, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
    ],
)
def test_human_agent_tag_is_used_only_after_the_first_day(server, wrote, frame) -> None:
    answers(server, {"recipient_id": "4711", "message_id": "m_1"})
    sent = send(server, "messenger", person="4711", wrote=wrote, human_agent=True)
    assert sent.external_id == "m_1"
    assert json.loads(server.asked[0].body) == {
        **frame,
        "recipient": {"id": "4711"},
        "message": {"text": "Simple Message"},
    }


def test_messenger_takes_the_bytes_and_instagram_fetches_them(server: Gateway) -> None:
    answers(server, {"message_id": "m_1"}, {"message_id": "m_2"})
    send(server, "messenger", text="", files=(PAPER,))
    send(server, "instagram", text="", files=(PICTURE,))
    assert b'name="filedata"; filename="b.pdf"' in server.asked[0].body
    assert b'{"attachment": {"type": "file", "payload": {"is_reusable": false}}}' in server.asked[0].body
    assert json.loads(server.asked[1].body)["message"] == {
        "attachment": {"type": "image", "payload": {"url": "https://cc.example/f/1"}}
    }


@pytest.mark.parametrize(
    ("provider", "text", "files", "words"),
    [
        ("whatsapp", "x" * 4097, (), "at most 4096"),
        ("whatsapp", "x" * 1025, (PICTURE,), "at most 1024 characters with a file"),
        ("whatsapp", "", (PICTURE, PAPER), "takes one a message"),
        ("whatsapp", "Listen", (VOICE,), "none with a recording"),
        ("messenger", "ё" * 1001, (), "at most 2000 bytes"),
        ("instagram", "x" * 1001, (), "at most 1000 bytes"),
        ("instagram", "Look", (PICTURE,), "not both"),
        ("instagram", "", (VOICE,), "no public address"),
    ],
)
def test_what_a_network_does_not_take_is_refused_before_anything_is_sent(server, provider, text, files, words) -> None:
    with pytest.raises(AdapterError, match=words) as caught:
        send(server, provider, text=text, files=files)
    assert caught.value.permanent is True
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "error", "permanent", "words"),
    [
        (400, {"code": 131053, "message": "Media upload error"}, False, "131053: Media upload error"),
        (400, {"code": 368, "message": "(#368) Temporarily blocked"}, True, "368"),
        (401, {"code": 190, "message": "Session has expired"}, True, "access token is no longer valid"),
        (400, {"code": 131047, "message": "Re-engagement"}, True, "only an approved template"),
        (400, {"code": 130429, "message": "Rate limit hit"}, False, "130429"),
        (400, {"code": 100, "message": "Unknown", "is_transient": True}, False, "100"),
    ],
)
def test_refusal_of_meta_says_whether_to_try_again(server, status, error, permanent, words) -> None:
    server.say(status, json.dumps({"error": error}))
    with pytest.raises(AdapterError, match=words) as caught:
        send(server, "whatsapp")
    assert caught.value.permanent is permanent
    assert "a123" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "words"), [(429, "slow", "429"), (500, "", "500"), (200, "<html>", "no JSON")]
)
def test_overload_and_garbage_are_tried_again(server, status, body, words) -> None:
    server.say(status, body, Retry_After="7")
    with pytest.raises(AdapterError, match=words) as caught:
        send(server, "messenger")
    assert caught.value.permanent is False
    assert caught.value.retry_after == (None if status == 200 else timedelta(seconds=7))


def test_answer_without_a_name_is_not_asked_twice(server: Gateway) -> None:
    for provider in ("whatsapp", "messenger"):
        answers(server, {"ok": True})
        with pytest.raises(AdapterError, match="named none") as caught:
            send(server, provider)
        assert caught.value.permanent is True


def test_whatsapp_file_is_fetched_in_two_steps_with_the_token(server: Gateway) -> None:
    server.answers = [(200, {}, json.dumps({"url": f"{server.url}/blob"}).encode()), (200, {}, b"JPEG")]
    adapter = adapter_for(kind="social", provider="whatsapp")
    assert adapter.fetch_file(endpoint=endpoint(server, "whatsapp"), reference="id_image", limit=9) == b"JPEG"
    assert [(asked.path, asked.headers["authorization"]) for asked in server.asked] == [
        ("/id_image", "Bearer a123"),
        ("/blob", "Bearer a123"),
    ]


def test_templates_that_are_not_approved_are_not_listed(server: Gateway) -> None:
    body = [{"type": "HEADER", "text": "Hi"}, {"type": "BODY", "text": "Dear {{1}}"}]
    answers(
        server,
        {
            "data": [
                {"name": "a", "language": "en", "status": "APPROVED", "components": body},
                {"name": "b", "language": "en", "status": "REJECTED", "components": body},
            ]
        },
    )
    adapter = adapter_for(kind="social", provider="whatsapp")
    listed = adapter.templates(endpoint=endpoint(server, "whatsapp", business_account_id="99"))
    assert listed == [ApprovedTemplate(name="a", language="en", body="Dear {{1}}")]
    assert server.asked[0].path.startswith("/99/message_templates?")


def test_check_tells_a_token_of_another_page(server: Gateway) -> None:
    answers(server, {"id": "other", "name": "Other page"})
    with pytest.raises(AdapterError, match="the token is of other, this endpoint of 12345_ID"):
        adapter_for(kind="social", provider="messenger").check(endpoint=endpoint(server, "messenger"))


def test_names_come_from_the_profile(server: Gateway) -> None:
    answers(server, {"first_name": "Kerry", "last_name": "Fisher"}, {"name": "", "username": "kfisher"})
    for provider, name in (("messenger", "Kerry Fisher"), ("instagram", "kfisher")):
        adapter = adapter_for(kind="social", provider=provider)
        assert adapter.contact_name(endpoint=endpoint(server, provider), value=f"{provider}:4711") == name
    assert server.asked[0].path.startswith("/4711?fields=first_name")
