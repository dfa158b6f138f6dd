"""A provider of the tests' own: JSON lines, signed by the endpoint's secret in clear."""

import json
from datetime import datetime
from uuid import uuid4

import pytest

from channels_app.contract import (
    AdapterError,
    ContactRef,
    Delivered,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    InboundMessage,
    MessageEdit,
    OutboundMessage,
    RemoteFile,
    StatusReport,
)
from channels_app.endpoints import endpoint_info
from channels_app.models import Endpoint
from channels_app.registry import PROVIDERS
from channels_app.webhook import (
    BadSignature,
    MalformedWebhook,
    Provider,
    RawEvent,
    WebhookAnswer,
    WebhookRequest,
)
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.models import Account


class JsonDoor:
    """One JSON object a line: {"id", ...}."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        if request.method != "GET":
            return None
        if dict(request.query_pairs()).get("token") != endpoint.secrets["token"]:
            raise BadSignature("token: wrong.")
        return WebhookAnswer(body=b"hello")

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        if request.header("X-Token") != endpoint.secrets["token"]:
            raise BadSignature("X-Token: wrong.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        try:
            return tuple(
                RawEvent(external_id=json.loads(line)["id"], raw=line) for line in request.body.splitlines() if line
            )
        except (ValueError, KeyError, TypeError):
            raise MalformedWebhook("body: expected a JSON object with an id a line.") from None

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        return WebhookAnswer(body=b"ok")


class JsonAdapter:
    """Lines with "text" are messages, with "status" reports, with "edit" edits; else nothing."""

    channel = "sms"

    def __init__(self) -> None:
        self.sent: list[OutboundMessage] = []
        self.refuse: AdapterError | None = None
        self.files: dict[str, bytes | AdapterError] = {}
        self.answer_id = "out-1"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        line = json.loads(raw)
        if "status" in line:
            return StatusReport(
                status=DeliveryStatus(line["status"]),
                at=received_at,
                external_id=line.get("of", ""),
                reference=line.get("reference", ""),
                reason=line.get("reason", ""),
            )
        if "edit" in line:
            return MessageEdit(
                external_id=line["of"],
                text=line["edit"],
                at=datetime.fromisoformat(line.get("at", received_at.isoformat())),
            )
        if "text" not in line:
            return Ignored(reason="an echo")
        return InboundMessage(
            channel=self.channel,
            external_id=line["id"],
            at=received_at,
            sender=ContactRef(kind="sms", value=line.get("from", "+4915112345678")),
            text=line["text"],
            thread_keys=(line.get("from", "+4915112345678"),),
            own_keys=(line.get("from", "+4915112345678"),),
            remote_files=tuple(RemoteFile(reference=item, filename=item) for item in line.get("files", [])),
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        if self.refuse is not None:
            raise self.refuse
        self.sent.append(message)
        return Delivered(external_id=self.answer_id)

    def check(self, *, endpoint: EndpointInfo) -> str:
        return "It answers."

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        found = self.files[reference]
        if isinstance(found, AdapterError):
            raise found
        return found


def install(monkeypatch: pytest.MonkeyPatch) -> JsonAdapter:
    """Let the test's provider be one of SMS."""
    adapter = JsonAdapter()
    monkeypatch.setitem(PROVIDERS["sms"], "json", Provider(name="json", adapter=adapter, door=JsonDoor()))
    return adapter


def make_endpoint(account: Account, **fields: object) -> Endpoint:
    """A saved SMS endpoint of the account at the test's provider; its secret token is "s3cret"."""
    values: dict = {
        "kind": "sms",
        "provider": "json",
        "address": f"+49151{uuid4().int % 10**8:08}",
        "name": "Short messages",
        "secrets_sealed": seal({"token": "s3cret"}),
        **fields,
    }
    endpoint = Endpoint(account=account, **values)
    endpoint.save()
    return endpoint


def info(endpoint: Endpoint) -> EndpointInfo:
    """The endpoint as adapters know it."""
    return endpoint_info(endpoint)
