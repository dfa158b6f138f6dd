"""Mails and delivery reports that Mailgun, Postmark and SendGrid post, in the shapes of their documentation."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from channels_app.contract import EndpointInfo
from channels_app.delivery import deliver_message
from channels_app.email.door import take_email
from channels_app.models import Endpoint, Receipt
from channels_app.receipts import process_receipt
from contactcenter.contacts.queries import contact_documents
from contactcenter.kernel.models import AuditEntry
from contactcenter.kernel.sealing import seal
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets import queries
from contactcenter.tickets.actions import send_automatic_reply, send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT

pytestmark = pytest.mark.django_db

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEY = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
SECRETS = {"mailgun": {"signing_key": "k"}, "postmark": {"hook_password": "p"}, "sendgrid": {"hook_password": "p"}}
BINARY = "Grüße, Ольга".encode("latin-1", "ignore") + b"\x00\xff\x80 & = % +"


@pytest.fixture(params=["mailgun", "postmark", "sendgrid"])
def posted(request: pytest.FixtureRequest, shop: Account) -> EndpointInfo:
    return _mailbox(shop, request.param)


def _mailbox(shop: Account, provider: str) -> EndpointInfo:
    settings = {"verification_key": PUBLIC_KEY} if provider == "sendgrid" else {}
    return make_mailbox(
        shop, "support@shop.example", provider=provider, settings=settings, secrets=SECRETS[provider], language="en"
    )


def _basic(provider: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{provider}:{password}".encode()).decode()


def _post(endpoint: EndpointInfo, body: bytes, content_type: str, **headers: str):
    path = endpoint.webhook_url.partition("127.0.0.1:8000")[2]
    return Client(enforce_csrf_checks=True).post(path, body, content_type=content_type, headers=headers)


def _mailgun_signature(key: str) -> dict[str, str]:
    signature = hmac.new(key.encode(), b"1781510400a-token", hashlib.sha256).hexdigest()
    return {"timestamp": "1781510400", "token": "a-token", "signature": signature}


def _in_parts(fields: dict[str, bytes]) -> tuple[bytes, str]:
    body = b"".join(
        b'--xYzZY\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n"
        for name, value in fields.items()
    )
    return body + b"--xYzZY--\r\n", "multipart/form-data; boundary=xYzZY"


def _post_mail(endpoint: EndpointInfo, raw: bytes, *, good: bool = True):
    password = "p" if good else "guess"
    match endpoint.provider:
        case "mailgun":
            fields = {"recipient": "support@shop.example", "sender": "olga@example.org", "body-mime": raw}
            body = urlencode({**fields, **_mailgun_signature("k" if good else "guess")}).encode()
            return _post(endpoint, body, "application/x-www-form-urlencoded")
        case "postmark":
            document = {"FromName": "Olga", "MessageStream": "inbound", "RawEmail": raw.decode()}
            basic = _basic("postmark", password)
            return _post(endpoint, json.dumps(document).encode(), "application/json", Authorization=basic)
        case _:
            fields = {"to": b"support@shop.example", "email": raw, "envelope": b'{"from":"olga@example.org"}'}
            return _post(endpoint, *_in_parts(fields), Authorization=_basic("sendgrid", password))


def _event(endpoint: EndpointInfo, kind: str, message_id: str) -> object:
    """An event that is "delivered", "bounced", "complained" or "opened"."""
    match endpoint.provider:
        case "mailgun":
            names = {"bounced": "failed"}
            return {
                "id": f"id-{kind}",
                "event": names.get(kind, kind),
                "timestamp": 1781510400.25,
                "severity": "permanent",
                "recipient": "olga@example.org",
                "message": {"headers": {"message-id": message_id, "to": "olga@example.org"}},
                "delivery-status": {"code": 550, "message": "5.1.1 No such user"},
            }
        case "postmark":
            names = {"delivered": "Delivery", "bounced": "Bounce", "complained": "SpamComplaint", "opened": "Open"}
            return {
                "RecordType": names[kind],
                "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
                "Type": "HardBounce" if kind == "bounced" else "",
                "Email": "olga@example.org",
                "BouncedAt": "2026-06-15T08:00:00.2500000Z",
                "Details": "550 5.1.1 No such user",
                "Metadata": {"message-id": message_id},
            }
        case _:
            names = {"bounced": "bounce", "complained": "spamreport", "opened": "open"}
            return {
                "email": "olga@example.org",
                "timestamp": 1781510400,
                "smtp-id": f"<{message_id}>",
                "event": names.get(kind, kind),
                "sg_event_id": f"id-{kind}",
                "reason": "550 5.1.1 No such user",
            }


def _post_event(endpoint: EndpointInfo, kind: str, message_id: str, *, good: bool = True):
    return _post_document(endpoint, _event(endpoint, kind, message_id), good=good)


def _post_document(endpoint: EndpointInfo, event: object, *, good: bool = True):
    headers: dict[str, str] = {}
    if endpoint.provider == "mailgun":
        event = {"signature": _mailgun_signature("k" if good else "guess"), "event-data": event}
    elif endpoint.provider == "sendgrid":
        event = [event]
    body = json.dumps(event).encode()
    if endpoint.provider == "postmark":
        headers["Authorization"] = _basic("postmark", "p" if good else "guess")
    elif endpoint.provider == "sendgrid":
        signature = KEY.sign(b"1781510400" + (body if good else b"[]"), ec.ECDSA(SHA256()))
        headers["X-Twilio-Email-Event-Webhook-Timestamp"] = "1781510400"
        headers["X-Twilio-Email-Event-Webhook-Signature"] = base64.b64encode(signature).decode()
    return _post(endpoint, body, "application/json", **headers)


def _work_off(endpoint: EndpointInfo) -> list[tuple[str, str]]:
    """Process what is pending; the states and outcomes."""
    with open_account(endpoint.account_id):
        ids = list(Receipt.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        done = [process_receipt(receipt_id=pk, at=AT) for pk in ids]
        return [(item.state, item.outcome.get("status", item.error)) for item in done]


def _sent_reply(endpoint: EndpointInfo) -> Message:
    take_email(endpoint=endpoint, raw=raw_mail(), at=AT)
    with open_account(endpoint.account_id):
        message = send_reply(
            ticket=Ticket.objects.get(), operator_id=None, channel="email", text="Sent.", at=AT, client_uuid=uuid4()
        )
        assert deliver_message(message_id=message.pk, at=AT) == "sent"
        message.refresh_from_db()
    return message


def _state(endpoint: EndpointInfo, message: Message) -> tuple[str, str]:
    with open_account(endpoint.account_id):
        message.refresh_from_db()
    return message.status, message.error


def test_posted_mail_becomes_an_entry_once_whatever_the_door(posted: EndpointInfo) -> None:
    raw = raw_mail(text="Где мой заказ?")
    for _ in range(2):
        response = _post_mail(posted, raw)
        assert response.status_code == 200, response.content
        _work_off(posted)
    assert take_email(endpoint=posted, raw=raw, at=AT).status == "duplicate"
    with open_account(posted.account_id):
        (message,) = Message.objects.all()
        assert (message.text.strip(), message.channel) == ("Где мой заказ?", "email")
        assert bytes(Receipt.objects.get().raw).strip() == raw.strip()


def test_another_mail_with_the_same_message_id_is_not_swallowed(posted: EndpointInfo) -> None:
    for text in ("First form", "Second form"):
        assert _post_mail(posted, raw_mail(text=text, message_id="form@example.org")).status_code == 200
    _work_off(posted)
    with open_account(posted.account_id):
        assert {message.text.strip() for message in Message.objects.all()} == {"First form", "Second form"}


@pytest.mark.parametrize("provider", ["mailgun", "sendgrid"])
def test_bytes_of_a_form_are_kept_as_they_are(shop: Account, provider: str) -> None:
    endpoint = _mailbox(shop, provider)
    raw = raw_mail(text="x") + BINARY
    assert _post_mail(endpoint, raw).status_code == 200
    with open_account(shop.pk):
        assert bytes(Receipt.objects.get().raw) == raw


def test_wrong_or_no_proof_is_refused_and_nothing_stored(posted: EndpointInfo) -> None:
    ours = f"m1.{'a' * 24}@shop.example"
    assert _post_mail(posted, raw_mail(), good=False).status_code == 403
    assert _post_event(posted, "delivered", ours, good=False).status_code == 403
    assert _post(posted, b"{}", "application/json").status_code == 403
    Endpoint._base_manager.filter(pk=posted.id).update(secrets_sealed=seal({}), settings={})
    assert _post_mail(posted, raw_mail()).status_code == 403
    assert _post_event(posted, "delivered", ours).status_code == 403
    with open_account(posted.account_id):
        assert not Receipt.objects.exists()
        assert Endpoint.objects.get().last_error.startswith("A webhook was refused: ")


def test_signed_events_are_not_taken_on_a_password(shop: Account) -> None:
    endpoint = _mailbox(shop, "sendgrid")
    response = _post(endpoint, b"[]", "application/json", Authorization=_basic("sendgrid", "p"))
    assert response.status_code == 403


def test_bounce_fails_our_message_with_its_reason_and_a_later_delivery_corrects_it(posted: EndpointInfo) -> None:
    message = _sent_reply(posted)
    for _ in range(2):
        assert _post_event(posted, "bounced", message.external_id).status_code == 200
    assert _work_off(posted) == [("processed", "report")]
    assert _state(posted, message) == ("failed", "Came back: hard bounce 5.1.1: 550 5.1.1 No such user")
    (bounce,) = message.headers["bounces"]
    assert (bounce["recipient"], bounce["code"], bounce["hard"], bounce["final"]) == (
        "olga@example.org", "5.1.1", True, True,
    )  # fmt: skip
    _post_event(posted, "delivered", message.external_id)
    assert _work_off(posted) == [("processed", "report")]
    assert _state(posted, message) == ("delivered", "")
    assert [item["final"] for item in message.headers["bounces"]] == [False]


def test_complaint_proves_the_delivery_and_a_late_bounce_changes_no_status(posted: EndpointInfo) -> None:
    message = _sent_reply(posted)
    for kind in ("complained", "bounced"):
        assert _post_event(posted, kind, message.external_id).status_code == 200
    _work_off(posted)
    assert _state(posted, message) == ("delivered", "")
    assert [item["code"] for item in message.headers["bounces"]] == ["5.1.1"]


def test_complaint_stands_on_entry_and_contact_and_stops_automatic_mail_only(posted: EndpointInfo) -> None:
    message = _sent_reply(posted)
    for _ in range(2):
        _post_event(posted, "complained", message.external_id)
    _work_off(posted)
    with open_account(posted.account_id):
        ticket = Ticket.objects.get()
        entry = queries.entry(ticket_id=ticket.pk, entry_type="message", entry_id=message.pk)
        assert [(item["recipient"], item["nature"]) for item in entry["complaints"]] == [("olga@example.org", "")]
        assert contact_documents([ticket.contact])[0]["points"][0]["opted_out_at"]
        assert list(AuditEntry.objects.filter(action="consent.opt_out").values_list("data__source", flat=True)) == [
            "complaint"
        ]
        robot = send_automatic_reply(ticket=ticket, channel="email", text="Thanks", at=AT, client_uuid=uuid4())
        person = send_reply(ticket=ticket, operator_id=None, channel="email", text="Sorry", at=AT, client_uuid=uuid4())
        assert [deliver_message(message_id=item.pk, at=AT) for item in (robot, person)] == ["failed", "sent"]
        robot.refresh_from_db()
        assert robot.error == "recipient: complained of a mail; automatic mail is no longer sent."


def test_copy_that_a_provider_reports_as_bounced_leaves_the_mail_delivered(posted: EndpointInfo) -> None:
    message = _sent_reply(posted)
    with open_account(posted.account_id):
        lists = {"to": [{"email": "olga@example.org"}], "cc": [{"email": "anna@example.org"}]}
        Message.objects.filter(pk=message.pk).update(headers=lists)
    bounced = json.loads(json.dumps(_event(posted, "bounced", message.external_id)).replace("olga@", "anna@"))
    _post_document(posted, bounced)
    _work_off(posted)
    came_back = "Came back from anna@example.org: hard bounce 5.1.1: 550 5.1.1 No such user"
    assert _state(posted, message) == ("sent", came_back)
    _post_event(posted, "delivered", message.external_id)
    _work_off(posted)
    assert _state(posted, message) == ("delivered", came_back)
    assert [(item["recipient"], item["final"]) for item in message.headers["bounces"]] == [("anna@example.org", True)]


@pytest.mark.parametrize(
    ("provider", "change", "hard"),
    [
        ("mailgun", {"reason": "suppress-bounce", "delivery-status": {"code": 605, "message": "Not delivering"}}, True),
        ("mailgun", {"delivery-status": {"code": 552, "message": "mailbox full", "enhanced-code": "5.2.2"}}, False),
        ("postmark", {"Type": "SoftBounce", "Details": "no words"}, False),
        ("postmark", {"Type": "Blocked", "Details": "smtp;554 blocked by policy"}, False),
        ("sendgrid", {"type": "blocked", "reason": "550 5.1.1 unknown user", "status": "5.1.1"}, False),
        ("sendgrid", {"event": "dropped", "reason": "Bounced Address"}, True),
    ],
)
def test_hard_is_as_the_provider_says_or_its_words(
    shop: Account, provider: str, change: dict[str, object], hard: bool
) -> None:
    endpoint = _mailbox(shop, provider)
    message = _sent_reply(endpoint)
    event = _event(endpoint, "bounced", message.external_id)
    assert isinstance(event, dict)
    assert _post_document(endpoint, event | change).status_code == 200
    _work_off(endpoint)
    assert _state(endpoint, message)[0] == "failed"
    assert message.headers["bounces"][0]["hard"] is hard


def test_openings_and_mails_of_other_systems_are_acknowledged_and_not_kept(posted: EndpointInfo) -> None:
    message = _sent_reply(posted)
    assert _post_event(posted, "opened", message.external_id).status_code == 200
    assert _post_event(posted, "bounced", "newsletter-7@shop.example").status_code == 200
    with open_account(posted.account_id):
        assert Receipt.objects.filter(external_id__startswith="event:").count() == 0


@pytest.mark.parametrize(
    ("provider", "change"),
    [("mailgun", {"severity": "temporary"}), ("postmark", {"Type": "Transient"}), ("sendgrid", {"event": "deferred"})],
)
def test_delay_is_no_failure(shop: Account, provider: str, change: dict[str, str]) -> None:
    endpoint = _mailbox(shop, provider)
    event = _event(endpoint, "bounced", f"m1.{'a' * 24}@shop.example")
    assert isinstance(event, dict)
    assert _post_document(endpoint, event | change).status_code == 200
    with open_account(shop.pk):
        assert not Receipt.objects.exists()


def test_mail_cannot_pass_itself_off_as_a_report(posted: EndpointInfo) -> None:
    message = _sent_reply(posted)
    _post_event(posted, "bounced", message.external_id)
    with open_account(posted.account_id):
        report = bytes(Receipt.objects.get(external_id__startswith="event:").raw)
        Receipt.objects.filter(external_id__startswith="event:").delete()
    forged = b"posted report of " + b"0" * 64 + b"\n" + report.partition(b"\n")[2]
    take_email(endpoint=posted, raw=forged, at=AT)
    assert _state(posted, message) == ("sent", "")


@pytest.mark.parametrize(
    ("provider", "body", "cause"),
    [
        ("mailgun", {}, "event-data: missing."),
        ("postmark", {"FromName": "Olga"}, "RawEmail: missing; switch on that the raw mail is included."),
        ("sendgrid", "nothing", "body: expected a JSON list of objects."),
    ],
)
def test_garbage_is_refused_with_the_cause(shop: Account, provider: str, body: object, cause: str) -> None:
    endpoint = _mailbox(shop, provider)
    response = _post_document(endpoint, body)
    assert (response.status_code, response.content.decode()) == (400, cause)
    with open_account(shop.pk):
        assert not Receipt.objects.exists()


def test_mail_larger_than_a_webhook_is_taken_and_one_larger_than_a_mail_is_not(posted: EndpointInfo, settings) -> None:
    settings.MAX_WEBHOOK_BYTES = 1_000
    settings.MAX_MESSAGE_BYTES = 5_000
    assert _post_mail(posted, raw_mail(text="x" * 2_000)).status_code == 200
    assert _post_mail(posted, raw_mail(text="x" * 6_000)).status_code == 413
    with open_account(posted.account_id):
        assert Receipt.objects.count() == 1


def test_unknown_token_is_not_found(posted: EndpointInfo) -> None:
    Endpoint._base_manager.filter(pk=posted.id).update(is_active=False)
    assert _post_mail(posted, raw_mail()).status_code == 404


def test_reply_by_postmark_names_itself_in_the_metadata(shop: Account, files) -> None:
    message = _sent_reply(_mailbox(shop, "postmark"))
    (path,) = (files / "outbox").glob("*.eml")
    assert f"X-PM-Metadata-message-id: {message.external_id}\r\n".encode() in path.read_bytes()
    assert b"X-PM-KeepID: true\r\n" in path.read_bytes()
