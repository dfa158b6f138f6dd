"""What the providers share that post mails and delivery reports. Pure.

A mail is stored as it was sent. A report is stored as one line that names the endpoint's webhook, then the provider's
JSON: the webhook's address is known to nobody else, so that no mail can pass itself off as a report.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from channels_app.contract import BounceReport, ComplaintReport, DeliveryStatus, EndpointInfo, StatusReport
from channels_app.email.bounce_causes import is_hard
from channels_app.email.bounce_dialects import codes_within
from channels_app.email.headers import message_ids
from channels_app.email.parse import message_identity
from channels_app.email.reports import MAX_REASON
from channels_app.email.structure import parse_structure
from channels_app.webhook import MAX_FIELDS, MalformedWebhook, RawEvent, WebhookAnswer, WebhookRequest

# what `addresses.outgoing_message_id` makes: mails of other systems on the same provider account are not ours
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,4}")
_REPLY = re.compile(r"[245]\d\d")
_OURS = re.compile(r"m[0-9a-f]+\.[0-9a-f]{24}@[^@\s]+")


class Unchallenged:
    """The part of webhook.WebhookDoor that is the same for all three."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """There is no handshake."""
        return None

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Anything with the status 200 ends the delivery."""
        return WebhookAnswer()


def posted_mail(raw: bytes) -> RawEvent:
    """Return a raw mail as a door stores it."""
    return RawEvent(external_id=message_identity(raw), raw=raw)


def posted_report(*, endpoint: EndpointInfo, event_id: str, event: Mapping[str, Any]) -> RawEvent:
    """Return a report as a door stores it."""
    body = json.dumps(event, ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace")
    return RawEvent(external_id=f"event:{event_id}", raw=_mark(endpoint) + body)


def is_report(raw: bytes, endpoint: EndpointInfo) -> bool:
    """Tell whether `raw` was made by posted_report for this endpoint."""
    return raw.startswith(_mark(endpoint))


def report_in(raw: bytes) -> dict[str, Any]:
    """Return the provider's JSON that posted_report kept."""
    found: dict[str, Any] = json.loads(raw.partition(b"\n")[2])
    return found


def our_id(value: object) -> str:
    """Return the Message-ID without brackets if it is one that we give, else ''."""
    found = message_ids(f"<{str(value).strip().strip('<>')}>".encode("utf-8", "replace"))[:1]
    return found[0] if found and _OURS.fullmatch(found[0]) else ""


def arrival_report(
    *, external_id: str, at: datetime, recipient: object, complaint: ComplaintReport | None = None
) -> StatusReport:
    """Return the report of a delivery to this recipient, or of their complaint: who complains has received it."""
    return StatusReport(
        status=DeliveryStatus.DELIVERED,
        at=at,
        external_id=external_id,
        mailbox=_mailbox(recipient),
        complaint=complaint,
    )


def bounce_report(
    *,
    external_id: str,
    at: datetime,
    recipient: object,
    reason: str,
    status: object = "",
    reply_code: object = "",
    hard: bool | None = None,
) -> StatusReport:
    """Return the report of a failure for this recipient, in the words of the server or the provider.

    `hard` is the provider's own verdict where it gives one; else the words and the codes tell.
    """
    said = " ".join(reason.split())
    codes = codes_within(said)
    status, reply_code = _code(_STATUS, status) or codes[0], _code(_REPLY, reply_code) or codes[1]
    bounce = BounceReport(
        recipient=_mailbox(recipient),
        status=status,
        reply_code=reply_code,
        hard=is_hard(status=status, reply_code=reply_code, said=said) if hard is None else hard,
        reason=said[:MAX_REASON] or "the provider gives no reason",
        message_id=external_id,
    )
    return StatusReport(
        status=DeliveryStatus.FAILED, at=at, external_id=external_id, mailbox=bounce.recipient, bounce=bounce
    )


def complaint_of(recipient: object, nature: object = "") -> ComplaintReport:
    """Return the complaint of this recipient."""
    return ComplaintReport(recipient=_mailbox(recipient), nature=str(nature or "")[:40].lower())


def _mailbox(recipient: object) -> str:
    return str(recipient or "").strip().strip("<>")[:320]


def _code(form: re.Pattern[str], value: object) -> str:
    found = str(value or "").strip()
    return found if form.fullmatch(found) else ""


def instant_of_seconds(value: object, *, received_at: datetime) -> datetime:
    """Return the instant of Unix seconds, `received_at` where they are none."""
    try:
        return datetime.fromtimestamp(float(str(value)), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return received_at


def fields_of_form(request: WebhookRequest) -> dict[str, bytes]:
    """Return the fields of a form, urlencoded or in parts, byte by byte; the last of a name counts.

    Raises MalformedWebhook for another type of content.
    """
    kind = request.header("content-type").split(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(
                request.body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_FIELDS
            )
        except ValueError:
            raise MalformedWebhook(f"At most {MAX_FIELDS} fields are taken.") from None
        return {name: value.encode("latin-1") for name, value in pairs}
    if kind == "multipart/form-data":
        head = f"Content-Type: {' '.join(request.header('content-type').split())}\r\n\r\n"
        form, _ = parse_structure(head.encode("utf-8", "replace") + request.body)
        return {part.disposition.parameters.get("name", ""): part.raw_body for part in form.children}
    raise MalformedWebhook("content-type: expected a form.")


def json_of(request: WebhookRequest) -> Any:
    """Return the JSON of the body; raises MalformedWebhook."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise MalformedWebhook("body: expected JSON.") from None


def is_json(request: WebhookRequest) -> bool:
    """Tell whether the body says that it is JSON."""
    return request.header("content-type").split(";")[0].strip().lower() == "application/json"


def object_in(document: object, name: str) -> dict[str, Any]:
    """Return the object of this name, {} where there is none."""
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _mark(endpoint: EndpointInfo) -> bytes:
    token = endpoint.webhook_url.rstrip("/").rpartition("/")[2]
    return f"posted report of {hashlib.sha256(token.encode()).hexdigest()}\n".encode()
