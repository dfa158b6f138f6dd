"""The recorded webhooks of SMS providers; those without an adapter of their own run through the template."""

from typing import Any
from urllib.parse import parse_qsl

from channels_app.sms.twilio import signature_of as twilio_signature
from channels_app.sms.vonage import signature_of as vonage_signature
from tests.cases.webhook_specs.spec import Call, Case, Spec, with_fields


def _sign_twilio(call: Call, url: str, case: Case) -> None:
    """Sign all but the case that is about a missing signature.

    Two tables of the source belong to a service whose signature that project does not check; we check everybody's.
    """
    if "Missing Signature" in case["Label"]:
        return
    fields = parse_qsl(call.body.decode().strip(), keep_blank_values=True)
    call.headers["X-Twilio-Signature"] = twilio_signature(url=url, fields=fields, auth_token="6789")


def _sign_vonage(call: Call, url: str, case: Case) -> None:
    fields = {name: value for name, value in parse_qsl(call.query) if name not in {"report", "ref"}}
    if fields:
        with_fields(call, sig=vonage_signature(fields=fields, secret="s3cret", method="hmac-sha256"))


def _number(urn: str) -> str:
    return "+" + urn.partition(":")[2].lstrip("+")


def _template(file: str, text: str, sender: str, skip: Any = None, **settings: Any) -> Spec:
    """A gateway by its names alone."""
    inbound = {"text": text, "sender": sender, **settings.pop("inbound", {})}
    return Spec(
        file=f"{file}_handler_test",
        kind="sms",
        provider="http",
        settings={"inbound": inbound, **settings},
        sender=_number,
        skip=skip or (lambda case: ""),
    )


def _labels(**reasons: str) -> Any:
    """Skip cases by a word of their label."""
    return lambda case: next(
        (reason for word, reason in reasons.items() if word.replace("_", " ") in case["Label"]), ""
    )


def _external(case: Case) -> str:
    if "SOAP" in case["_table"]:
        return "the template reads forms and JSON, no SOAP"
    if "ext" in case["_table"]:
        return "a sender without a plus is a number here, there any text"
    if "topped" in case["Label"]:
        return "an opt-out by an address of its own: here it is a keyword or the provider's code"
    return "an address that does not exist there" if "Invalid Status" in case["Label"] else ""


def _dart(case: Case) -> str:
    if "cmp-" in case["URL"]:
        return "the sender is no number"
    if "messageid=abc" in case["URL"]:
        return "an id that is not ours is a report on nothing here, refused there"
    return "the id of a part (.2) is that project's own" if ".2" in case["URL"] else ""


SMS = [
    Spec(
        file="twiml_handlers_test",
        kind="sms",
        provider="twilio",
        settings={"account_sid": "acctid"},
        secrets={"auth_token": "6789"},
        sign=_sign_twilio,
        sender=_number,
    ),
    Spec(
        file="nexmo_handler_test",
        kind="sms",
        provider="vonage",
        secrets={"signature_secret": "s3cret"},
        sign=_sign_vonage,
        sender=_number,
    ),
    Spec(
        file="kannel_handler_test",
        kind="sms",
        provider="kannel",
        settings_of=lambda case: {"ignore_sent": True} if case["_table"].startswith("ignore") else {},
        sender=_number,
    ),
    Spec(file="jasmin_handler_test", kind="sms", provider="jasmin", sender=_number),
    _template(
        "external",
        "text|messageText",
        "sender|from|from_number",
        skip=_external,
        inbound={"at": "time|date|timestamp"},
        reports={"reference": "id", "status": "status", "words": {"sent": "sent", "delivered": "delivered"}},
    ),
    _template(
        "africastalking",
        "text",
        "from",
        inbound={"id": "id", "at": "date", "at_format": "%Y-%m-%dT%H:%M:%SZ"},
        reports={"id": "id", "status": "status", "words": {"Expired": "failed", "Success": "delivered"}},
    ),
    _template("burstsms", "response", "mobile", reports={"id": "message_id", "status": "status", "words": {}}),
    _template("clicksend", "body", "from"),
    _template(
        "dmark",
        "text",
        "msisdn",
        inbound={"at": "tstamp", "at_format": "%Y-%m-%dT%H:%M:%S.%f%z"},
        reports={"reference": "ref|uuid", "status": "status", "words": {}},
    ),
    _template("hormuud", "MessageText", "Sender"),
    _template("i2sms", "message", "mobile"),
    _template("m3tech", "text", "from"),
    _template("smscentral", "message", "mobile"),
    _template("telesom", "msg", "mobile"),
    _template("yo", "message", "sender|from", inbound={"at": "date"}),
    _template(
        "highconnection",
        "MESSAGE",
        "FROM",
        inbound={"id": "ID", "at": "RECEPTION_DATE", "charset": "iso-8859-1"},
        reports={"reference": "ret_id", "status": "status", "words": {"6": "delivered"}},
    ),
    _template(
        "macrokiosk",
        "text",
        "msisdn",
        inbound={"id": "msgid", "at": "time", "at_format": "%Y-%m-%d%H:%M:%S", "time_zone": "Asia/Kuala_Lumpur"},
        reports={"id": "msgid", "status": "status", "words": {"ACCEPTED": "sent"}},
    ),
    _template(
        "plivo",
        "Text",
        "From",
        reports={
            "id": "ParentMessageUUID|MessageUUID",
            "status": "status",
            "words": {"delivered": "delivered", "sent": "sent", "*": "ignored"},
        },
    ),
    _template(
        "dart",
        "message",
        "original",
        skip=_dart,
        inbound={"id": "messageid"},
        reports={"reference": "messageid", "status": "status", "words": {"10": "delivered"}},
    ),
    _template(
        "infobip",
        "text",
        "from",
        skip=_labels(
            MMS="a message in several parts of several kinds", missing_text_key="an empty text is a message here"
        ),
        inbound={"items": "results", "id": "messageId", "at": "receivedAt", "at_format": "%Y-%m-%dT%H:%M:%S.%f%z"},
        reports={
            "items": "results",
            "id": "messageId",
            "status": "status.groupName",
            "words": {"REJECTED": "failed", "PENDING": "sent"},
        },
    ),
    _template(
        "wavy",
        "messageText",
        "source",
        inbound={"id": "id", "at": "receivedAt", "at_format": "milliseconds"},
        reports={
            "id": "correlationId",
            "status": "deliveredStatus|sentStatus",
            "words": {"DELIVERED_SUCCESS": "delivered"},
        },
    ),
    _template(
        "bandwidth",
        "message.text",
        "message.from",
        skip=lambda case: "media lists are not of the template" if case["Label"] == "Receive Valid" else "",
        inbound={"id": "message.id", "at": "message.time"},
        reports={"id": "message.id", "status": "type", "words": {"message-sending": "sent"}},
    ),
    _template(
        "thinq",
        "message",
        "from",
        inbound={"sender_prefix": "+1"},
        reports={"id": "guid", "status": "status", "words": {}},
    ),
    _template("mblox", "body", "from", inbound={"id": "id", "at": "received_at"}),
    _template(
        "justcall",
        "data.content",
        "data.contact_number",
        inbound={"id": "data.messageid", "at": "data.datetime", "at_format": "%Y-%m-%d %H:%M:%S"},
        reports={"id": "data.messageid", "status": "data.delivery_status", "words": {"sent": "sent"}},
    ),
]
