"""SendGrid: Inbound Parse ("POST the raw, full MIME message", field `email`), and the Event Webhook."""

import base64
import binascii
import hmac
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

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
    our_id,
    posted_mail,
    posted_report,
)
from channels_app.webhook import (
    BadSignature,
    MalformedWebhook,
    RawEvent,
    WebhookRequest,
    content_id,
    settings_text,
    verify_basic,
)

SENDGRID = "sendgrid"
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_FAILURES = frozenset({"bounce", "dropped"})
_KEPT = frozenset({"delivered", "spamreport"}) | _FAILURES
# it did not even try: the address had bounced before, or is none
_DEAD = frozenset({"bounced address", "invalid"})


class SendgridDoor(Unchallenged):
    """Satisfies webhook.WebhookDoor."""

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Check the signature under `verification_key` where there is one, else the password.

        Events must be signed where the key is set; Inbound Parse shows `hook_password`, as basic authentication or in
        the query.
        """
        key = settings_text(endpoint, "verification_key")
        if key and (request.header(SIGNATURE) or is_json(request)):
            _verify_signature(request, key=key)
            return
        wanted = endpoint.secrets.get("hook_password", "")
        given = next((value for name, value in request.query_pairs() if name == "hook_password"), "")
        if not wanted or not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
            verify_basic(request=request, endpoint=endpoint, user=SENDGRID)

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A form is one mail, a JSON list many events; those that say nothing of a delivery of ours are not kept."""
        if not is_json(request):
            raw = fields_of_form(request).get("email", b"")
            if not raw.strip():
                raise MalformedWebhook("email: missing; switch on that the raw, full MIME message is posted.")
            return (posted_mail(raw),)
        events = json_of(request)
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise MalformedWebhook("body: expected a JSON list of objects.")
        return tuple(
            posted_report(
                endpoint=endpoint,
                event_id=str(event.get("sg_event_id") or content_id(repr(sorted(event.items())))),
                event=event,
            )
            for event in events
            if event.get("event") in _KEPT and our_id(event.get("smtp-id", ""))
        )


def read_sendgrid(*, event: dict[str, Any], received_at: datetime) -> StatusReport:
    """Return what a kept event says."""
    external_id = our_id(event.get("smtp-id", ""))
    at = instant_of_seconds(event.get("timestamp"), received_at=received_at)
    recipient = event.get("email")
    if event["event"] not in _FAILURES:
        complaint = complaint_of(recipient) if event["event"] == "spamreport" else None
        return arrival_report(external_id=external_id, at=at, recipient=recipient, complaint=complaint)
    reason = str(event.get("reason") or "")
    verdict = True if event["event"] == "dropped" and reason.lower() in _DEAD else None
    return bounce_report(
        external_id=external_id,
        at=at,
        recipient=recipient,
        reason=reason,
        status=event.get("status"),
        hard=False if event.get("type") == "blocked" else verdict,
    )


def _verify_signature(request: WebhookRequest, *, key: str) -> None:
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise BadSignature("verification_key: not the public key that SendGrid shows.") from None
    if not isinstance(public, EllipticCurvePublicKey):
        raise BadSignature("verification_key: not a key of elliptic curves.")
    try:
        signature = base64.b64decode(request.header(SIGNATURE), validate=True)
        public.verify(signature, request.header(TIMESTAMP).encode() + request.body, ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        raise BadSignature(f"{SIGNATURE}: missing or wrong.") from None
