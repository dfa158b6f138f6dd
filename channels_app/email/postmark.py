"""Postmark: its inbound webhook ("Include raw email content in JSON payload"), and the webhooks of bounces and such.

It signs nothing: user and password stand in the webhook's address. It gives mails ids of its own, so that ours travels
as metadata (`compose`).
"""

from datetime import datetime
from typing import Any

from channels_app.contract import EndpointInfo, StatusReport
from channels_app.email.posted import (
    Unchallenged,
    arrival_report,
    bounce_report,
    complaint_of,
    json_of,
    object_in,
    our_id,
    posted_mail,
    posted_report,
)
from channels_app.webhook import MalformedWebhook, RawEvent, WebhookRequest, content_id, verify_basic

POSTMARK = "postmark"
METADATA = "message-id"
_KEPT = frozenset({"Delivery", "Bounce", "SpamComplaint"})
# its own verdicts; of the other types the words tell
_VERDICTS = {"HardBounce": True, "BadEmailAddress": True, "SoftBounce": False, "SpamNotification": False}
# bounces that say nothing against the delivery: it is still tried, or a machine answered
_NO_FAILURES = frozenset(
    {
        "Transient",
        "DnsError",
        "AutoResponder",
        "AddressChange",
        "ChallengeVerification",
        "OpenRelayTest",
        "Subscribe",
        "Unsubscribe",
    }
)


class PostmarkDoor(Unchallenged):
    """Satisfies webhook.WebhookDoor."""

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Compare user and password of basic authentication."""
        verify_basic(request=request, endpoint=endpoint, user=POSTMARK)

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one mail or one event; events that say nothing of a delivery of ours are not kept."""
        document = json_of(request)
        if not isinstance(document, dict):
            raise MalformedWebhook("body: expected a JSON object.")
        kind = str(document.get("RecordType") or "Inbound")
        if kind == "Inbound":
            raw = document.get("RawEmail")
            if not isinstance(raw, str) or not raw.strip():
                raise MalformedWebhook("RawEmail: missing; switch on that the raw mail is included.")
            return (posted_mail(raw.encode("utf-8", "replace")),)
        if kind not in _KEPT or document.get("Type") in _NO_FAILURES or not _id_in(document):
            return ()
        parts = (kind, *(str(document.get(name, "")) for name in ("MessageID", "ID", "Recipient", "Email")))
        return (posted_report(endpoint=endpoint, event_id=content_id(*parts), event=document),)


def read_postmark(*, event: dict[str, Any], received_at: datetime) -> StatusReport:
    """Return what a kept event says."""
    at = _instant(event.get("DeliveredAt") or event.get("BouncedAt"), received_at=received_at)
    recipient = event.get("Email") or event.get("Recipient")
    if event["RecordType"] != "Bounce":
        complaint = complaint_of(recipient) if event["RecordType"] == "SpamComplaint" else None
        return arrival_report(external_id=_id_in(event), at=at, recipient=recipient, complaint=complaint)
    said = (event.get("Description"), event.get("Details"))
    return bounce_report(
        external_id=_id_in(event),
        at=at,
        recipient=recipient,
        reason=" ".join(str(item) for item in said if item),
        hard=_VERDICTS.get(str(event.get("Type"))),
    )


def _id_in(event: dict[str, Any]) -> str:
    return our_id(object_in(event, "Metadata").get(METADATA, ""))


def _instant(value: object, *, received_at: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return received_at
    return received_at if found.utcoffset() is None else found
