"""Viber bots: https://developers.viber.com/docs/api/rest-bot-api/.

A request is signed with the bot's token. Ids of messages are Viber's message tokens.
"""

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any

from channels_app.contract import (
    AdapterError,
    ContactRef,
    Delivered,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    InboundMessage,
    OutboundAttachment,
    OutboundMessage,
    RemoteFile,
    StatusReport,
)
from channels_app.outbound import send_request
from channels_app.social.payload import Payload, joined, read_event, read_request
from channels_app.webhook import (
    BadSignature,
    MalformedWebhook,
    RawEvent,
    WebhookAnswer,
    WebhookRequest,
    settings_text,
)

API_URL = "https://chatapi.viber.com/pa"
MAX_TEXT = 7000
MAX_PICTURE_TEXT = 768
EVENTS = ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"]
_STATUS = {"delivered": DeliveryStatus.DELIVERED, "seen": DeliveryStatus.READ, "failed": DeliveryStatus.FAILED}
_TYPES = frozenset({"text", "picture", "video", "file", "sticker", "contact", "url", "location"})
_MEDIA = {"picture": "picture.jpg", "video": "video.mp4", "file": "file", "sticker": "sticker.png"}
_USER = re.compile(r"[A-Za-z0-9_=/+]{1,64}")
# error codes that name what will not change by itself; the others (12: too many requests) may pass
_FINAL = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21})


