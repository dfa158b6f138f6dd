"""VK communities: https://dev.vk.com/en/api/callback/getting-started.

VK proves itself by a secret inside the body: it is compared before anything else of the body is looked at.
"""

import hmac
from datetime import datetime

from channels_app.contract import (
    ContactRef,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    InboundMessage,
    MessageEdit,
    RemoteFile,
    StatusReport,
)
from channels_app.social.payload import Payload, joined, read_event, read_request
from channels_app.social.vk_api import VkSender
from channels_app.webhook import (
    BadSignature,
    MalformedWebhook,
    RawEvent,
    WebhookAnswer,
    WebhookRequest,
    content_id,
    settings_text,
)

OK = WebhookAnswer(body=b"ok")


class VkDoor:
    """One event of the Callback API a request; VK wants to hear "ok"."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """Answer the confirmation of the server's address with the string that VK shows for it."""
        event = read_request(request.body)
        if event.text("type") != "confirmation":
            return None
        if endpoint.secrets.get("secret_key"):
            self.verify(request=request, endpoint=endpoint)
        if event.text("group_id") != endpoint.address:
            raise BadSignature(f"group_id: this endpoint is of community {endpoint.address}.")
        return WebhookAnswer(body=settings_text(endpoint, "confirmation").encode())

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Compare the secret key of the server's settings."""
        given, wanted = read_request(request.body).text("secret"), endpoint.secrets.get("secret_key", "")
        if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise BadSignature(f"secret: {'wrong' if given else 'missing'}.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Return the event; those that no person wrote are not kept."""
        event = read_request(request.body)
        kind = event.text("type")
        if not kind:
            raise MalformedWebhook("type: missing.")
        if kind == "message_new":
            name = _identity(_message(event))
        elif kind in {"message_edit", "message_read"}:
            name = f"{kind}:{event.text('event_id') or content_id(request.body)}"
        else:
            return ()
        return (RawEvent(external_id=name, raw=request.body),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Return "ok"; anything else makes VK call again."""
        return OK


class VkAdapter(VkSender):
    """Events to messages, edits and read marks."""

    channel = "social"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return what the event says."""
        event = read_event(raw)
        if event.text("type") == "message_read":
            reader = event.child("object").text("from_id")
            if not reader:
                return Ignored(reason="The read mark names nobody.")
            return StatusReport(
                status=DeliveryStatus.READ, at=received_at, recipient=ContactRef(kind="social", value=f"vk:{reader}")
            )
        message = _message(event)
        sender = message.number("from_id")
        if sender is None or sender <= 0 or message.number("out") == 1:
            return Ignored(reason="A message of the community itself.")
        text = _text(message)
        if event.text("type") == "message_edit":
            at = message.at("update_time", default=received_at)
            return MessageEdit(external_id=_identity(message), text=text, at=at)
        peer = message.text("peer_id") or str(sender)
        answered = message.child("reply_message")
        files = tuple(file for item in message.children("attachments") for file in _files(item))
        return InboundMessage(
            channel=self.channel,
            external_id=_identity(message),
            at=message.at("date", default=received_at),
            sender=ContactRef(kind="social", value=f"vk:{sender}"),
            text=text,
            answers=(_identity(answered),) if answered else (),
            thread_keys=(peer,),
            own_keys=(peer,),
            remote_files=files,
        )


def _message(event: Payload) -> Payload:
    """The message of an event; before version 5.103 the object was the message itself."""
    return event.child("object").child("message") or event.child("object")


def _identity(message: Payload) -> str:
    number = message.text("id")
    if number not in {"", "0"}:
        return number
    return f"{message.text('peer_id')}:{message.text('conversation_message_id')}"


def _text(message: Payload) -> str:
    coordinates = message.child("geo").child("coordinates")
    forwarded = [f"> {item.text('text')}" for item in message.children("fwd_messages") if item.text("text")]
    links = [item.child("link").text("url") for item in message.children("attachments") if item.text("type") == "link"]
    walls = [_wall(item.child("wall")) for item in message.children("attachments") if item.text("type") == "wall"]
    videos = [_video(item.child("video")) for item in message.children("attachments") if item.text("type") == "video"]
    place = coordinates.position("latitude", "longitude")
    return joined(message.text("text"), *forwarded, *links, *walls, *videos, place)


def _wall(post: Payload) -> str:
    owner = post.text("owner_id") or post.text("from_id")
    return f"https://vk.com/wall{owner}_{post.text('id')}" if owner and post.text("id") else ""


def _video(video: Payload) -> str:
    """VK gives no file of a video, only its page."""
    if not video.text("owner_id") or not video.text("id"):
        return ""
    return joined(video.text("title"), f"https://vk.com/video{video.text('owner_id')}_{video.text('id')}")


def _files(attachment: Payload) -> tuple[RemoteFile, ...]:
    kind = attachment.text("type")
    content = attachment.child(kind)
    if kind == "photo":
        return _largest(content.children("sizes"), "photo.jpg", most=2560)
    if kind == "sticker":
        return _largest(content.children("images"), "sticker.png", most=128)
    if kind == "audio_message":
        return _one(content.text("link_mp3") or content.text("link_ogg"), "voice.mp3")
    if kind == "doc":
        return _one(content.text("url"), content.text("title") or f"document.{content.text('ext') or 'bin'}")
    if kind == "graffiti":
        return _one(content.text("url"), "graffiti.png")
    return ()


def _largest(sizes: list[Payload], filename: str, *, most: int) -> tuple[RemoteFile, ...]:
    """The largest of the sizes up to `most` pixels wide: an operator must be able to read a photographed page."""
    fitting = [size for size in sizes if size.text("url") and (size.number("width") or 0) <= most]
    best = max(fitting, key=lambda size: (size.number("width") or 0, size.number("height") or 0), default=None)
    return _one(best.text("url"), filename) if best else ()


def _one(url: str, filename: str) -> tuple[RemoteFile, ...]:
    return (RemoteFile(reference=url, filename=filename),) if url else ()
