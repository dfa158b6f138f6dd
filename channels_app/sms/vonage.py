"""Vonage (Nexmo) SMS: webhooks as query, form or JSON, signed by a parameter `sig` or by a JWT.

https://developer.vonage.com/en/getting-started/concepts/signing-messages and /webhooks. A number's settings name one
address for messages and one for reports: both may be the endpoint's webhook, a report has a status.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from channels_app.contract import (
    AdapterError,
    Delivered,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    OutboundMessage,
    Piece,
)
from channels_app.outbound import send_request
from channels_app.sms.inbound import (
    fields_of,
    first_values,
    inbound_sms,
    instant_of,
    number_of,
    report,
    required,
)
from channels_app.sms.outbound import callback_url, text_only
from channels_app.sms.segments import count_segments
from channels_app.webhook import (
    BadSignature,
    MalformedWebhook,
    Provider,
    ProviderField,
    RawEvent,
    WebhookAnswer,
    WebhookRequest,
    kept,
    reopened,
    settings_text,
)

API_URL = "https://rest.nexmo.com"
SIGNATURE_METHODS = ("hmac-sha256", "hmac-sha512", "hmac-sha1", "hmac-md5", "md5")
_STATUSES: dict[str, DeliveryStatus | None] = {
    "accepted": DeliveryStatus.SENT,
    "buffered": DeliveryStatus.SENT,
    "submitted": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "expired": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "rejected": DeliveryStatus.FAILED,
    "undeliverable": DeliveryStatus.FAILED,
    "unknown": None,
}
# https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
_REPORT_REASONS = {
    "1": "unknown reason",
    "2": "the telephone is out of reach for now",
    "3": "the telephone is out of reach for good",
    "4": "the recipient blocks messages of this kind",
    "5": "the number was carried over and routed wrongly",
    "6": "rejected as spam",
    "7": "the telephone was busy",
    "8": "a network on the way failed",
    "9": "the recipient takes no messages of this sender",
    "10": "the message itself was refused",
    "11": "no route",
    "12": "the destination is out of reach",
    "13": "the recipient must be of age",
    "14": "the carrier blocks this number",
    "15": "the balance is used up",
    "39": "the sender is not allowed there",
    "50": "the content is refused",
    "99": "general error",
}
# statuses of the answer to a request; the others are final
_THROTTLED = "1"
# GSM counts the parts of a message in one octet
MOST_PARTS = 255
_CONCATENATION = ("concat-ref", "concat-part", "concat-total")
_TEMPORARY = frozenset({_THROTTLED, "5"})


def signature_of(*, fields: Mapping[str, Any], secret: str, method: str) -> str:
    """Return `sig`: a digest over "&name=value" of all fields but itself, sorted by name; & and = become _."""
    text = "".join(
        f"&{name}={str(value).replace('&', '_').replace('=', '_')}"
        for name, value in sorted(fields.items())
        if name != "sig"
    )
    if method == "md5":
        # the provider's own oldest scheme
        return hashlib.md5(f"{text}{secret}".encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), text.encode(), method.removeprefix("hmac-")).hexdigest()


def token_fits(*, token: str, secret: str, body: bytes) -> bool:
    """Return whether a JWT (RFC 7519, HS256) is signed with the secret and, if it names one, has the body's SHA-256.

    Its times are not looked at: what is sent twice is one receipt.
    """
    try:
        head, claims, signature = token.split(".")
        made = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(made, _from_base64url(signature)):
            return False
        if json.loads(_from_base64url(head)).get("alg") != "HS256":
            return False
        wanted = json.loads(_from_base64url(claims)).get("payload_hash")
    except (ValueError, AttributeError, binascii.Error):
        return False
    return wanted is None or hmac.compare_digest(str(wanted).encode(), hashlib.sha256(body).hexdigest().encode())


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _fields(request: WebhookRequest) -> dict[str, str]:
    """The fields of the query, a form or a JSON object."""
    if "json" not in request.header("content-type"):
        return fields_of(request)
    try:
        document = json.loads(request.body)
    except ValueError:
        raise MalformedWebhook("body: expected JSON.") from None
    if not isinstance(document, dict):
        raise MalformedWebhook("body: expected a JSON object.")
    given = {name: str(value) for name, value in document.items() if isinstance(value, str | int | float)}
    return first_values([*given.items(), *request.query_pairs()])


class VonageDoor:
    """Satisfies webhook.WebhookDoor."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """A call without anything is the console's test of the address."""
        nothing = not request.body.strip() and not set(first_values(request.query_pairs())) - {"report", "ref"}
        return WebhookAnswer() if nothing else None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Check the JWT of the Authorization header where there is one, else `sig`."""
        secret = endpoint.secrets.get("signature_secret", "")
        if not secret:
            raise BadSignature("signature_secret: the endpoint has none, so nothing can be proven.")
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme.lower() == "bearer":
            if not token_fits(token=token.strip(), secret=secret, body=request.body):
                raise BadSignature("Authorization: the token does not fit the signature secret and the body.")
            return
        # the signature stands among the fields: they must be read to find it, and nothing else is done with them
        fields = {name: value for name, value in _fields(request).items() if name not in {"report", "ref"}}
        given = fields.get("sig", "")
        if not given:
            raise BadSignature("sig: the field is missing; switch signed webhooks on.")
        method = settings_text(endpoint, "signature_method", SIGNATURE_METHODS[0])
        if method not in SIGNATURE_METHODS:
            raise BadSignature(f"signature_method: expected one of {', '.join(SIGNATURE_METHODS)}.")
        made = signature_of(fields=fields, secret=secret, method=method)
        if not hmac.compare_digest(made.encode(), given.lower().encode()):
            raise BadSignature("sig: does not fit the signature secret and the fields.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one message or one report."""
        fields = _fields(request)
        message_id = _message_id(fields)
        if "report" in fields or "status" in fields:
            if not message_id:
                return ()
            return (RawEvent(external_id=f"status:{message_id}:{fields.get('status', '')}", raw=kept(request)),)
        if not fields.get("to"):
            return ()
        required({"messageId": message_id, "msisdn": _sender(fields)}, "messageId", "msisdn")
        number_of(_sender(fields), field="msisdn")
        return (RawEvent(external_id=message_id, raw=kept(request)),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Any 2xx."""
        return WebhookAnswer()


class VonageAdapter:
    """Satisfies contract.Adapter."""

    channel = "sms"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return the message or the report."""
        request = reopened(raw)
        fields = _fields(request)
        at = instant_of(_instant(fields), received_at=received_at)
        if "report" in fields or "status" in fields:
            word = fields.get("status", "").lower()
            status = _STATUSES.get(word)
            if status is None:
                return Ignored(reason=f"the status {word[:40]!r} says nothing")
            code = fields.get("err-code", "0")
            return report(
                status=status,
                at=at,
                external_id=_message_id(fields),
                fields=first_values(request.query_pairs()),
                reason=f"{word}, {code}: {_REPORT_REASONS.get(code, 'see the list of delivery errors')}",
            )
        text = fields.get("text", "")
        parts: dict[str, str] = {name: fields[name] for name in _CONCATENATION if name in fields}
        sms = inbound_sms(
            endpoint=endpoint,
            external_id=_message_id(fields),
            sender=number_of(_sender(fields), field="msisdn"),
            text=text,
            at=at,
            headers={"to": fields.get("to", ""), **parts},
        )
        return replace(sms, piece=_piece(fields))

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send by the SMS API; the answer names each part, the first id stands for the message."""
        text_only(message)
        segments = count_segments(message.text)
        answer = send_request(
            method="POST",
            url=f"{_api_url(endpoint)}/sms/json",
            form={
                **_login(endpoint),
                "from": endpoint.address.removeprefix("+"),
                "to": message.recipient.value.removeprefix("+"),
                "text": message.text,
                "type": "unicode" if segments.encoding == "ucs2" else "text",
                "status-report-req": "1",
                "callback": callback_url(endpoint, message),
                "client-ref": message.client_uuid[:40],
            },
        ).json()
        told = answer.get("messages") if isinstance(answer, dict) else None
        if not isinstance(told, list) or not told:
            raise AdapterError("Vonage answered without saying what became of the message.", permanent=False)
        for part in told:
            status = str(part.get("status", ""))
            if status != "0":
                raise AdapterError(
                    f"Vonage refused the message ({status}): {part.get('error-text', '')}"[:400],
                    permanent=status not in _TEMPORARY,
                )
        return Delivered(external_id=str(told[0].get("message-id") or ""), parts=len(told))

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask for the balance."""
        answer = send_request(
            method="GET", url=f"{_api_url(endpoint)}/account/get-balance", params=_login(endpoint), refuse_errors=False
        )
        if answer.status in {401, 403}:
            raise AdapterError("api_key or api_secret: Vonage does not know them together.", permanent=True)
        if answer.status != 200:
            raise AdapterError(f"Vonage answered {answer.status}.", permanent=False)
        if not endpoint.secrets.get("signature_secret"):
            raise AdapterError("signature_secret: set it, or no message can come in.", permanent=True)
        return f"Vonage answers; the balance is {answer.json().get('value')} EUR."


def _piece(fields: Mapping[str, str]) -> Piece | None:
    """Return which part of a long message it is; None for a whole one, and where the numbers make no sense."""
    texts = [fields.get(name, "") for name in _CONCATENATION]
    if not all(text.isascii() and text.isdigit() and len(text) <= 5 for text in texts):
        return None
    reference, number, total = map(int, texts)
    whole = fields.get("concat", "true").lower() == "false"
    return (
        None
        if whole or not 1 <= number <= total <= MOST_PARTS or total == 1
        else Piece(reference=str(reference), number=number, total=total)
    )


def _message_id(fields: Mapping[str, str]) -> str:
    return fields.get("messageId") or fields.get("message_uuid", "")


def _sender(fields: Mapping[str, str]) -> str:
    return fields.get("msisdn") or fields.get("from", "")


def _instant(fields: Mapping[str, str]) -> datetime | None:
    """`message-timestamp` ("2026-06-15 09:00:00", UTC) or `timestamp` in ISO 8601; other forms count as not given."""
    try:
        found = datetime.fromisoformat(fields.get("message-timestamp") or fields.get("timestamp", ""))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.utcoffset() is None else found


def _api_url(endpoint: EndpointInfo) -> str:
    return settings_text(endpoint, "api_url", API_URL).rstrip("/")


def _login(endpoint: EndpointInfo) -> dict[str, str]:
    key, secret = settings_text(endpoint, "account_key"), endpoint.secrets.get("api_secret")
    if not key or not secret:
        raise AdapterError("account_key and api_secret: set both for this endpoint.", permanent=True)
    return {"api_key": key, "api_secret": secret}


VONAGE = Provider(
    name="vonage",
    adapter=VonageAdapter(),
    door=VonageDoor(),
    fields=(
        ProviderField(name="account_key"),
        ProviderField(name="api_secret", secret=True),
        ProviderField(name="signature_secret", secret=True),
        ProviderField(name="signature_method", required=False, choices=SIGNATURE_METHODS),
        ProviderField(name="api_url", required=False),
    ),
)
