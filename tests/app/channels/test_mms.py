"""Files by Twilio: it fetches them by their signed address."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from channels_app.contract import AdapterError, ContactRef, EndpointInfo, OutboundAttachment, OutboundMessage
from channels_app.registry import adapter_for
from tests.app.channels.gateways import Gateway, gateway
from tests.app.factories import AT

PICTURE = OutboundAttachment(filename="a.jpg", content_type="image/jpeg", content=b"JPEG", url="https://cc.example/f/1")
PAPER = OutboundAttachment(
    filename="b.pdf", content_type="application/pdf", content=b"%PDF", url="https://cc.example/f/2"
)


@pytest.fixture
def twilio(settings) -> Iterator[Gateway]:
    with gateway(settings) as running:
        running.go_on.set()
        running.say(201, json.dumps({"sid": "MM1"}))
        yield running


def _send(server: Gateway, provider: str, text: str, *files: OutboundAttachment):
    endpoint = EndpointInfo(
        id=1, account_id=1, account_name="Shop", kind="sms", provider=provider, address="+13125550101", name="SMS",
        language="en", settings={"api_url": server.url, "account_sid": "AC1"}, secrets={"auth_token": "t"},
        webhook_url="https://cc.example/hooks/x/",
    )  # fmt: skip
    message = OutboundMessage(
        message_id=77, account_id=1, ticket_id=1, ticket_number="SH-1", channel="sms", subject="", text=text, html="",
        recipient=ContactRef(kind="sms", value="+13125550199"), at=AT, external_id="", attachments=files,
    )  # fmt: skip
    return adapter_for(kind="sms", provider=provider).deliver(endpoint=endpoint, message=message)


def test_files_leave_as_addresses_with_or_without_a_text(twilio: Gateway) -> None:
    # https://www.twilio.com/docs/messaging/api/message-resource: MediaUrl, once for each file
    assert _send(twilio, "twilio", "Here", PICTURE, PAPER).external_id == "MM1"
    assert _send(twilio, "twilio", "", PICTURE).parts is None
    first, second = (parse_qs(asked.body.decode()) for asked in twilio.asked)
    assert (first["Body"], first["MediaUrl"]) == (["Here"], ["https://cc.example/f/1", "https://cc.example/f/2"])
    assert ("Body" in second, second["MediaUrl"]) == (False, ["https://cc.example/f/1"])


@pytest.mark.parametrize(
    ("provider", "files", "said"),
    [
        ("twilio", [OutboundAttachment(filename="a", content_type="image/png", content=b"x")], "has no public one"),
        ("twilio", [PICTURE] * 11, "at most 10 files"),
        ("twilio", [], "an SMS needs a text"),
        ("vonage", [PICTURE], "an SMS carries text only"),
    ],
)
def test_what_cannot_leave_is_refused_for_good(
    twilio: Gateway, provider: str, files: list[OutboundAttachment], said: str
) -> None:
    with pytest.raises(AdapterError, match=said) as raised:
        _send(twilio, provider, "", *files)
    assert raised.value.permanent
    assert twilio.asked == []
