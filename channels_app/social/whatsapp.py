"""WhatsApp Cloud API: https://developers.facebook.com/docs/whatsapp/cloud-api.

The address of the endpoint is the phone number id. Ids of people are their numbers without "+", or, where they hide
them, the ids that the business knows them by (US.1234).
"""

import json
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
from channels_app.social.meta_door import raw_event
from channels_app.social.payload import Payload, joined, read_event
from channels_app.social.whatsapp_api import WhatsAppSender
from channels_app.webhook import RawEvent

PRODUCT = "whatsapp_business_account"
# what stands for a text that the contact took back
TAKEN_BACK = "🗑"
_PERSON = re.compile(r"\d{1,20}|[A-Z]{2}(\.[A-Z]+)?\.[A-Za-z0-9]{1,128}")
_STATUS = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}
_FILES = {
    "image": "image.jpg",
    "video": "video.mp4",
    "audio": "audio.mp3",
    "voice": "voice.ogg",
    "document": "document",
    "sticker": "sticker.webp",
}


def split_entry(entry: Payload, endpoint: EndpointInfo) -> Iterator[RawEvent]:
    """Give messages, reports and errors one by one, those of the app's other numbers too (`Misdelivered`)."""
    for change in entry.children("changes"):
        value = change.child("value")
        if change.text("field") != "messages":
            continue
        frame = {name: value.data[name] for name in ("metadata", "contacts") if name in value.data}
        for message in value.children("messages"):
            yield raw_event(message.text("id"), Payload({**frame, "messages": [message.data]}))
        for status in value.children("statuses"):
            name = f"status:{status.text('id')}:{status.text('status')}"
            yield raw_event(name, Payload({**frame, "statuses": [status.data]}))
        if not value.has("messages") and not value.has("statuses") and value.children("errors"):
            yield raw_event("", Payload({**frame, "errors": value.data["errors"]}))


class WhatsAppAdapter(WhatsAppSender):
    """Events to messages, edits and reports."""

    channel = "social"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return what the event says; an error that WhatsApp reports instead of a message is a permanent failure."""
        value = read_event(raw)
        number = value.child("metadata").text("phone_number_id")
        if number and number != endpoint.address:
            return Misdelivered(address=number)
        for status in value.children("statuses"):
            return _report(status, received_at=received_at)
        for message in value.children("messages"):
            return _message(message, value=value, received_at=received_at)
        raise AdapterError(f"WhatsApp reports: {_errors(value) or 'nothing that is known'}", permanent=True)


def _report(status: Payload, *, received_at: datetime) -> InboundEvent:
    said = _STATUS.get(status.text("status"))
    if said is None or not status.text("id"):
        return Ignored(reason=f"A status that shows nothing: {status.text('status')[:40]}.")
    return StatusReport(
        status=said,
        at=status.at("timestamp", default=received_at),
        external_id=status.text("id"),
        reason=_errors(status) if said == DeliveryStatus.FAILED else "",
    )


def _message(message: Payload, *, value: Payload, received_at: datetime) -> InboundEvent:
    kind = message.text("type")
    if message.children("errors"):
        raise AdapterError(f"WhatsApp does not hand this message over: {_errors(message)}", permanent=True)
    person = message.text("from") or message.text("from_user_id")
    if not _PERSON.fullmatch(person):
        raise AdapterError(f"from: {person[:40]!r} is no WhatsApp id.", permanent=True)
    if message.number("timestamp") is None:
        raise AdapterError(f"timestamp: {message.text('timestamp')[:40]!r} is no instant.", permanent=True)
    at = message.at("timestamp", default=received_at)
    if kind == "revoke":
        taken_back = message.child("revoke").text("original_message_id")
        return MessageEdit(external_id=taken_back, text=TAKEN_BACK, at=at)
    if message.has("group_id"):
        return Ignored(reason="A message to a group: it is answered in WhatsApp itself.")
    text, files = _text(message), _files(message)
    if not text and not files:
        return Ignored(reason=f"Nothing to read: {kind[:40]}.")
    profile = next((contact.child("profile").text("name") for contact in value.children("contacts")), "")
    answered = message.child("context").text("id") or message.child("reaction").text("message_id")
    form = _form(message)
    return InboundMessage(
        channel="social",
        external_id=message.text("id"),
        at=at,
        sender=ContactRef(kind="social", value=f"whatsapp:{person}", name=profile),
        text=text,
        answers=(answered,) if answered else (),
        thread_keys=(person,),
        own_keys=(person,),
        remote_files=files,
        headers={"form": form} if form else {},
    )


def _text(message: Payload) -> str:
    kind = message.text("type")
    content = message.child(kind)
    reply = message.child("interactive")
    place = content.position("latitude", "longitude") if kind == "location" else ""
    return joined(
        message.child("text").text("body"),
        message.child("button").text("text"),
        reply.child("button_reply").text("title") or reply.child("list_reply").text("title"),
        reply.child("nfm_reply").text("body"),
        content.text("caption"),
        joined(content.text("name"), content.text("address")) if kind == "location" else "",
        place,
        content.text("emoji") if kind == "reaction" else "",
        content.text("body") if kind == "system" else "",
        *(_person(item) for item in message.children("contacts")),
        *(
            f"{item.text('quantity')} × {item.text('product_retailer_id')}"
            for item in content.children("product_items")
        ),
    )


def _person(contact: Payload) -> str:
    numbers = [phone.text("phone") or phone.text("wa_id") for phone in contact.children("phones")]
    name = contact.child("name").text("formatted_name")
    return f"{name} ({', '.join(filter(None, numbers))})" if any(numbers) else name


def _form(message: Payload) -> dict[str, object]:
    """The answers of a form (a flow), where they are an object."""
    try:
        answers = json.loads(message.child("interactive").child("nfm_reply").text("response_json") or "{}")
    except (ValueError, RecursionError):
        return {}
    return answers if isinstance(answers, dict) else {}


def _files(message: Payload) -> tuple[RemoteFile, ...]:
    kind = message.text("type")
    file = message.child(kind) if kind in _FILES else Payload({})
    if not file.text("id"):
        return ()
    name = file.text("filename") or _FILES[kind]
    return (RemoteFile(reference=file.text("id"), filename=name, content_type=file.text("mime_type")),)


def _errors(holder: Payload) -> str:
    return "; ".join(
        f"{error.text('code')} {error.child('error_data').text('details') or error.text('title')}".strip()
        for error in holder.children("errors")
    )[:400]
