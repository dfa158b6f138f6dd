"""Replies on their way out."""

import email
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from channels_app.actions import resend_message
from channels_app.contract import AdapterError, EndpointInfo
from channels_app.delivery import claim_due, deliver_message
from channels_app.email.door import take_email
from channels_app.receipts import MAX_ATTEMPTS
from contactcenter.kernel.errors import Conflict
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT, make_contact, make_ticket

pytestmark = pytest.mark.django_db


def _reply(mailbox: EndpointInfo, ticket: Ticket | None = None, text: str = "It leaves today.") -> Message:
    return send_reply(
        ticket=ticket or Ticket.objects.get(), operator_id=None, channel="email", text=text, at=AT, client_uuid=uuid4()
    )


def _sent(files: Path) -> email.message.Message:
    (path,) = (files / "outbox").glob("*.eml")
    return email.message_from_bytes(path.read_bytes())


def _break_transport(monkeypatch: pytest.MonkeyPatch, *, permanent: bool) -> None:
    def send(self: object, **_: object) -> None:
        raise AdapterError("the server says no", permanent=permanent)

    monkeypatch.setattr("channels_app.email.transport.Outbox.send", send)


def test_reply_leaves_in_the_accounts_name_and_in_its_thread(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    with open_account(mailbox.account_id):
        message = _reply(mailbox)
        assert deliver_message(message_id=message.pk, at=AT) == "sent"
        message.refresh_from_db()
        assert (message.status, message.next_attempt_at) == ("sent", None)
    sent = _sent(files)
    assert sent["From"] == "Shop <support@shop.example>"
    assert sent["To"] == "Olga Petrova <olga@example.org>"
    assert sent["Subject"] == "Re: Where is my order?"
    assert sent["Message-ID"] == f"<{message.external_id}>"
    assert sent["In-Reply-To"] == "<first@example.org>"
    assert sent["References"] == "<first@example.org>"
    assert sent["Reply-To"].startswith("Shop <support+r-")
    assert sent.get_payload(decode=True).decode().strip() == "It leaves today."


def test_answer_to_our_reply_comes_back_to_its_ticket_from_any_address(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        deliver_message(message_id=_reply(mailbox).pk, at=AT)
    sent = _sent(files)
    by_reference = raw_mail(sender="olga@work.example", headers={"In-Reply-To": sent["Message-ID"]})
    by_address = raw_mail(sender="olga@home.example", to=sent["Reply-To"])
    assert take_email(endpoint=mailbox, raw=by_reference, at=AT).ticket == "SH-1001"
    assert take_email(endpoint=mailbox, raw=by_address, at=AT).ticket == "SH-1001"


def test_reply_goes_to_the_reply_to_of_the_last_message(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(headers={"Reply-To": "Olga at work <olga@work.example>"}), at=AT)
    with open_account(mailbox.account_id):
        deliver_message(message_id=_reply(mailbox).pk, at=AT)
    assert _sent(files)["To"] == "Olga at work <olga@work.example>"


def test_message_is_sent_once(mailbox: EndpointInfo, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    sends: list[str] = []
    monkeypatch.setattr("channels_app.email.transport.Outbox.send", lambda self, **mail: sends.append(mail["name"]))
    with open_account(mailbox.account_id):
        message = _reply(mailbox)
        assert [deliver_message(message_id=message.pk, at=AT) for _ in range(3)] == ["sent"] * 3
    assert len(sends) == 1


def test_subject_with_line_breaks_injects_no_header(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(subject="=?utf-8?Q?Hi=0D=0ABcc:_evil@example.net?="), at=AT)
    with open_account(mailbox.account_id):
        deliver_message(message_id=_reply(mailbox).pk, at=AT)
    sent = _sent(files)
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Re: Hi Bcc: evil@example.net"


def test_temporary_failure_is_tried_again_within_bounds(mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    _break_transport(monkeypatch, permanent=False)
    with open_account(mailbox.account_id):
        message = _reply(mailbox)
        assert deliver_message(message_id=message.pk, at=AT) == "queued"
        message.refresh_from_db()
        assert (message.error, message.next_attempt_at) == ("the server says no", AT + timedelta(seconds=10))
        statuses = [deliver_message(message_id=message.pk, at=AT) for _ in range(MAX_ATTEMPTS - 1)]
        assert statuses[-2:] == ["queued", "failed"]


def test_permanent_failure_is_shown_and_can_be_sent_again(
    mailbox: EndpointInfo, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        message = _reply(mailbox)
        with monkeypatch.context() as broken:
            _break_transport(broken, permanent=True)
            assert deliver_message(message_id=message.pk, at=AT) == "failed"
        resend_message(message_id=message.pk, actor_id=None, at=AT)
        assert deliver_message(message_id=message.pk, at=AT) == "sent"
        with pytest.raises(Conflict):
            resend_message(message_id=message.pk, actor_id=None, at=AT)
    assert _sent(files)["To"] == "Olga Petrova <olga@example.org>"


def test_attempt_that_was_killed_is_taken_up_again_with_the_same_message_id(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        message = _reply(mailbox)
        deliver_message(message_id=message.pk, at=AT)
        first = _sent(files)["Message-ID"]
        # killed after sending, before saying so
        Message.objects.filter(pk=message.pk).update(status="sending", next_attempt_at=AT + timedelta(minutes=5))
        assert claim_due(at=AT + timedelta(minutes=4)) == []
        assert claim_due(at=AT + timedelta(minutes=6)) == [(mailbox.account_id, message.pk)]
        deliver_message(message_id=message.pk, at=AT + timedelta(minutes=6))
    assert _sent(files)["Message-ID"] == first


def test_ticket_that_began_by_phone_is_answered_from_the_accounts_mailbox(
    mailbox: EndpointInfo, shop, files: Path
) -> None:
    with open_account(shop.pk):
        ticket = make_ticket(shop, make_contact(shop, "caller@example.org"), channel="voice", subject="Your call")
        deliver_message(message_id=_reply(mailbox, ticket).pk, at=AT)
    sent = _sent(files)
    assert (sent["To"], sent["Subject"], sent["In-Reply-To"]) == (
        "Olga Petrova <caller@example.org>",
        "Your call",
        None,
    )


def test_contact_without_address_gives_a_reason(mailbox: EndpointInfo, shop) -> None:
    with open_account(shop.pk):
        ticket = make_ticket(shop, make_contact(shop, "+4930123456", kind="phone"), channel="voice")
        message = _reply(mailbox, ticket)
        assert deliver_message(message_id=message.pk, at=AT) == "failed"
        message.refresh_from_db()
        assert message.error == "recipient: the contact has no mail address."
