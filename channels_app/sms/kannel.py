"""Kannel's smsbox (https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html, chapter 6).

Incoming: `get-url = "WEBHOOK?sender=%p&message=%b&ts=%T&id=%I&to=%P"` with `charset = UTF-8`. Reports come by the
dlr-url that is sent along with each message.
"""

from datetime import UTC, datetime

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
from channels_app.sms.inbound import fields_of, inbound_sms, instant_of, number_of, reference_of, report, required
from channels_app.sms.outbound import callback_url, national, required_url, text_only
from channels_app.sms.passwords import SECRET, PasswordDoor, password_pair
from channels_app.sms.segments import count_segments
from channels_app.webhook import (
    MalformedWebhook,
    Provider,
    ProviderField,
    RawEvent,
    WebhookAnswer,
    WebhookRequest,
    content_id,
    kept,
    reopened,
    settings_text,
)

# userguide 6.8: 1 delivered, 2 not delivered, 4 queued at the gateway, 8 taken by the centre, 16 refused by the centre
_STATUSES = {
    "1": DeliveryStatus.DELIVERED,
    "2": DeliveryStatus.FAILED,
    "4": DeliveryStatus.SENT,
    "8": DeliveryStatus.SENT,
    "16": DeliveryStatus.FAILED,
}
ALL_REPORTS = "27"


class KannelDoor(PasswordDoor):
    """Satisfies webhook.WebhookDoor."""

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one message or one report."""
        fields = fields_of(request)
        if "report" in fields:
            reference = reference_of(fields)
            required({"ref": reference}, "ref")
            status = fields.get("status", "")
            if status not in _STATUSES:
                raise MalformedWebhook(f"status: {status[:20]!r} is not known.")
            return (RawEvent(external_id=f"status:{reference}:{status}", raw=kept(request)),)
        required(fields, "sender")
        number_of(fields["sender"], field="sender")
        if fields.get("ts"):
            _instant(fields["ts"])
        own = fields.get("id") or content_id(fields["sender"], fields.get("ts", ""), fields.get("message", ""))
        return (RawEvent(external_id=own, raw=kept(request)),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Nothing: Kannel would send a body to the contact as a reply."""
        return WebhookAnswer()


class KannelAdapter:
    """Satisfies contract.Adapter."""

    channel = "sms"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return the message or the report."""
        fields = fields_of(reopened(raw))
        if "report" in fields:
            status = _STATUSES[fields["status"]]
            if status == DeliveryStatus.SENT and endpoint.settings.get("ignore_sent"):
                return Ignored(reason="the endpoint ignores reports of sending")
            return report(
                status=status,
                at=received_at,
                external_id="",
                fields=fields,
                reason=f"the gateway reports {fields['status']}: not delivered" if fields["status"] != "1" else "",
            )
        at = _instant(fields["ts"]) if fields.get("ts") else None
        return inbound_sms(
            endpoint=endpoint,
            external_id=fields.get("id")
            or content_id(fields["sender"], fields.get("ts", ""), fields.get("message", "")),
            sender=number_of(fields["sender"], field="sender"),
            text=fields.get("message", ""),
            at=instant_of(at, received_at=received_at),
            headers={"to": fields.get("to", "")},
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Call sendsms; the gateway answers without an id, reports come with our reference."""
        text_only(message)
        segments = count_segments(message.text)
        params = {
            "username": settings_text(endpoint, "username"),
            "password": endpoint.secrets.get("password", ""),
            "from": endpoint.address,
            "to": national(message.recipient.value)
            if endpoint.settings.get("use_national")
            else message.recipient.value,
            "text": message.text,
            "dlr-mask": settings_text(endpoint, "dlr_mask", ALL_REPORTS),
            "dlr-url": callback_url(endpoint, message, *password_pair(endpoint), "status=%d"),
        }
        if segments.encoding == "ucs2":
            params |= {"coding": "2", "charset": "utf8"}
        extra = endpoint.settings.get("parameters")
        if isinstance(extra, dict):
            params |= {str(name): str(value) for name, value in extra.items()}
        answer = send_request(method="GET", url=required_url(endpoint, "send_url"), params=params)
        # 202 says the same in its status; "3: Queued for later delivery"
        if answer.text[:2] not in {"0:", "3:"} and answer.status != 202:
            raise AdapterError(f"The gateway refused the message: {answer.text[:200]}", permanent=False)
        return Delivered(external_id="", parts=segments.parts)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Call sendsms without a message: the gateway then says whether it knows the login."""
        answer = send_request(
            method="GET",
            url=required_url(endpoint, "send_url"),
            params={"username": settings_text(endpoint, "username"), "password": endpoint.secrets.get("password", "")},
            refuse_errors=False,
        )
        if answer.status in {401, 403} or "authorization" in answer.text.lower():
            raise AdapterError("username or password: the gateway does not know them together.", permanent=True)
        if answer.status == 404:
            raise AdapterError("send_url: nothing is there; it ends in /cgi-bin/sendsms as a rule.", permanent=True)
        if answer.status >= 500:
            raise AdapterError(f"The gateway answered {answer.status}.", permanent=False)
        return "The gateway answers."


def _instant(text: str) -> datetime:
    """%T: seconds since 1970; MalformedWebhook for anything else."""
    if not text.isdecimal() or len(text) > 11:
        raise MalformedWebhook(f"ts: {text[:30]!r} is no number of seconds.")
    return datetime.fromtimestamp(int(text), tz=UTC)


KANNEL = Provider(
    name="kannel",
    adapter=KannelAdapter(),
    door=KannelDoor(),
    fields=(
        ProviderField(name="send_url"),
        ProviderField(name="username"),
        ProviderField(name="password", secret=True),
        ProviderField(name=SECRET, secret=True, required=False),
        ProviderField(name="dlr_mask", required=False),
        ProviderField(name="use_national", required=False, choices=("true", "false")),
        ProviderField(name="ignore_sent", required=False, choices=("true", "false")),
    ),
)
