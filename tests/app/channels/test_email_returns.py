"""What mail servers send back: bounces and complaints stand on the mail that they are about."""

import pytest

from channels_app.contract import EndpointInfo
from channels_app.email.door import take_email
from contactcenter.contacts.consent import is_opted_out
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets import queries
from contactcenter.tickets.models import Message, Ticket
from tests.app.channels.mails import raw_mail
from tests.app.factories import AT

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("action", "status", "error"),
    [
        (
            b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n",
            "failed",
            "Came back: hard bounce 5.1.1: 550 no such user",
        ),
        (b"Action: delayed\r\nStatus: 4.2.2\r\n", "sent", "Not delivered yet: 4.2.2"),
    ],
)
def test_bounce_lands_on_the_ticket_of_the_mail_it_returns(
    mailbox: EndpointInfo, action: bytes, status: str, error: str
) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(message_id="first@example.org"), at=AT)
    with open_account(mailbox.account_id):
        Message.objects.create(
            account_id=mailbox.account_id,
            ticket=Ticket.objects.get(),
            direction="out",
            channel="email",
            at=AT,
            status="sent",
            external_id="m1.abc@shop.example",
        )
    raw = (
        b"From: MAILER-DAEMON@mx.example\r\nTo: support@shop.example\r\nSubject: Undelivered Mail\r\n"
        b"Message-ID: <dsn@mx.example>\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n" + action + b"\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Message-ID: <m1.abc@shop.example>\r\nSubject: Re: x\r\n\r\nHello\r\n--b--\r\n"
    )
    taken = take_email(endpoint=mailbox, raw=raw, at=AT)
    assert (taken.status, taken.ticket, taken.kind) == ("appended", "SH-1001", "bounce")
    with open_account(mailbox.account_id):
        returned = Message.objects.get(direction="out")
        assert (returned.status, returned.error) == (status, error)


def _ours(mailbox: EndpointInfo, **headers: list[dict[str, str]]) -> Message:
    with open_account(mailbox.account_id):
        return Message.objects.create(
            account_id=mailbox.account_id,
            ticket=Ticket.objects.get(),
            direction="out",
            channel="email",
            at=AT,
            status="sent",
            external_id="m1.abc@shop.example",
            headers=headers,
        )


def _machine_mail(report_type: str, report: bytes) -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example\r\nTo: support@shop.example\r\nSubject: Report\r\n"
        b"Message-ID: <report@mx.example>\r\n"
        b"Content-Type: multipart/report; report-type=" + report_type.encode() + b"; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        b"--b\r\nContent-Type: message/" + report_type.encode() + b"\r\n\r\n" + report + b"\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Message-ID: <m1.abc@shop.example>\r\nSubject: Re: x\r\n\r\nHello\r\n--b--\r\n"
    )


def test_bounce_of_several_recipients_says_what_became_of_each(mailbox: EndpointInfo) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    message = _ours(mailbox, to=[{"email": "olga@example.org"}], cc=[{"email": "anna@x.org"}, {"email": "bo@x.org"}])
    report = (
        b"Reporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; bo@x.org\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"
        b"Final-Recipient: rfc822; olga@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        b"Final-Recipient: rfc822; anna@x.org\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        b"Diagnostic-Code: smtp; 552 mailbox full\r\n"
    )
    take_email(endpoint=mailbox, raw=_machine_mail("delivery-status", report), at=AT)
    with open_account(mailbox.account_id):
        message.refresh_from_db()
        entry = queries.entry(ticket_id=message.ticket_id, entry_type="message", entry_id=message.pk)
    assert [(item["recipient"], item["code"], item["hard"], item["final"]) for item in entry["bounces"]] == [
        ("olga@example.org", "5.1.1", True, True),
        ("anna@x.org", "5.2.2", False, True),
        ("bo@x.org", "4.4.1", False, False),
    ]
    # bo may still get it
    assert (entry["status"], entry["error"]) == (
        "sent",
        "Came back from olga@example.org: hard bounce 5.1.1: 550 no such user",
    )
    gave_up = report.replace(b"delayed", b"failed").replace(b"4.4.1", b"5.4.7")
    mail = _machine_mail("delivery-status", gave_up).replace(b"report@mx", b"last@mx")
    take_email(endpoint=mailbox, raw=mail, at=AT)
    with open_account(mailbox.account_id):
        message.refresh_from_db()
    assert message.status == "failed"
    assert [item["recipient"] for item in message.headers["bounces"]] == [
        "olga@example.org", "anna@x.org", "bo@x.org", "bo@x.org",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "recipient"),
    [(b"Original-Rcpt-To: anna@x.org\r\n", "anna@x.org"), (b"", "olga@example.org")],
    ids=["named", "left out"],
)
def test_complaint_by_mail_stands_on_our_entry_and_stops_automatic_mail(
    mailbox: EndpointInfo, said: bytes, recipient: str
) -> None:
    take_email(endpoint=mailbox, raw=raw_mail(), at=AT)
    message = _ours(mailbox, to=[{"email": "olga@example.org"}], cc=[{"email": "anna@x.org"}])
    report = b"Feedback-Type: abuse\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n" + said
    taken = take_email(endpoint=mailbox, raw=_machine_mail("feedback-report", report), at=AT)
    assert (taken.status, taken.ticket, taken.kind) == ("appended", "SH-1001", "feedback")
    with open_account(mailbox.account_id):
        message.refresh_from_db()
        assert is_opted_out(account_id=mailbox.account_id, kind="email", value=recipient)
    assert (message.status, message.headers["complaints"]) == (
        "sent",
        [{"at": AT.isoformat(), "recipient": recipient, "nature": "abuse"}],
    )
