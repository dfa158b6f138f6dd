"""Any other gateway that speaks HTTP: its names and words are settings of the endpoint (see template.py)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels_app.contract import (
    AdapterError,
    Delivered,
    DeliveryStatus,
    EndpointInfo,
    Ignored,
    InboundEvent,
    OutboundMessage,
)
from channels_app.outbound import Answer, send_request
from channels_app.sms.inbound import inbound_sms, instant_of, number_of, reference_of, report
from channels_app.sms.outbound import callback_url, text_only
from channels_app.sms.passwords import SECRET, PasswordDoor, password_pair
from channels_app.sms.segments import count_segments
from channels_app.sms.template import filled, items_of, parse_instant, text_at, value_at
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
)

_METHODS = frozenset({"GET", "POST"})


class HttpDoor(PasswordDoor):
    """Satisfies webhook.WebhookDoor."""

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Each message or report of the request; each receipt keeps the request and which of its items it is."""
        events = []
        for index, item in enumerate(_items(request, endpoint)):
            raw = f"{index}\n".encode() + kept(request)
            if _is_report(request, endpoint):
                named, word = _named(item, endpoint), _word(item, endpoint)
                if not named:
                    raise MalformedWebhook(f"{_names(endpoint, 'reports').get('id', 'id')}: the field is required.")
                if _status(word, endpoint) is None:
                    raise MalformedWebhook(f"{_names(endpoint, 'reports').get('status')}: {word[:40]!r} is not known.")
                events.append(RawEvent(external_id=f"status:{named}:{word}", raw=raw))
            else:
                message = _message(item, endpoint)
                events.append(RawEvent(external_id=message["id"], raw=raw))
        return tuple(events)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """What the settings say, else nothing."""
        said = _names(endpoint, "answer")
        body = str(said.get("body") or "").encode()
        content_type = str(said.get("content_type") or "text/plain; charset=utf-8")
        return WebhookAnswer(body=body, content_type=content_type)


class HttpAdapter:
    """Satisfies contract.Adapter."""

    channel = "sms"

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """Return the message or the report that this receipt stands for."""
        index, _, document = raw.partition(b"\n")
        request = reopened(document)
        try:
            item = _items(request, endpoint)[int(index)]
            if _is_report(request, endpoint):
                return _report(item, endpoint, received_at=received_at)
            message = _message(item, endpoint)
        except (MalformedWebhook, IndexError) as error:
            raise AdapterError(
                f"The settings of the endpoint do not fit the message: {error}", permanent=True
            ) from None
        return inbound_sms(
            endpoint=endpoint,
            external_id=message["id"],
            sender=message["sender"],
            text=message["text"],
            at=instant_of(message["at"], received_at=received_at),
            headers={"to": message["to"]},
        )

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """Send by the request that the settings describe."""
        text_only(message)
        values = {
            "to": message.recipient.value,
            "to_digits": message.recipient.value.removeprefix("+"),
            "from": endpoint.address,
            "text": message.text,
            "reference": message.client_uuid,
            "callback": callback_url(endpoint, message, *password_pair(endpoint)),
        }
        send = filled(_send(endpoint), values, endpoint.secrets)
        answer = send_request(
            method=send.get("method", "POST"),
            url=send["url"],
            headers=send.get("headers"),
            params=send.get("query"),
            form=send.get("form"),
            json=send.get("json"),
            content=send["body"].encode() if "body" in send else None,
        )
        accepted = send.get("accepted")
        if accepted and not re.search(accepted, answer.text):
            raise AdapterError(f"The gateway refused the message: {answer.text[:200]}", permanent=False)
        return Delivered(external_id=_own_id(send.get("id"), answer), parts=count_segments(message.text).parts)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """A template cannot be asked without sending: say whether it is complete."""
        inbound, send = _names(endpoint, "inbound"), _send(endpoint)
        missing = [f"inbound.{name}" for name in ("text", "sender") if not inbound.get(name)]
        if missing:
            raise AdapterError(f"{', '.join(missing)}: name these fields in the settings.", permanent=True)
        return f"The settings are complete; messages leave by {send['url'].split('?')[0]}."


def _names(endpoint: EndpointInfo, section: str) -> Mapping[str, Any]:
    found = endpoint.settings.get(section)
    return found if isinstance(found, dict) else {}


def _send(endpoint: EndpointInfo) -> Mapping[str, Any]:
    send = _names(endpoint, "send")
    if not isinstance(send.get("url"), str) or send.get("method", "POST") not in _METHODS:
        raise AdapterError("send: set its url, and GET or POST as its method, in the settings.", permanent=True)
    try:
        re.compile(str(send.get("accepted") or ""))
    except re.error as error:
        raise AdapterError(f"send.accepted: no pattern: {error}", permanent=True) from None
    return send


