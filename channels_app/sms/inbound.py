"""What all SMS providers share on the way in: one shape of message, whichever names a provider gives its fields."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from channels_app.contract import (
    ContactRef,
    DeliveryStatus,
    EndpointInfo,
    InboundKind,
    InboundMessage,
    RemoteFile,
    StatusReport,
)
from channels_app.sms.keywords import asks_for_nobody, consent_of
from channels_app.sms.segments import count_segments
from channels_app.webhook import MalformedWebhook, WebhookRequest

# how far a provider's clock may be ahead before its word is not taken
CLOCK_SLACK = timedelta(minutes=5)
_NUMBER = re.compile(r"\+?\d{3,20}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}")


def first_values(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return the first value of each name."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    return values


def fields_of(request: WebhookRequest) -> dict[str, str]:
    """Return the fields of a form and of the query; of two with one name the form's."""
    return first_values([*request.form_pairs(), *request.query_pairs()])


def required(fields: Mapping[str, str], *names: str) -> None:
    """Raise MalformedWebhook naming the first field that is missing or empty."""
    for name in names:
        if not fields.get(name):
            raise MalformedWebhook(f"{name}: the field is required.")


def number_of(value: str, *, field: str) -> str:
    """Return a sender as a number in international form; MalformedWebhook for a name ("MTN") or nonsense.

    Providers write international numbers with or without their plus; short codes stay as they are.
    """
    compact = re.sub(r"[\s().-]", "", value.removeprefix("whatsapp:").removeprefix("tel:"))
    if not _NUMBER.fullmatch(compact):
        raise MalformedWebhook(f"{field}: {value[:40]!r} is no telephone number.")
    return compact if compact.startswith("+") or len(compact) < 8 else f"+{compact}"


def reference_of(fields: Mapping[str, str]) -> str:
    """Return our own reference that a provider gave back as `ref`; '' for none or one that is not ours."""
    try:
        return str(UUID(fields.get("ref", "")))
    except ValueError:
        return ""


def instant_of(at: datetime | None, *, received_at: datetime) -> datetime:
    """Return the provider's instant where it gave one that can be; else when we received."""
    if at is None or at > received_at + CLOCK_SLACK:
        return received_at
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def inbound_sms(
    *,
    endpoint: EndpointInfo,
    external_id: str,
    sender: str,
    text: str,
    at: datetime,
    parts: int | None = None,
    files: tuple[RemoteFile, ...] = (),
    headers: Mapping[str, Any] | None = None,
    name: str = "",
) -> InboundMessage:
    """Return the message; all of one number on one endpoint are one conversation. Keywords are recognised here."""
    text = text.replace("\0", "")
    return InboundMessage(
        channel="sms",
        external_id=external_id,
        at=at,
        sender=ContactRef(kind="sms", value=sender, name=name),
        text=text,
        reply_text=text,
        kind=InboundKind.FEEDBACK if asks_for_nobody(text) else InboundKind.MESSAGE,
        language_hints=(endpoint.language,) if endpoint.language else (),
        thread_keys=(sender,),
        own_keys=(sender,),
        remote_files=files,
        parts=parts or (count_segments(text).parts if text else None),
        headers=dict(headers or {}),
        consent=consent_of(text),
    )


def report(
    *, status: DeliveryStatus, at: datetime, external_id: str, fields: Mapping[str, str], reason: str = "", **more: Any
) -> StatusReport:
    """Return a report that names its message by the provider's id, by our reference, or both."""
    return StatusReport(
        status=status, at=at, external_id=external_id, reference=reference_of(fields), reason=reason, **more
    )


def decode_possible_base64(text: str) -> str:
    """Return the text behind base64 that some carriers put into the body of a long message; other text unchanged.

    Only a long run without spaces that decodes to readable UTF-8 words counts; a character cut off at its end is left
    out, as the carrier cut it.
    """
    if not _BASE64.fullmatch(text) or len(text) % 4:
        return text
    try:
        octets = base64.b64decode(text, validate=True)
        decoded = octets.decode("utf-8")
    except binascii.Error:
        return text
    except UnicodeDecodeError as error:
        if error.start < len(octets) - 3:
            return text
        decoded = octets[: error.start].decode("utf-8")
    readable = sum(character.isprintable() or character in "\r\n\t" for character in decoded)
    return decoded if readable == len(decoded) and " " in decoded else text