class ViberDoor:
    """One event a request."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """The handshake of set_webhook is an event like others, signed too."""
        return None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """HMAC-SHA256 of the body with the bot's token, in hexadecimal."""
        token = endpoint.secrets.get("bot_token", "")
        wanted = hmac.new(token.encode(), request.body, hashlib.sha256).hexdigest()
        given = request.header("X-Viber-Content-Signature") or dict(request.query_pairs()).get("sig", "")
        if not token or not hmac.compare_digest(given.lower().encode(), wanted.encode()):
            raise BadSignature(f"X-Viber-Content-Signature: {'wrong' if given else 'missing'}.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Return the event; refuse ids and types that Viber does not have."""
        event = read_request(request.body)
        name, token = event.text("event"), event.text("message_token")
        if not name:
            raise MalformedWebhook("event: missing.")
        user = event.text("user_id") or event.child("sender").text("id") or event.child("user").text("id")
        if user and not _USER.fullmatch(user):
            raise MalformedWebhook("sender.id: no Viber id.")
        if name == "webhook" or not token:
            return ()
        if name != "message":
            return (RawEvent(external_id=f"{name}:{token}:{user}", raw=request.body),)
        message = event.child("message")
        if message.text("type") not in _TYPES:
            raise MalformedWebhook(f"message.type: {message.text('type')[:40]!r} is not known.")
        if message.text("type") in _MEDIA and not message.text("media") and not message.text("text"):
            raise MalformedWebhook("message.media: missing.")
        return (RawEvent(external_id=token, raw=request.body),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Greet who opens the conversation, if the endpoint has a welcome; else an empty 200."""
        welcome = settings_text(endpoint, "welcome")
        if not welcome or read_request(request.body).text("event") != "conversation_started":
            return WebhookAnswer()
        greeting = {"sender": {"name": _sender_name(endpoint)}, "type": "text", "text": welcome[:MAX_TEXT]}
        return WebhookAnswer(body=json.dumps(greeting, ensure_ascii=False).encode(), content_type="application/json")


class ViberAdapter:
    """Events to messages and reports, and messages to Viber."""

    channel = "social"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return what the event says."""
        event = read_event(raw)
        name = event.text("event")
        at = event.at("timestamp", default=received_at, per_second=1000)
        if name in _STATUS:
            return StatusReport(
                status=_STATUS[name],
                at=at,
                external_id=event.text("message_token"),
                reason=event.text("desc") if name == "failed" else "",
            )
        if name != "message":
            return Ignored(reason=f"{name[:40]}: nothing that a person wrote.")
        sender, message = event.child("sender"), event.child("message")
        user = sender.text("id")
        language = sender.text("language")
        return InboundMessage(
            channel=self.channel,
            external_id=event.text("message_token"),
            at=at,
            sender=ContactRef(kind="social", value=f"viber:{user}", name=sender.text("name")),
            text=_text(message),
            language_hints=(language[:2],) if language else (),
            thread_keys=(user,),
            own_keys=(user,),
            remote_files=_files(message),
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send a text, or one file that Viber fetches from its signed address."""
        content = _content(message)
        answer = _call(
            endpoint,
            "send_message",
            {
                "receiver": message.thread_key or message.recipient.value.removeprefix("viber:"),
                "min_api_version": 1,
                "sender": {"name": _sender_name(endpoint)},
                "tracking_data": message.client_uuid,
                **content,
            },
        )
        return Delivered(external_id=answer.text("message_token"))

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Return the bytes at Viber's address of the file."""
        return send_request(method="GET", url=reference, limit=limit).body

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask who the bot is, and let it call our webhook if it does not yet."""
        account = _call(endpoint, "get_account_info", {})
        name = account.text("name")
        if account.text("webhook") == endpoint.webhook_url:
            return f"{name} answers and calls this endpoint."
        _call(endpoint, "set_webhook", {"url": endpoint.webhook_url, "event_types": EVENTS, "send_name": True})
        return f"{name} answers, and calls this endpoint from now on."


def _text(message: Payload) -> str:
    shared = message.child("contact")
    number = shared.text("phone_number")
    link = message.text("media") if message.text("type") == "url" else ""
    return joined(
        message.text("text"),
        link if link != message.text("text") else "",
        message.child("location").position("lat", "lon"),
        f"{shared.text('name')} ({number})" if number else shared.text("name"),
    )


def _files(message: Payload) -> tuple[RemoteFile, ...]:
    kind = message.text("type")
    if kind not in _MEDIA or not message.text("media"):
        return ()
    return (RemoteFile(reference=message.text("media"), filename=message.text("file_name") or _MEDIA[kind]),)


def _content(message: OutboundMessage) -> dict[str, Any]:
    """One request carries a text or one file; a picture takes a text with it."""
    if not message.attachments:
        if len(message.text) > MAX_TEXT:
            raise AdapterError(f"text: Viber takes at most {MAX_TEXT} characters.", permanent=True)
        return {"type": "text", "text": message.text}
    file = message.attachments[0]
    picture = file.content_type in {"image/jpeg", "image/png"}
    if len(message.attachments) > 1 or (message.text and not picture):
        raise AdapterError("files: Viber takes one a message, with a text only below a picture.", permanent=True)
    if len(message.text) > MAX_PICTURE_TEXT:
        raise AdapterError(f"text: Viber takes at most {MAX_PICTURE_TEXT} characters with a picture.", permanent=True)
    if picture:
        return {"type": "picture", "text": message.text, "media": _address(file)}
    return {"type": "file", "media": _address(file), "size": len(file.content), "file_name": file.filename[:256]}


def _address(file: OutboundAttachment) -> str:
    if not file.url:
        raise AdapterError("files: this installation has no public address to fetch files from.", permanent=True)
    return file.url


def _sender_name(endpoint: EndpointInfo) -> str:
    return (settings_text(endpoint, "from_name") or endpoint.account_name)[:28]


def _call(endpoint: EndpointInfo, method: str, body: dict[str, Any]) -> Payload:
    token = endpoint.secrets.get("bot_token", "")
    if not token:
        raise AdapterError("bot_token: not set.", permanent=True)
    said = send_request(
        method="POST",
        url=f"{settings_text(endpoint, 'api_url', API_URL).rstrip('/')}/{method}",
        headers={"X-Viber-Auth-Token": token},
        json=body,
    ).json()
    answer = Payload(said if isinstance(said, dict) else {})
    status = answer.number("status")
    if status != 0:
        raise AdapterError(
            f"Viber answered {status}: {answer.text('status_message') or 'no reason'}"[:400], permanent=status in _FINAL
        )
    return answer
