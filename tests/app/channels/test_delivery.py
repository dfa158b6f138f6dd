"""Replies on their way out."""

import email
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from channels_app.actions import resend_message
from channels_app.bounces import record_bounces
from channels_app.contract import AdapterError, BounceReport, EndpointInfo
from channels_app.delivery import claim_due, deliver_message
from channels_app.email.door import take_email
from channels_app.email.signatures import save_signature
from channels_app.email.transport import Outbox
from channels_app.endpoints import own_mailboxes
from channels_app.receipts import MAX_ATTEMPTS
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Role
from contactcenter.tickets import queries
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Message, Ticket
from contactcenter.tickets.recipients import NewRecipients, proposed_recipients
from tests.app.channels.mailboxes import make_mailbox
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket, make_user

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
    _, plain, markup = sent.walk()
    assert plain.get_payload(decode=True).decode().strip() == "It leaves today."
    assert "<p>It leaves today.</p>" in markup.get_payload(decode=True).decode()


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

    def send(self: object, *, name: str, **_: object) -> str:
        sends.append(name)
        return ""

    monkeypatch.setattr("channels_app.email.transport.Outbox.send", send)
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


def _lists(**lists: list[str]) -> dict[str, list[dict[str, str]]]:
    return {name: [{"name": "", "email": email} for email in emails] for name, emails in lists.items()}


def test_reply_proposes_reply_to_and_copies_but_none_of_our_own_mailboxes(mailbox: EndpointInfo) -> None:
    make_mailbox(make_account("Clinic"), "info@clinic.example")
    to = "support+r-1-00@shop.example, Boss <Boss@Example.org>, info@clinic.example"
    raw = raw_mail(to=to, headers={"Cc": "olga@example.org, anna@example.org", "Reply-To": "Olga <o@work.example>"})
    take_email(endpoint=mailbox, raw=raw, at=AT)
    with open_account(mailbox.account_id):
        proposed = proposed_recipients(ticket=Ticket.objects.get(), own=own_mailboxes())
    assert proposed == {
        "to": [{"name": "Olga", "email": "o@work.example"}],
        "cc": [
            {"name": "Boss", "email": "Boss@Example.org"},
            {"name": "", "email": "olga@example.org"},
            {"name": "", "email": "anna@example.org"},
        ],
    }


def test_copies_are_seen_and_blind_copies_only_reach_the_envelope(
    mailbox: EndpointInfo, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(headers={"Cc": "anna@example.org"}), at=AT)
    envelopes: list[list[str]] = []
    send = Outbox.send

    def noted(self: Outbox, *, recipients: list[str], **mail: object) -> str:
        envelopes.append(recipients)
        return send(self, recipients=recipients, **mail)

    monkeypatch.setattr(Outbox, "send", noted)
    with open_account(mailbox.account_id):
        message = send_reply(
            ticket=Ticket.objects.get(), operator_id=None, channel="email", text="Hello", at=AT, client_uuid=uuid4(),
            confirm_new_recipients=True,
            **_lists(to=["olga@example.org"], cc=["Anna@example.org"], bcc=["chief@shop.example", "anna@example.org"]),
        )  # fmt: skip
        deliver_message(message_id=message.pk, at=AT)
    sent = _sent(files)
    assert (sent["To"], sent["Cc"], sent["Bcc"]) == ("olga@example.org", "Anna@example.org", None)
    assert envelopes == [["olga@example.org", "Anna@example.org", "chief@shop.example"]]
    assert b"chief@" not in sent.as_bytes()


def test_address_that_was_never_on_the_ticket_needs_a_word(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(headers={"Cc": "anna@example.org"}), at=AT)
    take_email(endpoint=mailbox, raw=raw_mail(subject="Another", headers={"Cc": "other@example.org"}), at=AT)
    with open_account(mailbox.account_id):
        ticket = Ticket.objects.get(subject="Where is my order?")
        reply = {"ticket": ticket, "operator_id": None, "channel": "email", "text": "Hello", "at": AT}
        with pytest.raises(NewRecipients, match=r"Never before on this ticket: other@example\.org") as raised:
            send_reply(
                **reply,
                client_uuid=uuid4(),
                **_lists(to=["OLGA@example.org"], cc=["anna@example.org", "other@example.org"]),
            )
        assert raised.value.data == {"new_recipients": ["other@example.org"]}
        assert Message.objects.filter(direction="out").count() == 0
        send_reply(**reply, client_uuid=uuid4(), **_lists(to=["olga@example.org"], cc=["anna@example.org"]))
        with pytest.raises(Invalid, match="is no mail address"):
            send_reply(**reply, client_uuid=uuid4(), **_lists(to=["a@b, c@d.example"]), confirm_new_recipients=True)


