"""The webhook that WhatsApp, Messenger and Instagram share: one handshake, one signature, one outer form.

A signed request is always taken: what it holds and nobody understands becomes a receipt that fails and is listed.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator

from channels_app.contract import EndpointInfo
from channels_app.social.payload import Payload, written
from channels_app.webhook import BadSignature, RawEvent, WebhookAnswer, WebhookRequest, content_id

Split = Callable[[Payload, EndpointInfo], Iterator[RawEvent]]


class MetaDoor:
    """`product` is what the body's `object` must say; `split_entry` gives the events of one of its entries."""

    def __init__(self, *, product: str, split_entry: Split) -> None:
        self._product = product
        self._split_entry = split_entry

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """Repeat hub.challenge to who knows the verify token."""
        if request.method != "GET":
            return None
        asked = dict(request.query_pairs())
        wanted = endpoint.secrets.get("verify_token", "")
        given = asked.get("hub.verify_token", "")
        if asked.get("hub.mode") != "subscribe":
            raise BadSignature("hub.mode: expected subscribe.")
        if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise BadSignature(f"hub.verify_token: {'wrong' if given else 'missing'}.")
        return WebhookAnswer(body=asked.get("hub.challenge", "").encode())

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """HMAC-SHA256 of the body with the app's secret."""
        secret = endpoint.secrets.get("app_secret", "")
        wanted = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
        given = request.header("X-Hub-Signature-256")
        if not secret or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise BadSignature(f"X-Hub-Signature-256: {'wrong' if given else 'missing'}.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Return the events of all entries; a body of another product asks for nothing."""
        try:
            value = json.loads(request.body)
        except (ValueError, RecursionError):
            return (RawEvent(external_id=content_id(request.body), raw=request.body),)
        body = Payload(value if isinstance(value, dict) else {})
        if body.text("object") != self._product:
            return ()
        return tuple(event for entry in body.children("entry") for event in self._split_entry(entry, endpoint))

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Return an empty 200."""
        return WebhookAnswer()


def raw_event(external_id: str, value: Payload) -> RawEvent:
    """Return an event to store; one without a name is named by its content."""
    raw = written(value)
    return RawEvent(external_id=external_id or content_id(raw), raw=raw)
