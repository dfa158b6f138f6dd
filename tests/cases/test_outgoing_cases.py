"""What we send is, in substance, what providers' interfaces take, by another project's recorded requests.

Addresses of callbacks are each project's own; files go out as links there and not at all here.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels_app.contract import AdapterError, ContactRef, EndpointInfo, OutboundMessage
from channels_app.sms.providers import PROVIDERS
from tests.app.channels.gateways import Gateway, gateway
from tests.app.factories import AT

CASES = Path(os.environ.get("CASES_DIR") or Path(__file__).resolve().parents[3] / "shared" / "cases") / "webhooks"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES} (set CASES_DIR)")
REFERENCE = "0191e180-7d60-7000-aded-7d8b151cbd5b"
FILES = {"twilio": "twiml_handlers", "vonage": "nexmo_handler", "kannel": "kannel_handler"}
# their callbacks, their link shortener, and a priority that tickets do not have
OWN = {"StatusCallback", "callback", "dlr-url", "client-ref", "ShortenUrls", "priority"}
TEMPORARY = {"@channels.ErrConnectionThrottled", "@channels.ErrConnectionFailed"}


@pytest.fixture
def server(settings) -> Iterator[Gateway]:
    with gateway(settings) as running:
        yield running


def _cases() -> list[Any]:
    if not CASES.is_dir():
        return []
    return [
        pytest.param(provider, case, id=f"{provider}-{case['_table']}-{number}-{case['Label']}")
        for provider, file in FILES.items()
        for number, case in enumerate(json.loads((CASES / f"outgoing_{file}_test.json").read_text())["cases"])
    ]


def _endpoint(provider: str, case: dict[str, Any], server: Gateway) -> EndpointInfo:
    form = case["ExpectedRequests"][0].get("Form") or {}
    settings: dict[str, Any] = {"account_sid": "accountSID", "api_url": f"{server.url}{_prefix(case)}"}
    if "MessagingServiceSid" in form:
        settings["messaging_service_sid"] = form["MessagingServiceSid"][0]
    secrets = {"auth_token": "authToken"}
    if provider == "vonage":
        settings["account_key"], secrets = "nexmo-api-key", {"api_secret": "nexmo-api-secret"}
    if provider == "kannel":
        national = case["_table"].startswith("national")
        settings = {"send_url": f"{server.url}/send", "username": "Username"}
        settings |= {"use_national": True, "dlr_mask": "3"} if national else {}
        settings |= {"parameters": {"auth": "foo"}} if case["_table"].startswith("custom") else {}
        secrets = {"password": "Password"}
    sender = "whatsapp:+12065551212" if case["MsgURN"].startswith("whatsapp") else "2020"
    return EndpointInfo(
        id=1, account_id=1, account_name="Shop", kind="sms", provider=provider, address=sender, name="SMS", language="",
        settings=settings, secrets=secrets, webhook_url="https://desk.example/hooks/t/",
    )  # fmt: skip


def _prefix(case: dict[str, Any]) -> str:
    """The part of their address before the interface's own path."""
    (url,) = case["MockResponses"] or ("",)
    return urlsplit(url).path.partition("/2010-04-01")[0]


def _message(case: dict[str, Any]) -> OutboundMessage:
    number = "+" + case["MsgURN"].partition(":")[2].lstrip("+")
    return OutboundMessage(
        message_id=1, account_id=1, ticket_id=1, ticket_number="SH-1", channel="sms", html="", subject="", at=AT,
        recipient=ContactRef(kind="sms", value=number), text=case["MsgText"], external_id="", client_uuid=REFERENCE,
    )  # fmt: skip


@pytest.mark.parametrize(("provider", "case"), _cases())
def test_request_is_what_the_provider_takes(provider: str, case: dict[str, Any], server: Gateway) -> None:
    if case.get("MsgAttachments"):
        pytest.skip("a text message carries no files here")
    if "US." in case["MsgURN"]:
        pytest.skip("a recipient that is no number")
    if len(case.get("ExpectedRequests") or []) != 1 or "ContentVariables" in str(case) or case.get("MsgTemplating"):
        pytest.skip("templates and texts cut by hand are not sent here")
    (answers,) = case["MockResponses"].values()
    status, _, body = answers[0]["args"]
    server.say(status, body)
    adapter = PROVIDERS[provider].adapter
    endpoint, message = _endpoint(provider, case, server), _message(case)
    error = case.get("ExpectedError")
    if error is None:
        delivered = adapter.deliver(endpoint=endpoint, message=message)
        assert delivered.external_id == (case.get("ExpectedExtIDs") or [""])[0]
        assert delivered.parts == 1
    else:
        with pytest.raises(AdapterError) as raised:
            adapter.deliver(endpoint=endpoint, message=message)
        assert raised.value.permanent is (str(error) not in TEMPORARY)
    (asked,) = server.asked
    wanted = case["ExpectedRequests"][0]
    sent = parse_qs(asked.body.decode()) if "Form" in wanted else parse_qs(urlsplit(asked.path).query)
    expected = wanted.get("Form") or wanted["Params"]
    if provider == "vonage" and not case["MsgText"].isascii():
        expected = {**expected, "type": ["unicode"]}
    assert {name: value for name, value in sent.items() if name not in OWN} == {
        name: value for name, value in expected.items() if name not in OWN
    }
    if "Path" in wanted:
        assert urlsplit(asked.path).path == wanted["Path"]
    for name, value in (wanted.get("Headers") or {}).items():
        assert asked.headers[name.lower()] == value
    assert REFERENCE in str(sent)
