"""Twilio Programmable Messaging, and services that speak its dialect (SignalWire and others: `api_url`).

Webhooks are forms signed over the full address and all fields; https://www.twilio.com/docs/usage/security. A sender
"whatsapp:+..." is served by an endpoint whose address has the same prefix.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from channels_app.contract import (
    AdapterError,
    Delivered,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    OutboundMessage,
    RemoteFile,
)
from channels_app.outbound import Answer, error_of, fetch_file, send_request
from channels_app.sms.inbound import (
    decode_possible_base64,
    fields_of,
    first_values,
    inbound_sms,
    number_of,
    report,
    required,
)
from channels_app.sms.outbound import MAX_MEDIA, callback_url, text_or_files
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

API_URL = "https://api.twilio.com"
EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_WHATSAPP = "whatsapp:"
_STATUSES: dict[str, DeliveryStatus | None] = {
    "accepted": None,
    "scheduled": None,
    "queued": None,
    "sending": None,
    "receiving": None,
    "received": None,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partially_delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
# https://www.twilio.com/docs/api/errors: those that a person can act on; the code itself is always shown
_REASONS = {
    "21211": "the number is not valid",
    "21408": "the account may not send to this country",
    "21610": "the recipient has opted out (STOP)",
    "21612": "the number cannot be reached from this sender",
    "21614": "the number is no mobile number",
    "30003": "the telephone is switched off or out of reach",
    "30004": "the recipient has blocked this number",
    "30005": "the number is unknown or no longer exists",
    "30006": "the number is a landline or its carrier is out of reach",
    "30007": "the carrier filtered the message as spam",
    "30008": "the carrier gave no reason",
    "63016": "outside the 24-hour window only templates may be sent",
}
OPTED_OUT = "21610"


def signature_of(*, url: str, fields: Iterable[tuple[str, str]], auth_token: str) -> str:
    """Return the signature of a request: HMAC-SHA1 over the address and the sorted, distinct fields, in base64."""
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode("ascii")


def signature_fits(
    *, url: str, fields: Iterable[tuple[str, str]], body: bytes, signature: str, auth_token: str
) -> bool:
    """Return whether Twilio sent this; it may sign the address with or without its port.

    A form is covered by its fields, another body by its SHA-256 in the address (`bodySHA256`); what nothing covers
    does not fit.
    """
    pairs = list(fields)
    if wanted := re.search(r"[?&]bodySHA256=([0-9a-fA-F]+)", url):
        covered = hmac.compare_digest(hashlib.sha256(body).hexdigest(), wanted[1].lower())
    else:
        covered = bool(pairs) or not body.strip()
    made = [signature_of(url=variant, fields=pairs, auth_token=auth_token) for variant in _with_and_without_port(url)]
    # every variant is compared, so that the time tells nothing
    fitting = [hmac.compare_digest(item.encode(), signature.encode()) for item in made]
    return any(fitting) and covered


def _with_and_without_port(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return tuple(urlunsplit(parts._replace(netloc=netloc)) for netloc in (host, f"{host}:{port}"))


class TwilioDoor:
    """Satisfies webhook.WebhookDoor."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """There is no handshake."""
        return None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Check X-Twilio-Signature."""
        signature = request.header("x-twilio-signature")
        token = endpoint.secrets.get("auth_token", "")
        if not signature:
            raise BadSignature("X-Twilio-Signature: the header is missing.")
        fields = request.form_pairs() if request.method == "POST" else []
        if not token or not signature_fits(
            url=request.url, fields=fields, body=request.body, signature=signature, auth_token=token
        ):
            raise BadSignature("X-Twilio-Signature: does not fit the auth token and the address of the webhook.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one message or one report; a report without a status is nothing."""
        fields = fields_of(request)
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        if _is_report(fields):
            status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
            if not status:
                return ()
            if status not in _STATUSES:
                raise MalformedWebhook(f"MessageStatus: {status[:40]!r} is not known.")
            required({"MessageSid": sid}, "MessageSid")
            return (RawEvent(external_id=f"status:{sid}:{status}", raw=kept(request)),)
        required({**fields, "MessageSid": sid}, "MessageSid", "From")
        number_of(fields["From"], field="From")
        return (RawEvent(external_id=sid, raw=kept(request)),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """An empty TwiML document: answer nothing by yourself."""
        return WebhookAnswer(body=EMPTY_TWIML, content_type="text/xml; charset=utf-8")


def _is_report(fields: Mapping[str, str]) -> bool:
    """Our status callback says so by its address; others by a status that no incoming message has."""
    if "report" in fields:
        return True
    return fields.get("MessageStatus", "received") != "received" and "Body" not in fields


class TwilioAdapter:
    """Satisfies contract.Adapter and abilities.FetchesFiles."""

    channel = "sms"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return the message or the report."""
        request = reopened(raw)
        fields = fields_of(request)
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        if _is_report(fields):
            word = fields.get("MessageStatus") or fields.get("SmsStatus", "")
            status = _STATUSES.get(word)
            if status is None:
                return Ignored(reason=f"the message is {word}")
            code = fields.get("ErrorCode", "")
            return report(
                status=status,
                at=received_at,
                external_id=sid,
                fields=first_values(request.query_pairs()),
                reason=_reason(code, fields.get("ErrorMessage", "")) if code else "",
                opted_out=code == OPTED_OUT,
            )
        return inbound_sms(
            endpoint=endpoint,
            external_id=sid,
            sender=number_of(fields["From"], field="From"),
            text=_text(fields),
            at=received_at,
            parts=int(fields["NumSegments"]) if fields.get("NumSegments", "").isdecimal() else None,
            files=tuple(_files(fields)),
            name=fields.get("ProfileName", ""),
            headers={"to": fields.get("To", "")},
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send by the Messages resource; reports come to our webhook with our own reference."""
        text_or_files(message)
        prefix = _WHATSAPP if endpoint.address.startswith(_WHATSAPP) else ""
        form: dict[str, str | list[str]] = {
            "To": f"{prefix}{message.recipient.value}",
            **({"Body": message.text} if message.text else {}),
            **({"MediaUrl": [file.url for file in message.attachments]} if message.attachments else {}),
            "StatusCallback": callback_url(endpoint, message),
        }
        service = settings_text(endpoint, "messaging_service_sid")
        form |= {"MessagingServiceSid": service} if service else {"From": endpoint.address}
        answer = send_request(
            method="POST",
            url=f"{_account_url(endpoint)}/Messages.json",
            form=form,
            auth=_auth(endpoint),
            refuse_errors=False,
        )
        if not 200 <= answer.status < 300:
            raise _refusal(answer)
        # without a sid the message was taken all the same: reports name it by our reference
        return Delivered(external_id=str(answer.json().get("sid") or ""), parts=_parts(message))

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Ask for the account's own resource."""
        answer = send_request(
            method="GET", url=f"{_account_url(endpoint)}.json", auth=_auth(endpoint), refuse_errors=False
        )
        if answer.status in {401, 403}:
            raise AdapterError("account_sid or auth_token: Twilio does not know them together.", permanent=True)
        if answer.status == 404:
            raise AdapterError("account_sid: Twilio knows no such account.", permanent=True)
        if answer.status != 200:
            raise _refusal(answer)
        account = answer.json()
        if account.get("status", "active") != "active":
            raise AdapterError(f"The Twilio account is {account['status']}: see its console.", permanent=True)
        return f"Twilio answers for the account {account.get('friendly_name') or account.get('sid', '')}."

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Fetch a media file; the account's login goes to the provider's own hosts only."""
        host = urlsplit(reference).hostname or ""
        own = host == urlsplit(_api_url(endpoint)).hostname or host.endswith(".twilio.com")
        return fetch_file(url=reference, limit=limit, auth=_auth(endpoint) if own else None)


def _parts(message: OutboundMessage) -> int | None:
    """A message with a file is one MMS, whatever its text."""
    return None if message.attachments else count_segments(message.text).parts


def _text(fields: Mapping[str, str]) -> str:
    if fields["From"].startswith(_WHATSAPP) and fields.get("ButtonText"):
        return fields["ButtonText"]
    return decode_possible_base64(fields.get("Body", ""))


def _files(fields: Mapping[str, str]) -> Iterable[RemoteFile]:
    count = fields.get("NumMedia", "0")
    for index in range(min(int(count), 50) if count.isdecimal() else 0):
        url = fields.get(f"MediaUrl{index}", "")
        if url:
            yield RemoteFile(
                reference=url,
                filename=urlsplit(url).path.rpartition("/")[2],
                content_type=fields.get(f"MediaContentType{index}", ""),
            )


def _refusal(answer: Answer) -> AdapterError:
    try:
        said = answer.json()
    except AdapterError:
        said = {}
    code = str(said.get("code") or "") if isinstance(said, dict) else ""
    error = error_of(answer, host="Twilio", reason=_reason(code, str(said.get("message") or "")) if code else "")
    if answer.status == 429:
        return error
    return AdapterError(
        str(error), permanent=error.permanent, retry_after=error.retry_after, opted_out=code == OPTED_OUT
    )


def _reason(code: str, said: str) -> str:
    return f"{code}: {_REASONS.get(code) or said or 'see the list of errors of the provider'}"


def _api_url(endpoint: EndpointInfo) -> str:
    return settings_text(endpoint, "api_url", API_URL).rstrip("/")


def _account_url(endpoint: EndpointInfo) -> str:
    account = settings_text(endpoint, "account_sid")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", account):
        raise AdapterError("account_sid: set the account's SID in the endpoint's settings.", permanent=True)
    return f"{_api_url(endpoint)}/2010-04-01/Accounts/{account}"


def _auth(endpoint: EndpointInfo) -> tuple[str, str]:
    token = endpoint.secrets.get("auth_token")
    if not token:
        raise AdapterError("auth_token: set the secret of the endpoint.", permanent=True)
    return settings_text(endpoint, "account_sid"), token


TWILIO = Provider(
    name="twilio",
    max_files=MAX_MEDIA,
    text_with_files=True,
    adapter=TwilioAdapter(),
    door=TwilioDoor(),
    fields=(
        ProviderField(name="account_sid"),
        ProviderField(name="auth_token", secret=True),
        ProviderField(name="messaging_service_sid", required=False),
        ProviderField(name="api_url", required=False),
    ),
)
