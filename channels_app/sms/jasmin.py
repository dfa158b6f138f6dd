"""Jasmin SMS gateway, HTTP API (https://docs.jasminsms.com/en/latest/apis/ja-http/index.html).

Incoming messages are thrown to the endpoint's webhook by an HTTP client connector; it wants "ACK/Jasmin" back, or it
throws again.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote_to_bytes, urljoin

from channels_app.contract import (
    AdapterError,
    Delivered,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    OutboundMessage,
)
from channels_app.outbound import send_request
from channels_app.sms.inbound import fields_of, inbound_sms, number_of, report, required
from channels_app.sms.outbound import callback_url, required_url, text_only
from channels_app.sms.passwords import SECRET, PasswordDoor, password_pair
from channels_app.sms.segments import count_segments, decode_gsm7
from channels_app.webhook import (
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

ACKNOWLEDGED = b"ACK/Jasmin"
# SMPP 3.4, table B-2, as Jasmin passes them on
_STATUSES = {
    "DELIVRD": DeliveryStatus.DELIVERED,
    "ACCEPTD": DeliveryStatus.SENT,
    "ENROUTE": DeliveryStatus.SENT,
    "ESME_ROK": DeliveryStatus.SENT,
    "UNDELIV": DeliveryStatus.FAILED,
    "EXPIRED": DeliveryStatus.FAILED,
    "DELETED": DeliveryStatus.FAILED,
    "REJECTD": DeliveryStatus.FAILED,
    "UNKNOWN": DeliveryStatus.FAILED,
}
_TAKEN = re.compile(r'Success "([^"]{1,200})"')


class JasminDoor(PasswordDoor):
    """Satisfies webhook.WebhookDoor."""

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one message or one report."""
        fields = fields_of(request)
        required(fields, "id")
        if _is_report(fields):
            status = _status(fields)
            if status is None:
                raise MalformedWebhook("message_status: not known, and neither dlvrd nor err is 1.")
            return (RawEvent(external_id=f"status:{fields['id']}:{status}", raw=kept(request)),)
        required(fields, "to", "from")
        number_of(fields["from"], field="from")
        return (RawEvent(external_id=fields["id"], raw=kept(request)),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """The word that stops Jasmin from throwing again."""
        return WebhookAnswer(body=ACKNOWLEDGED)


class JasminAdapter:
    """Satisfies contract.Adapter."""

    channel = "sms"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return the message or the report."""
        request = reopened(raw)
        fields = fields_of(request)
        if _is_report(fields):
            status = _status(fields)
            if status is None:
                return Ignored(reason="the report says nothing")
            return report(
                status=status,
                at=received_at,
                external_id=fields["id"],
                fields=fields,
                reason=f"{fields.get('message_status', '')} error {fields.get('err', '')}".strip(),
            )
        return inbound_sms(
            endpoint=endpoint,
            external_id=fields["id"],
            sender=number_of(fields["from"], field="from"),
            text=_text(request, fields),
            at=received_at,
            headers={"to": fields.get("to", "")},
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Call /send; a text outside the GSM alphabet goes as UTF-16 in hexadecimal."""
        text_only(message)
        segments = count_segments(message.text)
        params = {
            **_login(endpoint),
            "from": endpoint.address,
            "to": message.recipient.value,
            "dlr": "yes",
            "dlr-level": "2",
            "dlr-method": "POST",
            "dlr-url": callback_url(endpoint, message, *password_pair(endpoint)),
        }
        if segments.encoding == "ucs2":
            params |= {"coding": "8", "hex-content": message.text.encode("utf-16-be").hex()}
        else:
            params |= {"coding": "0", "content": message.text}
        answer = send_request(method="GET", url=required_url(endpoint, "send_url"), params=params)
        taken = _TAKEN.match(answer.text)
        if taken is None:
            raise AdapterError(f"The gateway refused the message: {answer.text[:200]}", permanent=False)
        return Delivered(external_id=taken[1], parts=segments.parts)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask for the balance of the user."""
        url = urljoin(required_url(endpoint, "send_url"), "balance")
        answer = send_request(method="GET", url=url, params=_login(endpoint), refuse_errors=False)
        if answer.status in {401, 403}:
            raise AdapterError("username or password: the gateway does not know them together.", permanent=True)
        if answer.status != 200:
            raise AdapterError(f"The gateway answered {answer.status}: {answer.text[:200]}", permanent=False)
        return f"The gateway answers; the balance is {answer.json().get('balance')}."


def _is_report(fields: Mapping[str, str]) -> bool:
    return not {"content", "binary", "from", "From"} & fields.keys()


def _status(fields: Mapping[str, str]) -> DeliveryStatus | None:
    """`message_status` where it is known, else the counters of the SMPP receipt."""
    named = _STATUSES.get(fields.get("message_status", "").upper())
    if named is not None:
        return named
    if fields.get("dlvrd", "").lstrip("0") == "1":
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.FAILED if fields.get("err", "").lstrip("0") == "1" else None


def _text(request: WebhookRequest, fields: Mapping[str, str]) -> str:
    """The text by its SMPP data coding; `binary` holds the octets in hexadecimal."""
    coding = fields.get("coding", "0")
    if fields.get("binary"):
        try:
            octets = bytes.fromhex(fields["binary"])
        except ValueError:
            raise AdapterError("binary: expected hexadecimal digits.", permanent=True) from None
    else:
        octets = _content_octets(request)
    if coding == "8":
        return octets.decode("utf-16-be", "replace")
    if coding == "3":
        return octets.decode("latin-1")
    return decode_gsm7(octets) if max(octets, default=0) < 0x80 else octets.decode("utf-8", "replace")


def _content_octets(request: WebhookRequest) -> bytes:
    """The octets of `content` as they were sent: no text until the coding is known."""
    for pair in [*request.body.split(b"&"), *request.query.encode().split(b"&")]:
        name, _, value = pair.partition(b"=")
        if name == b"content":
            return unquote_to_bytes(value.replace(b"+", b" "))
    return b""


def _login(endpoint: EndpointInfo) -> dict[str, str]:
    user, password = settings_text(endpoint, "username"), endpoint.secrets.get("password")
    if not user or not password:
        raise AdapterError("username and password: set both for this endpoint.", permanent=True)
    return {"username": user, "password": password}


JASMIN = Provider(
    name="jasmin",
    adapter=JasminAdapter(),
    door=JasminDoor(),
    fields=(
        ProviderField(name="send_url"),
        ProviderField(name="username"),
        ProviderField(name="password", secret=True),
        ProviderField(name=SECRET, secret=True, required=False),
    ),
)
