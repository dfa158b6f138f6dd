"""What is asked of Telegram: sending, fetching files, setting the webhook."""

import json as json_codec
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from channels_app.contract import AdapterError, Delivered, EndpointInfo, OutboundAttachment, OutboundMessage
from channels_app.outbound import error_of, send_request
from channels_app.social.payload import Payload
from channels_app.webhook import settings_text

API_URL = "https://api.telegram.org"
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ALBUM = 10
UPDATES = ["message", "edited_message", "callback_query"]
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


class TelegramSender:
    """Calls of the bot's interface; a failure is an AdapterError in Telegram's own words."""

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send text, one file with a caption, or an album: always one request, so that a retry doubles nothing."""
        chat = message.thread_key or message.recipient.value.removeprefix("telegram:")
        _check_length(message)
        if not message.attachments:
            sent = _call(endpoint, "sendMessage", json={"chat_id": chat, "text": message.text})
        elif len(message.attachments) == 1:
            sent = _send_file(endpoint, chat, message)
        else:
            sent = _send_album(endpoint, chat, message)
        number = sent.number("message_id")
        if not number:
            raise AdapterError("Telegram took the message and named none.", permanent=True)
        return Delivered(external_id=f"{chat}:{number}")

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Return the bytes of a file id; Telegram gives out files of up to 20 MB."""
        path = _call(endpoint, "getFile", json={"file_id": reference}).text("file_path")
        if not path:
            raise AdapterError("Telegram does not give this file out.", permanent=True)
        url = f"{_base(endpoint)}/file/bot{_token(endpoint)}/{quote(path)}"
        return send_request(method="GET", url=url, limit=limit).body

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask who the bot is, and let it call our webhook if it does not yet."""
        bot = _call(endpoint, "getMe", json={}).text("username")
        secret = endpoint.secrets.get("webhook_secret", "")
        if not secret:
            raise AdapterError("webhook_secret: set a long random value of letters and digits.", permanent=True)
        if _call(endpoint, "getWebhookInfo", json={}).text("url") != endpoint.webhook_url:
            _call(
                endpoint,
                "setWebhook",
                json={"url": endpoint.webhook_url, "secret_token": secret, "allowed_updates": UPDATES},
            )
            return f"@{bot} answers, and calls this endpoint from now on."
        return f"@{bot} answers and calls this endpoint."


def _check_length(message: OutboundMessage) -> None:
    most = MAX_CAPTION if message.attachments else MAX_TEXT
    # Telegram counts UTF-16 code units
    length = len(message.text.encode("utf-16-le")) // 2
    if length > most:
        files = " with files" if message.attachments else ""
        raise AdapterError(f"text: Telegram takes at most {most} characters{files}, this has {length}.", permanent=True)
    if len(message.attachments) > MAX_ALBUM:
        raise AdapterError(f"files: Telegram takes at most {MAX_ALBUM} at once.", permanent=True)


def _send_file(endpoint: EndpointInfo, chat: str, message: OutboundMessage) -> Payload:
    file = message.attachments[0]
    kind = _kind(file)
    return _call(
        endpoint,
        f"send{kind.capitalize()}",
        form={"chat_id": chat, "caption": message.text},
        files={kind: (file.filename, file.content, file.content_type)},
    )


def _send_album(endpoint: EndpointInfo, chat: str, message: OutboundMessage) -> Payload:
    kinds = {_kind(file) for file in message.attachments}
    # documents go with documents only; pictures and videos may mix
    kind_of = {"photo": "photo", "video": "video"} if kinds <= {"photo", "video"} else {}
    media: list[dict[str, str]] = []
    files = {}
    for index, file in enumerate(message.attachments):
        name = f"file{index}"
        item = {"type": kind_of.get(_kind(file), "document"), "media": f"attach://{name}"}
        media.append(item | ({"caption": message.text} if index == 0 and message.text else {}))
        files[name] = (file.filename, file.content, file.content_type)
    form = {"chat_id": chat, "media": json_codec.dumps(media, ensure_ascii=False)}
    return _call(endpoint, "sendMediaGroup", form=form, files=files, first=True)


def _kind(file: OutboundAttachment) -> str:
    if file.content_type in _PICTURES:
        return "photo"
    return "video" if file.content_type == "video/mp4" else "document"


def _call(
    endpoint: EndpointInfo,
    method: str,
    *,
    json: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    first: bool = False,
) -> Payload:
    """Return the result of a method; with `first` the first of a list of results."""
    answer = send_request(
        method="POST",
        url=f"{_base(endpoint)}/bot{_token(endpoint)}/{method}",
        json=json,
        form=form,
        files=files,
        refuse_errors=False,
    )
    said = answer.json()
    body = Payload(said if isinstance(said, dict) else {})
    if body.data.get("ok") is not True:
        status = body.number("error_code") or answer.status
        refusal = error_of(replace(answer, status=status), host="Telegram", reason=body.text("description"))
        wait = body.child("parameters").number("retry_after")
        if wait:
            refusal.retry_after = timedelta(seconds=min(wait, 86_400))
        raise refusal
    results = body.children("result")
    return results[0] if first and results else body.child("result")


def _base(endpoint: EndpointInfo) -> str:
    return settings_text(endpoint, "api_url", API_URL).rstrip("/")


def _token(endpoint: EndpointInfo) -> str:
    token = endpoint.secrets.get("bot_token", "")
    if not token:
        raise AdapterError("bot_token: not set.", permanent=True)
    return quote(token, safe=":")