def test_reply_is_never_sent_to_a_mailbox_of_our_own(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(sender="support+x@shop.example"), at=AT)
    with open_account(mailbox.account_id):
        message = _reply(mailbox)
        assert deliver_message(message_id=message.pk, at=AT) == "failed"
        message.refresh_from_db()
    assert message.error == "recipient: nobody is left to write to but ourselves."
    assert not (files / "outbox").exists()


def test_signature_of_the_language_stands_below_the_reply(mailbox: EndpointInfo, files: Path, shop) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    supervisor = make_user(Role.SUPERVISOR)
    with open_account(shop.pk):
        save_signature(account_id=shop.pk, language="", text="General", actor_id=supervisor.pk)
        save_signature(
            account_id=shop.pk, language="en", text="{operator}\nYour {account} team", actor_id=supervisor.pk
        )
        ticket = Ticket.objects.get()
        operator = make_operator(shop)
        for operator_id in (operator.pk, None):
            message = send_reply(
                ticket=ticket, operator_id=operator_id, channel="email", text="Hi", at=AT, client_uuid=uuid4()
            )
            assert deliver_message(message_id=message.pk, at=AT) == "sent"
        with pytest.raises(Invalid, match=r"There is no \{phone\}"):
            save_signature(account_id=shop.pk, language="en", text="{phone}", actor_id=supervisor.pk)
    texts = [
        email.message_from_bytes(path.read_bytes()).get_payload(0).get_payload(decode=True).decode().replace("\r", "")
        for path in sorted((files / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    ]
    assert texts == [
        f"Hi\n\n-- \n{operator.display_name}\nYour Shop team\n",
        "Hi\n\n-- \nYour Shop team\n",
    ]


def test_mail_says_whose_it_is_and_only_an_automatic_one_says_so(mailbox: EndpointInfo, files: Path) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    with open_account(mailbox.account_id):
        message = _reply(mailbox, text="Zażółć gęślą jaźń " * 30)
        deliver_message(message_id=message.pk, at=AT)
    raw = next((files / "outbox").glob("*.eml")).read_bytes()
    sent = _sent(files)
    assert (sent["X-Loop"], sent["Auto-Submitted"]) == ("support@shop.example", None)
    assert sent["Date"] == "Mon, 15 Jun 2026 09:00:00 +0000"
    assert sent["Message-ID"].endswith("@shop.example>")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_copy_that_bounces_leaves_the_message_sent_and_all_of_them_do_not(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(headers={"Cc": "anna@example.org"}), at=AT)
    with open_account(mailbox.account_id):
        ticket = Ticket.objects.get()
        message = send_reply(
            ticket=ticket, operator_id=None, channel="email", text="Hello", at=AT, client_uuid=uuid4(),
            **_lists(to=["olga@example.org"], cc=["anna@example.org"]),
        )  # fmt: skip
        deliver_message(message_id=message.pk, at=AT)
        message.refresh_from_db()
        seen = []
        for recipient in ("anna@example.org", "olga@example.org"):
            report = BounceReport(
                recipient=recipient,
                status="5.1.1",
                hard=True,
                reason="550 no such user",
                message_id=message.external_id,
            )
            assert record_bounces(ticket_id=ticket.pk, answers=(), bounces=[report], at=AT) == 1
            message.refresh_from_db()
            seen.append((message.status, message.error))
        entry = queries.entry(ticket_id=ticket.pk, entry_type="message", entry_id=message.pk)
    assert seen == [
        ("sent", "Came back from anna@example.org: hard bounce 5.1.1: 550 no such user"),
        ("failed", "Came back from olga@example.org: hard bounce 5.1.1: 550 no such user"),
    ]
    assert entry["bounces"][0] == {
        "at": "2026-06-15T09:00:00+00:00", "recipient": "anna@example.org", "code": "5.1.1", "hard": True,
        "final": True, "reason": "550 no such user",
    }  # fmt: skip
    assert entry["recipients"]["cc"] == [{"name": "", "email": "anna@example.org"}]
