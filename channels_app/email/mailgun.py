"""Mailgun: routes that forward raw mails (an address ending in `mime`, field `body-mime`), and webhooks of events."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from channels_app.contract import EndpointInfo, StatusReport
from channels_app.email.posted import (
    Unchallenged,
    arrival_report,
    bounce_report,
    complaint_of,
    fields_of_form,
    instant_of_seconds,
    is_json,
    json_of,
    object_in,
    our_id,
    posted_mail,
    posted_report,
)
from channels_app.webhook import BadSignature, MalformedWebhook, RawEvent, WebhookRequest

MAILGUN = "mailgun"
_FAILURES = frozenset({"failed", "rejected"})
_KEPT = frozenset({"delivered", "complained"}) | _FAILURES
# it did not even try: the address had bounced before
_SUPPRESSED = "suppress-bounce"


class MailgunDoor(Unchallenged):
    """Satisfies webhook.WebhookDoor. The signature stands in the body: only its three fields are read before it."""

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Compare the HMAC-SHA256 of timestamp and token under the secret `signing_key`."""
        key = endpoint.secrets.get("signing_key", "")
        if not key:
            raise BadSignature("signing_key: not set.")
        if is_json(request):
            signed = object_in(json_of(request), "signature")
            timestamp, token, given = (str(signed.get(name, "")) for name in ("timestamp", "token", "signature"))
        else:
            form = fields_of_form(request)
            timestamp, token, given = (
                form.get(name, b"").decode("utf-8", "replace").strip() for name in ("timestamp", "token", "signature")
            )
        wanted = hmac.new(key.encode(), f"{timestamp}{token}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        if not token or not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
            raise BadSignature("signature: missing or wrong.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one mail or one event; events that say nothing of a delivery of ours are not kept."""
        if not is_json(request):
            raw = fields_of_form(request).get("body-mime", b"")
            if not raw.strip():
                raise MalformedWebhook("body-mime: missing; the address of the route must end in ?mime or /mime.")
            return (posted_mail(raw),)
        event = object_in(json_of(request), "event-data")
        if not event.get("event"):
            raise MalformedWebhook("event-data: missing.")
        temporary = event["event"] == "failed" and event.get("severity") == "temporary"
        if temporary or str(event["event"]) not in _KEPT or not _id_in(event):
            return ()
        # the id is unique within a day only
        event_id = f"{event.get('id')}:{event.get('timestamp')}"
        return (posted_report(endpoint=endpoint, event_id=event_id, event=event),)


def read_mailgun(*, event: dict[str, Any], received_at: datetime) -> StatusReport:
    """Return what a kept event says."""
    at = instant_of_seconds(event.get("timestamp"), received_at=received_at)
    recipient = event.get("recipient")
    if event["event"] not in _FAILURES:
        complaint = complaint_of(recipient) if event["event"] == "complained" else None
        return arrival_report(external_id=_id_in(event), at=at, recipient=recipient, complaint=complaint)
    answer = object_in(event, "delivery-status")
    said = (
        answer.get("code"),
        answer.get("message") or answer.get("description") or object_in(event, "reject").get("reason"),
    )
    return bounce_report(
        external_id=_id_in(event),
        at=at,
        recipient=recipient,
        reason=" ".join(str(item) for item in said if item),
        status=answer.get("enhanced-code"),
        reply_code=answer.get("code"),
        hard=True if event.get("reason") == _SUPPRESSED else None,
    )


def _id_in(event: dict[str, Any]) -> str:
    return our_id(object_in(object_in(event, "message"), "headers").get("message-id", ""))
