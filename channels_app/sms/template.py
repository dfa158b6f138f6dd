"""What the settings of an endpoint say of a gateway that has no adapter of its own: names, forms and words. Pure.

`settings["inbound"]`: {"text", "sender", "id"?, "at"?, "to"?: names of fields, "at_format"?: iso | seconds |
milliseconds | a strptime format, "time_zone"?, "charset"?, "items"?: path to a list of messages, "sender_prefix"?}.
`settings["reports"]`: {"id" and/or "reference", "status", "reason"?: names, "words": {word: sent | delivered | read |
failed | ignored}, "items"?}. `settings["answer"]`: {"body"?, "content_type"?}.
`settings["send"]`: {"url", "method"?, "form" | "query" | "json" | "body": with {to}, {to_digits}, {from}, {text},
{reference}, {callback} and {secret:NAME} in its texts, "headers"?, "accepted"?: pattern of the answer, "id"?: path or
pattern}.
Names are those of form and query fields, or dotted paths into JSON ("message.from.0"); "a|b" is a, or b without it.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels_app.sms.inbound import first_values
from channels_app.webhook import MalformedWebhook, WebhookRequest

_PLACE = re.compile(r"\{(secret:)?([a-z_]+)\}")


def items_of(request: WebhookRequest, *, path: str, charset: str) -> list[Mapping[str, Any]]:
    """Return the messages of a request: the objects at `path` of its JSON, else the one that it is itself."""
    content_type = request.header("content-type").lower()
    if "json" in content_type or request.body.lstrip()[:1] in {b"{", b"["}:
        try:
            document = json.loads(request.body)
        except ValueError:
            raise MalformedWebhook("body: expected JSON.") from None
        found = value_at(document, path) if path else document
        if found is None:
            raise MalformedWebhook(f"{path}: the field is required.")
        items = found if isinstance(found, list) else [found]
        if not all(isinstance(item, dict) for item in items):
            raise MalformedWebhook(f"{path or 'body'}: expected JSON objects.")
        query = first_values(request.query_pairs())
        return [{**query, **item} for item in items]
    return [first_values([*_form(request, charset), *_decoded(request.query, charset)])]


def value_at(document: Any, path: str) -> Any:
    """Return what stands at a dotted path (numbers index lists), None where nothing does."""
    if isinstance(document, dict) and path in document:
        return document[path]
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def text_at(item: Mapping[str, Any], name: str | None) -> str:
    """Return a field as text; '' for one that is missing, null, or no plain value."""
    values = (value_at(item, option) for option in (name or "").split("|") if option)
    value = next((found for found in values if found is not None), None)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def parse_instant(text: str, *, form: str, time_zone: str) -> datetime:
    """Return the instant that `text` names in the form; MalformedWebhook where it does not."""
    try:
        if form == "seconds":
            return datetime.fromtimestamp(int(text), tz=UTC)
        if form == "milliseconds":
            return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
        # gateways that give no offset mean the zone of the settings
        at = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
        return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(time_zone))
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        raise MalformedWebhook(f"The time {text[:40]!r} is not in the form {form!r}.") from None


def filled(document: Any, values: Mapping[str, str], secrets: Mapping[str, str]) -> Any:
    """Return the document with every {name} and {secret:NAME} of its texts replaced; unknown names stay."""
    if isinstance(document, str):
        return _PLACE.sub(lambda found: (secrets if found[1] else values).get(found[2], found[0]), document)
    if isinstance(document, dict):
        return {name: filled(value, values, secrets) for name, value in document.items()}
    if isinstance(document, list):
        return [filled(value, values, secrets) for value in document]
    return document


def _form(request: WebhookRequest, charset: str) -> list[tuple[str, str]]:
    content_type = request.header("content-type").split(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        return _multipart(request)
    if content_type not in {"", "application/x-www-form-urlencoded"}:
        return []
    return _decoded(request.body.decode("latin-1").strip(), charset)


def _multipart(request: WebhookRequest) -> list[tuple[str, str]]:
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n".encode()
    pairs = []
    for part in message_from_bytes(head + request.body).walk():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            pairs.append((name, value.decode("utf-8", "replace").rstrip("\r\n")))
    return pairs


def _decoded(text: str, charset: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=1000, encoding=charset)
    except (ValueError, LookupError) as error:
        raise MalformedWebhook(f"The fields cannot be read: {error}") from None
