"""Messenger and Instagram: https://developers.facebook.com/docs/messenger-platform.

The two speak the same language but for a few words. The address of the endpoint is the page's or the account's id;
people have ids that are good for this page only.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from channels_app.contract import (
    AdapterError,
    ContactRef,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    InboundMessage,
    MessageEdit,
    Misdelivered,
    RemoteFile,
    StatusReport,
)
from channels_app.social.messenger_api import MessengerSender
from channels_app.social.meta_door import raw_event
from channels_app.social.payload import Payload, joined, read_event
from channels_app.social.whatsapp import TAKEN_BACK
from channels_app.webhook import RawEvent

# what an event of another page of the app says of whose it is
OWNER = "entry_id"
_PERSON = re.compile(r"\d{1,32}")
# the three sizes of the thumb
_THUMBS = frozenset({"369239263222822", "369239343222814", "369239383222810"})
_FILES = {"image": "image.jpg", "video": "video.mp4", "audio": "audio.mp4", "file": "file"}
# instants come in milliseconds, seldom in seconds
_LAST_SECONDS = 10**11


def split_entry(entry: Payload, endpoint: EndpointInfo) -> Iterator[RawEvent]:
    """Give the events one by one, those of the app's other pages too; echoes of what a page sent are not kept."""
    owner = entry.text("id")
    for item in entry.children("messaging"):
        if owner and owner != endpoint.address:
            item = Payload({**item.data, OWNER: owner})
        message, person = item.child("message"), item.child("sender").text("id")
        stamp = item.text("timestamp")
        if message.data.get("is_echo") is True:
            continue
        if message:
            taken_back = message.data.get("is_deleted") is True
            yield raw_event(f"deleted:{message.text('mid')}" if taken_back else message.text("mid"), item)
        elif delivery := item.child("delivery"):
            mids = delivery.data.get("mids")
            for mid in mids if isinstance(mids, list) else []:
                yield raw_event(f"delivered:{mid}", Payload({**item.data, "delivery": {"mid": str(mid)}}))
        elif item.has("read"):
            read = item.child("read")
            yield raw_event(f"read:{person}:{read.text('mid') or read.text('watermark') or stamp}", item)
        elif edit := item.child("message_edit"):
            yield raw_event(f"edit:{edit.text('mid')}:{edit.text('num_edit')}", item)
        elif item.has("postback"):
            yield raw_event(item.child("postback").text("mid") or f"postback:{person}:{stamp}", item)
        elif reaction := item.child("reaction"):
            yield raw_event(f"reaction:{person}:{reaction.text('mid')}:{stamp}", item)


class MessengerAdapter(MessengerSender):
    """Events to messages, edits and reports; `network` is messenger or instagram."""

    channel = "social"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return what the event says."""
        item = read_event(raw)
        owner = item.text(OWNER)
        if owner and owner != endpoint.address:
            return Misdelivered(address=owner)
        person = item.child("sender").text("id")
        if not _PERSON.fullmatch(person):
            raise AdapterError(f"sender.id: {person[:40]!r} is no id of {self.network}.", permanent=True)
        at = _instant(item, "timestamp", default=received_at)
        sender = ContactRef(kind="social", value=f"{self.network}:{person}")
        if delivery := item.child("delivery"):
            return StatusReport(status=DeliveryStatus.DELIVERED, at=at, external_id=delivery.text("mid"))
        if item.has("read"):
            read = item.child("read")
            until = _instant(read, "watermark", default=at)
            if read.text("mid"):
                return StatusReport(status=DeliveryStatus.READ, at=at, external_id=read.text("mid"))
            return StatusReport(status=DeliveryStatus.READ, at=until, recipient=sender)
        if edit := item.child("message_edit"):
            return MessageEdit(external_id=edit.text("mid"), text=edit.text("text"), at=at)
        message = item.child("message")
        if message.data.get("is_deleted") is True:
            return MessageEdit(external_id=message.text("mid"), text=TAKEN_BACK, at=at)
        return _message(item, sender=sender, person=person, at=at)


def _message(item: Payload, *, sender: ContactRef, person: str, at: datetime) -> InboundEvent:
    message, postback, reaction = item.child("message"), item.child("postback"), item.child("reaction")
    attachments = message.children("attachments")
    text = joined(
        message.text("text"),
        *(_attachment_text(attachment) for attachment in attachments),
        postback.text("title") if postback.text("payload") != "get_started" else "",
        reaction.text("emoji") if reaction.text("action") == "react" else "",
    )
    files = tuple(file for attachment in attachments for file in _files(attachment))
    if not text and not files:
        kinds = ", ".join(attachment.text("type")[:30] for attachment in attachments[:5])
        return Ignored(reason=f"Nothing to read: {kinds or 'no message'}.")
    answered = message.child("reply_to").text("mid") or reaction.text("mid")
    return InboundMessage(
        channel="social",
        external_id=message.text("mid") or postback.text("mid") or f"{person}:{item.text('timestamp')}",
        at=at,
        sender=sender,
        text=text,
        answers=(answered,) if answered else (),
        thread_keys=(person,),
        own_keys=(person,),
        remote_files=files,
    )


def _attachment_text(attachment: Payload) -> str:
    kind, payload = attachment.text("type"), attachment.child("payload")
    if kind == "like_heart":
        return "❤️"
    if payload.text("sticker_id") in _THUMBS:
        return "👍"
    if kind == "location":
        return payload.child("coordinates").position("lat", "long")
    if kind in {"fallback", "share"}:
        return joined(payload.text("title") or attachment.text("title"), payload.text("url") or attachment.text("url"))
    return ""


def _files(attachment: Payload) -> tuple[RemoteFile, ...]:
    kind, payload = attachment.text("type"), attachment.child("payload")
    url = payload.text("url")
    if kind not in _FILES or payload.text("sticker_id") in _THUMBS or not url.startswith("https://"):
        return ()
    return (RemoteFile(reference=url, filename=_FILES[kind]),)


def _instant(holder: Payload, name: str, *, default: datetime) -> datetime:
    per_second = 1 if (holder.number(name) or 0) < _LAST_SECONDS else 1000
    return holder.at(name, default=default, per_second=per_second)