def _is_report(request: WebhookRequest, endpoint: EndpointInfo) -> bool:
    """Our own callback says so; a gateway with one address for all has a status and no text."""
    if any(name == "report" for name, _ in request.query_pairs()):
        return True
    names = _names(endpoint, "reports")
    items = _items_at(request, str(names.get("items") or ""), endpoint) if names else []
    return bool(items) and all(
        _word(item, endpoint) and not text_at(item, _names(endpoint, "inbound").get("text")) for item in items
    )


def _items(request: WebhookRequest, endpoint: EndpointInfo) -> list[Mapping[str, Any]]:
    section = "reports" if _is_report(request, endpoint) else "inbound"
    return items_of(request, path=str(_names(endpoint, section).get("items") or ""), charset=_charset(endpoint))


def _items_at(request: WebhookRequest, path: str, endpoint: EndpointInfo) -> list[Mapping[str, Any]]:
    try:
        return items_of(request, path=path, charset=_charset(endpoint))
    except MalformedWebhook:
        return []


def _charset(endpoint: EndpointInfo) -> str:
    return str(_names(endpoint, "inbound").get("charset") or "utf-8")


def _message(item: Mapping[str, Any], endpoint: EndpointInfo) -> dict[str, Any]:
    """The fields of one message by our own names; MalformedWebhook names what is missing."""
    names = _names(endpoint, "inbound")
    sender, text_name = text_at(item, names.get("sender")), str(names.get("text") or "text")
    if not sender:
        raise MalformedWebhook(f"{names.get('sender', 'sender')}: the field is required.")
    if not any(value_at(item, option) is not None for option in text_name.split("|")):
        raise MalformedWebhook(f"{text_name}: the field is required.")
    prefix = str(names.get("sender_prefix") or "")
    sender = number_of(sender if sender.startswith(("+", prefix)) else f"{prefix}{sender}", field=str(names["sender"]))
    at = text_at(item, names.get("at"))
    form, zone = str(names.get("at_format") or "iso"), str(names.get("time_zone") or "UTC")
    text = text_at(item, text_name)
    return {
        "id": text_at(item, names.get("id")) or content_id(sender, at, text),
        "sender": sender,
        "text": text,
        "to": text_at(item, names.get("to")),
        "at": parse_instant(at, form=form, time_zone=zone) if at else None,
    }


def _named(item: Mapping[str, Any], endpoint: EndpointInfo) -> str:
    names = _names(endpoint, "reports")
    return text_at(item, names.get("id")) or _reference(item, endpoint)


def _reference(item: Mapping[str, Any], endpoint: EndpointInfo) -> str:
    given = text_at(item, _names(endpoint, "reports").get("reference")) or text_at(item, "ref")
    return reference_of({"ref": given})


def _word(item: Mapping[str, Any], endpoint: EndpointInfo) -> str:
    return text_at(item, _names(endpoint, "reports").get("status"))


def _status(word: str, endpoint: EndpointInfo) -> str | None:
    words = _names(endpoint, "reports").get("words") or {}
    folded = {str(name).casefold(): str(meaning) for name, meaning in words.items()}
    meaning = folded.get(word.casefold(), folded.get("*"))
    return meaning if meaning == "ignored" or meaning in {item.value for item in DeliveryStatus} else None


def _report(item: Mapping[str, Any], endpoint: EndpointInfo, *, received_at: datetime) -> InboundEvent:
    word = _word(item, endpoint)
    meaning = _status(word, endpoint)
    if meaning is None or meaning == "ignored":
        return Ignored(reason=f"the status {word[:40]!r} says nothing")
    names = _names(endpoint, "reports")
    return report(
        status=DeliveryStatus(meaning),
        at=received_at,
        external_id=text_at(item, names.get("id")),
        fields={"ref": _reference(item, endpoint)},
        reason=text_at(item, names.get("reason")) or word,
    )


def _own_id(where: Any, answer: Answer) -> str:
    """The id in the answer: by a pattern with a group, or a path into its JSON; '' where there is none."""
    if not isinstance(where, str) or not where:
        return ""
    if "(" in where:
        found = re.search(where, answer.text)
        return found[1] if found and found.groups() else ""
    found_value = value_at(answer.json(), where)
    return str(found_value) if isinstance(found_value, str | int) else ""


HTTP = Provider(
    name="http",
    adapter=HttpAdapter(),
    door=HttpDoor(),
    fields=(
        ProviderField(name="inbound"),
        ProviderField(name="send"),
        ProviderField(name="reports", required=False),
        ProviderField(name="answer", required=False),
        ProviderField(name=SECRET, secret=True, required=False),
    ),
)
