"""Telegram bots: https://core.telegram.org/bots/api.

The address of the endpoint is the bot's name. The webhook is proven by the secret that setWebhook was given and that
Telegram repeats in a header. Telegram tells bots neither delivery nor reading.
"""

import hmac
from datetime import datetime

from channels_app.contract import (
    ContactRef,
    EndpointInfo,
    Ignored,
    InboundEvent,
    InboundMessage,
    MessageEdit,
    RemoteFile,
)
from channels_app.social.payload import Payload, joined, read_event, read_request
from channels_app.social.telegram_api import TelegramSender
from channels_app.webhook import BadSignature, MalformedWebhook, RawEvent, WebhookAnswer, WebhookRequest

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  a header's name
# (field, file name where the sender gave none)
_FILES = (
    ("animation", "animation.mp4"),
    ("audio", "audio.mp3"),
    ("document", "document"),
    ("sticker", "sticker.webp"),
    ("video", "video.mp4"),
    ("video_note", "video.mp4"),
    ("voice", "voice.ogg"),
)


class TelegramDoor:
    """One update a request."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """Telegram has no handshake."""
        return None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Compare the secret of setWebhook."""
        given, wanted = request.header(SECRET_HEADER), endpoint.secrets.get("webhook_secret", "")
        if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise BadSignature(f"{SECRET_HEADER}: {'wrong' if given else 'missing'}.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Return the update, named by its own running number."""
        update = read_request(request.body).number("update_id")
        if update is None:
            raise MalformedWebhook("update_id: missing.")
        return (RawEvent(external_id=f"update:{update}", raw=request.body),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Return an empty 200."""
        return WebhookAnswer()


class TelegramAdapter(TelegramSender):
    """Updates to messages and edits. Ids are `chat:message`: a message's number is unique within its chat only."""

    channel = "social"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return what the update says; one that is no private person's message is ignored with its reason."""
        update = read_event(raw)
        if pressed := update.child("callback_query"):
            return _pressed(pressed, received_at=received_at)
        edited = update.child("edited_message")
        message = edited or update.child("message")
        if not message:
            return Ignored(reason="The update brings no message to the bot.")
        sender, chat = message.child("from"), message.child("chat").text("id")
        if not sender or not chat:
            return Ignored(reason="The message names no sender.")
        if message.child("from").data.get("is_bot") is True:
            return Ignored(reason="Another bot wrote this.")
        text, files = _text(message), _files(message)
        if edited:
            return MessageEdit(
                external_id=_identity(chat, message),
                text=text,
                at=message.at("edit_date", default=received_at),
            )
        if not text and not files:
            return Ignored(reason="A service message of Telegram without text or file.")
        answered = message.child("reply_to_message").text("message_id")
        language = sender.text("language_code")
        return InboundMessage(
            channel=self.channel,
            external_id=_identity(chat, message),
            album=message.has("media_group_id"),
            at=message.at("date", default=received_at),
            sender=_contact(sender),
            text=text,
            language_hints=(language[:2],) if language else (),
            answers=(f"{chat}:{answered}",) if answered else (),
            thread_keys=(chat,),
            own_keys=(chat,),
            remote_files=files,
            headers={"handle": sender.text("username")} if sender.text("username") else {},
        )


def _identity(chat: str, message: Payload) -> str:
    """The files of an album come as messages of their own with one common id: together they are one entry."""
    album = message.text("media_group_id")
    return f"{chat}:album:{album}" if album else f"{chat}:{message.text('message_id')}"


def _contact(sender: Payload) -> ContactRef:
    name = " ".join(part for part in (sender.text("first_name"), sender.text("last_name")) if part)
    return ContactRef(kind="social", value=f"telegram:{sender.text('id')}", name=name or sender.text("username"))


def _pressed(pressed: Payload, *, received_at: datetime) -> InboundEvent:
    """A press of one of our buttons is what it says."""
    chat = pressed.child("message").child("chat").text("id") or pressed.child("from").text("id")
    text = pressed.text("data")
    if not text or not chat:
        return Ignored(reason="The button that was pressed says nothing.")
    return InboundMessage(
        channel="social",
        external_id=f"{chat}:press:{pressed.text('id')}",
        at=received_at,
        sender=_contact(pressed.child("from")),
        text=text,
        thread_keys=(chat,),
        own_keys=(chat,),
    )


def _text(message: Payload) -> str:
    shared, venue, poll = message.child("contact"), message.child("venue"), message.child("poll")
    place = message.child("location").position("latitude", "longitude")
    person = " ".join(part for part in (shared.text("first_name"), shared.text("last_name")) if part)
    number = shared.text("phone_number")
    return joined(
        message.text("text") or message.text("caption"),
        joined(venue.text("title"), venue.text("address")),
        place,
        f"{person} ({number})" if number else person,
        message.child("web_app_data").text("data"),
        joined(poll.text("question"), *(f"• {option.text('text')}" for option in poll.children("options"))),
        message.child("dice").text("emoji"),
    )


def _files(message: Payload) -> tuple[RemoteFile, ...]:
    found = []
    photos = [photo for photo in message.children("photo") if photo.text("file_id")]
    if photos:
        largest = max(photos, key=lambda photo: (photo.number("width") or 0) * (photo.number("height") or 0))
        found.append(RemoteFile(reference=largest.text("file_id"), filename="photo.jpg", content_type="image/jpeg"))
    for field, filename in _FILES:
        file = message.child(field)
        # an animation is repeated as a document for old programs
        if not file.text("file_id") or (field == "document" and message.has("animation")):
            continue
        found.append(
            RemoteFile(
                reference=file.text("file_id"),
                filename=file.text("file_name") or filename,
                content_type=file.text("mime_type"),
            )
        )
    return tuple(found)
