"""Recorded webhooks of social networks, through the real door: what is accepted, what the entry says, and only once.

Where our answer differs from the recording's project by intention:
- A sticker or file of Telegram that cannot be fetched is refused by that project; here the entry stands and the file
  says why it is missing, so nothing is lost.
- A wrong signature or handshake of Meta is answered 403, not 200: while a secret is set wrongly Meta calls again, for
  days, so nothing is lost.
- What Meta signed and we cannot read is answered 200 as there, and kept: a failed receipt that is listed.
- That project keeps the first attachment of VK and the size "x" of a photo; here all of them, in the largest size.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from channels_app.contract import EndpointInfo
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import process_receipt
from channels_app.social.meta_door import MetaDoor
from channels_app.social.viber import ViberDoor
from channels_app.social.vk import VkDoor
from channels_app.webhook import BadSignature, MalformedWebhook, WebhookRequest
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message
from tests.app.factories import AT, make_account

CASES = Path(os.environ.get("CASES_DIR", "../shared/cases")) / "webhooks"
FILES = {
    "telegram": "telegram_handler_test.json",
    "viber": "viber_handler_test.json",
    "vk": "vk_handler_test.json",
    "whatsapp": "meta_whataspp_test.json",
    "messenger": "meta_facebook_test.json",
    "instagram": "meta_instagram_test.json",
}
META = {"access_token": "a123", "app_secret": "fb_app_secret", "verify_token": "fb_webhook_secret"}
SECRETS = {
    "telegram": {"bot_token": "a123", "webhook_secret": "whisper"},
    "viber": {"bot_token": "Token"},
    "vk": {"access_token": "token123xyz", "secret_key": "abc123xyz"},
    "whatsapp": META,
    "messenger": META,
    "instagram": META,
}
ADDRESS = {"telegram": "some_bot", "viber": "2020", "vk": "123456789"}
META_ADDRESS = "1234567890"
# what the recordings call our networks
NETWORK = {"facebook": "messenger"}
SETTINGS = {
    "telegram": {},
    "viber": {"welcome": "Welcome to VP, Please subscribe here for more."},
    "vk": {"confirmation": "a1b2c3"},
}
# what Meta signed and nobody can read: taken, kept, listed as failed
UNREADABLE = {
    "Receive Message WAC with no from or from_user_id",
    "Receive Invalid Timestamp",
    "Receive Message WAC with error message",
    "Not JSON",
    "Invalid URN",
}
# the largest of the sizes that the case offers
LARGER_PHOTO = {"https://foo.bar/x-photo.jpg": "https://foo.bar/y-photo.jpg"}
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CASES.is_dir(), reason="the recorded webhooks are not in CASES_DIR"),
]


def recorded() -> Iterator[Any]:
    for provider, name in FILES.items():
        if not (CASES / name).is_file():
            return
        for case in json.loads((CASES / name).read_text())["cases"]:
            yield pytest.param(provider, case, id=f"{provider}: {case['Label']}")


def make_social(account: Account, provider: str) -> Endpoint:
    endpoint = Endpoint(
        account=account,
        kind="social",
        provider=provider,
        address=ADDRESS.get(provider, META_ADDRESS),
        name=provider,
        settings=SETTINGS.get(provider, {}),
        secrets_sealed=seal(SECRETS[provider]),
    )
    endpoint.save()
    return endpoint


def deliver(endpoint: Endpoint, body: bytes, *, signed: bool = True):
    """Post as the provider does, signed."""
    headers = {}
    if endpoint.secrets_sealed and endpoint.provider in {"whatsapp", "messenger", "instagram"}:
        signature = hmac.new(b"fb_app_secret", body if signed else b"other", hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={signature}"
    if endpoint.provider == "telegram":
        headers["X-Telegram-Bot-Api-Secret-Token"] = "whisper"
    if endpoint.provider == "viber":
        headers["X-Viber-Content-Signature"] = hmac.new(b"Token", body, hashlib.sha256).hexdigest()
    response = Client(enforce_csrf_checks=True).post(
        f"/hooks/{endpoint.public_token}/", body, content_type="application/json", headers=headers
    )
    with open_account(endpoint.account_id):
        for pk in Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True):
            process_receipt(receipt_id=pk, at=AT)
    return response


@pytest.mark.parametrize(("provider", "case"), recorded())
def test_recorded_webhook_is_taken_as_its_source_says(provider: str, case: dict[str, Any]) -> None:
    shop = make_account()
    endpoint = make_social(shop, provider)
    if not case.get("Data"):
        _expect_handshake(endpoint, case)
        return
    signed = case.get("PrepRequest") != "@addInvalidSignature"
    for _ in range(2):
        response = deliver(endpoint, case["Data"].encode(), signed=signed)
        # the status class counts: a missing secret is 403 here, 400 there
        assert response.status_code // 100 == (case["ExpectedRespStatus"] // 100 if signed else 4)
    with open_account(shop.pk):
        # a report or an edit of a message that is not known (yet) waits for it
        waiting = any(word in case["Label"] for word in ("Report", "Valid Status", "unsent"))
        assert Receipt.objects.filter(state="pending").count() == waiting
        assert Receipt.objects.filter(state="failed").count() == (case["Label"] in UNREADABLE)
        messages = list(Message.objects.select_related("contact").prefetch_related("attachments"))
    if case["ExpectedRespStatus"] >= 400:
        assert messages == []
        return
    if "ExpectedURN" not in case:
        # an event that nobody wrote, or one that the source's project gave up on (see above)
        assert len(messages) == (1 if "File" in case["Label"] else 0)
        return
    (message,) = messages
    places = [item for item in case.get("ExpectedAttachments", []) if item.startswith("geo:")]
    assert message.text == "\n".join(filter(None, [case.get("ExpectedMsgText", ""), *places]))
    assert message.external_id.split(":")[-1] == case["ExpectedExternalID"]
    network, _, person = case["ExpectedURN"].partition("#")[0].partition(":")
    with open_account(shop.pk):
        point = message.contact.points.get()
    assert point.value == f"{NETWORK.get(network, network)}:{person}"
    if "ExpectedContactName" in case:
        assert message.contact.name == case["ExpectedContactName"]
    if "ExpectedDate" in case:
        assert message.at == datetime.fromisoformat(case["ExpectedDate"])
    files = [LARGER_PHOTO.get(item, item) for item in case.get("ExpectedAttachments", []) if item not in places]
    stored = [item.remote for item in message.attachments.all()]
    if provider in {"vk", "messenger", "instagram"}:
        assert stored[: len(files)] == files
    else:
        assert len(stored) == len(files)


def _expect_handshake(endpoint: Endpoint, case: dict[str, Any]) -> None:
    response = Client().get(f"/hooks/{endpoint.public_token}/?{case['URL'].partition('?')[2]}")
    if case["Label"] == "Valid Secret":
        assert (response.status_code, response.content.decode()) == (200, case["ExpectedBodyContains"])
    else:
        assert response.status_code == 403


@pytest.mark.parametrize(
    ("name", "expected"),
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("failed", "failed")],
)
def test_recorded_status_of_whatsapp_moves_our_message(name: str, expected: str) -> None:
    path = CASES / "whatsapp_updates" / "message_status.json"
    if not path.is_file() or name not in (recorded_updates := json.loads(path.read_text())):
        pytest.skip("this recorded update is not in CASES_DIR")
    body = recorded_updates[name]
    value = body["entry"][0]["changes"][0]["value"]
    shop = make_account()
    endpoint = make_social(shop, "whatsapp")
    with open_account(shop.pk):
        endpoint.address = value["metadata"]["phone_number_id"]
        endpoint.save()
    person = value["statuses"][0]["recipient_id"]
    hello = {"from": person, "id": "in", "timestamp": "1698266000", "type": "text", "text": {"body": "Hello"}}
    frame = {"metadata": value["metadata"], "messages": [hello]}
    deliver(
        endpoint,
        json.dumps(
            {"object": body["object"], "entry": [{"changes": [{"field": "messages", "value": frame}]}]}
        ).encode(),
    )
    with open_account(shop.pk):
        reply = send_reply(
            ticket=Message.objects.get().ticket,
            operator_id=None,
            channel="social",
            text="Hi",
            at=AT,
            client_uuid=uuid4(),
        )
        Message.objects.filter(pk=reply.pk).update(status="sent", external_id=value["statuses"][0]["id"])
    deliver(endpoint, json.dumps(body).encode())
    with open_account(shop.pk):
        assert Message.objects.get(pk=reply.pk).status == expected


@pytest.mark.parametrize("provider", ["meta", "viber"])
def test_recorded_signatures_are_told_apart(provider: str) -> None:
    vectors = json.loads((CASES / "signature_vectors.json").read_text())[provider]["vectors"]
    door = ViberDoor() if provider == "viber" else MetaDoor(product="", split_entry=lambda *_: iter(()))
    for vector in vectors:
        secrets = {"bot_token": vector.get("auth_token", ""), "app_secret": vector.get("app_secret", "")}
        endpoint = EndpointInfo(
            id=1, account_id=1, account_name="", kind="social", provider=provider, address="", name="", language="",
            settings={}, secrets=secrets,
        )  # fmt: skip
        header = "x-viber-content-signature" if provider == "viber" else "x-hub-signature-256"
        request = WebhookRequest(
            method="POST", url="", headers={header: vector["signature"]}, query="", body=vector["body"].encode()
        )
        if vector["valid"]:
            door.verify(request=request, endpoint=endpoint)
        else:
            with pytest.raises(BadSignature):
                door.verify(request=request, endpoint=endpoint)
    assert vectors


def test_vk_handshakes_are_answered_as_its_library_does() -> None:
    path = CASES / "vk_events.json"
    if not path.is_file():
        pytest.skip("the recorded events of VK are not in CASES_DIR")
    door, seen = VkDoor(), []
    for case in json.loads(path.read_text())["callback_cases"]:
        config, expected = case["config"], case["expected_response"]
        keys = config.get("ConfirmationKeys", {})
        if "SecretKeys" in config or not expected.startswith(("confirmation", "Bad")):
            continue  # secrets of several communities: an endpoint is one; and events with answers of the library's own
        endpoint = EndpointInfo(
            id=1, account_id=1, account_name="", kind="social", provider="vk", address="123456", name="", language="",
            settings={"confirmation": keys.get("123456") or config.get("ConfirmationKey", "")},
            secrets={"secret_key": config.get("SecretKey", "")},
        )  # fmt: skip
        request = WebhookRequest(method="POST", url="", headers={}, query="", body=case["body"].encode())
        try:
            answer = door.challenge(request=request, endpoint=endpoint)
        except (BadSignature, MalformedWebhook):
            assert expected.startswith("Bad"), case["name"]
        else:
            assert answer is not None, case["name"]
            assert answer.body.decode() == expected, case["name"]
        seen.append(case["name"])
    assert len(seen) >= 7, seen
