"""Delivery failures in the words of many servers, complaints and automatic replies: RFC 3464, 5965, 3834 and prose."""

# ruff: noqa: E501  (the texts stand as the servers write them)

import json

import pytest

from channels_app.contract import BounceReport, ComplaintReport, InboundKind
from channels_app.email.bounce_causes import is_hard
from channels_app.email.parse import ParsedEmail, translate_email
from channels_app.email.reports import undelivered_reason

COPY = "Message-ID: <ours@shop.example>\nFrom: support@shop.example\nTo: kim@example.net\nSubject: Your lamp\n"


def _report(*groups: str, note: str = "It failed.") -> ParsedEmail:
    status = "\n\n".join(("Reporting-MTA: dns; mx.example.net", *groups))
    return translate_email(
        (
            "From: postmaster@example.net\nSubject: Report\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
            f"--b\nContent-Type: text/plain\n\n{note}\n"
            f"--b\nContent-Type: message/delivery-status\n\n{status}\n"
            f"--b\nContent-Type: text/rfc822-headers\n\n{COPY}\n--b--\n"
        ).encode()
    )


def _prose(text: str, *, subject: str = "Undelivered Mail Returned to Sender", headers: str = "") -> ParsedEmail:
    return translate_email(
        f"From: MAILER-DAEMON@example.net\nSubject: {subject}\n{headers}Content-Type: text/plain\n\n{text}".encode()
    )


def test_fields_of_a_delivery_report_are_read() -> None:
    mail = _report(
        "Original-Recipient: rfc822;kim@example.net\nFinal-Recipient: rfc822; kim2@example.org\nAction: failed\n"
        "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <kim2@example.org>:\n Recipient address rejected"
    )
    assert mail.bounce == BounceReport(
        recipient="kim@example.net",
        status="5.1.1",
        reply_code="550",
        hard=True,
        reason="550 5.1.1 <kim2@example.org>: Recipient address rejected",
        final=True,
        message_id="ours@shop.example",
    )


def test_the_failed_recipient_counts_before_the_delivered_and_the_delayed() -> None:
    mail = _report(
        "Final-Recipient: rfc822; a@example.net\nAction: delivered\nStatus: 2.0.0",
        "Final-Recipient: rfc822; b@example.net\nAction: delayed\nStatus: 4.4.1",
        "Final-Recipient: rfc822; c@example.net\nAction: failed\nStatus: 5.2.2",
    )
    assert mail.bounce is not None
    assert (mail.bounce.recipient, mail.bounce.status, mail.bounce.hard) == ("c@example.net", "5.2.2", False)


def test_each_recipient_of_a_report_counts_by_itself_and_failures_come_first() -> None:
    mail = _report(
        "Final-Recipient: rfc822; a@example.net\nAction: delivered\nStatus: 2.0.0",
        "Final-Recipient: rfc822; b@example.net\nAction: delayed\nStatus: 4.4.1",
        "Final-Recipient: rfc822; c@example.net\nAction: failed\nStatus: 5.2.2",
        "Final-Recipient: rfc822; d@example.net\nAction: failed\nStatus: 5.1.1",
    )
    assert [(item.recipient, item.status, item.final, item.message_id) for item in mail.bounces] == [
        ("c@example.net", "5.2.2", True, "ours@shop.example"),
        ("d@example.net", "5.1.1", True, "ours@shop.example"),
        ("b@example.net", "4.4.1", False, "ours@shop.example"),
    ]


def test_recipients_that_only_the_header_names_count_too() -> None:
    mail = _prose(
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its recipients.\n\n  kim@example.net\n    550 5.1.1 unknown user\n"
        "  lee@example.net\n    550 5.1.1 unknown user\n",
        headers="X-Failed-Recipients: kim@example.net,\n lee@example.net\n",
    )
    assert [item.recipient for item in mail.bounces] == ["kim@example.net", "lee@example.net"]


def test_a_delay_is_reported_and_is_no_failure() -> None:
    mail = _report("Final-Recipient: rfc822; kim@example.net\nAction: delayed\nStatus: 4.4.1")
    assert mail.bounce is not None
    assert (mail.bounce.final, mail.bounce.status) == (False, "4.4.1")
    assert undelivered_reason(mail.bounce) == ""


def test_an_undefined_status_gives_way_to_what_the_server_answered() -> None:
    mail = _report(
        "Final-Recipient: rfc822; kim@example.net\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 full"
    )
    assert mail.bounce is not None
    assert (mail.bounce.status, mail.bounce.reply_code) == ("5.2.2", "552")


# the texts follow each server's own template, with made-up names
@pytest.mark.parametrize(
    ("text", "recipient", "status", "reply_code", "hard"),
    [
        (
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
            "delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  kim@example.net\n"
            "    host mx.example.net [192.0.2.7]: 550 5.1.1 <kim@example.net>:\n    user unknown\n\n"
            f"------ This is a copy of the message, including all the headers. ------\n\n{COPY}\nhello 552 5.2.2",
            "kim@example.net", "5.1.1", "550", True,
        ),
        (
            "Hi. This is the qmail-send program at example.org.\nI'm afraid I wasn't able to deliver your message.\n\n"
            "<kim@example.net>:\n192.0.2.7 does not like recipient.\nRemote host said: 552 5.2.2 mailbox full\n\n"
            f"--- Below this line is a copy of the message.\n\n{COPY}",
            "kim@example.net", "5.2.2", "552", False,
        ),
        (
            "This is the mail system at host mx.example.org.\n\nI'm sorry to have to inform you that your message could "
            "not be delivered.\n\n<kim@example.net>: host mx.example.net[192.0.2.7] said: 554 5.7.1\n"
            "    Message rejected as spam (in reply to end of DATA command)\n",
            "kim@example.net", "5.7.1", "554", False,
        ),
        (
            "   ----- The following addresses had permanent fatal errors -----\n<kim@example.net>\n"
            "    (reason: 550 5.1.1 <kim@example.net>... User unknown)\n\n"
            "   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n",
            "kim@example.net", "5.1.1", "550", True,
        ),
        (
            "Your message\n\n  Subject: Your lamp\n\nwas not delivered to:\n\n  kim@example.net\n\nbecause:\n\n"
            "  User kim (kim@example.net) not listed in Domino Directory",
            "kim@example.net", "", "", True,
        ),
        (
            "Delivery has failed to these recipients or groups:\n\nKim (kim@example.net)\nThe address was not found.\n\n"
            "Diagnostic information for administrators:\n\nkim@example.net\n"
            "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'",
            "kim@example.net", "5.1.10", "550", True,
        ),
        (
            "Delivery to the following recipient failed permanently:\n\n     kim@example.net\n\n"
            "Technical details of permanent failure:\nThe error that the other server returned was:\n"
            "550 5.2.1 The email account is inactive",
            "kim@example.net", "5.2.1", "550", False,
        ),
        (
            "Sorry, we were unable to deliver your message to the following address.\n\n<kim@example.net>:\n"
            "554: delivery error: dd This user doesn't have a yahoo.com account (kim@example.net) [0]\n",
            "kim@example.net", "", "554", True,
        ),
        (
            "An error occurred while trying to deliver the mail to the following recipients:\nkim@example.net\n\n"
            "Action: failed\nFinal-Recipient: rfc822; kim@example.net\nDiagnostic-Code: smtp; 554 5.7.1 Relay access denied\n"
            "Status: 5.7.1",
            "kim@example.net", "5.7.1", "554", False,
        ),
    ],
    ids=["exim", "qmail", "postfix", "sendmail", "notes", "exchange", "gmail", "yahoo", "ses"],
)  # fmt: skip
def test_failures_in_prose_are_read(text: str, recipient: str, status: str, reply_code: str, hard: bool) -> None:
    mail = _prose(text)
    assert mail.kind == InboundKind.BOUNCE
    assert mail.bounce is not None
    assert mail.bounce.final
    found = (mail.bounce.recipient, mail.bounce.status, mail.bounce.reply_code, mail.bounce.hard)
    assert found == (recipient, status, reply_code, hard)
    assert mail.returned_message_ids == (("ours@shop.example",) if COPY in text else ())


def test_a_warning_of_a_delay_in_prose_is_not_final() -> None:
    mail = _prose(
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
        "delivered to one or more of its\nrecipients. The address to which the message has not yet been delivered is:\n\n"
        "  kim@example.net\n    Delay reason: 450 4.2.0 greylisted\n",
        subject="Warning: message 1abc delayed 24 hours",
    )
    assert mail.bounce is not None
    assert (mail.bounce.recipient, mail.bounce.status, mail.bounce.final) == ("kim@example.net", "4.2.0", False)


def test_notifications_of_amazon_ses_are_read() -> None:
    common = {"commonHeaders": {"messageId": "<ours@shop.example>"}}
    bounced = {"emailAddress": "kim@example.net", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [bounced]}
    note = "From: no-reply@sns.amazonaws.com\nSubject: AWS Notification Message\n\n"
    document = json.dumps({"notificationType": "Bounce", "bounce": bounce, "mail": common})
    mail = translate_email(f"{note}{document}\n\n--\nTo stop these mails ...".encode())
    assert (mail.kind, mail.returned_message_ids) == (InboundKind.BOUNCE, ("ours@shop.example",))
    assert mail.bounce is not None
    assert (mail.bounce.recipient, mail.bounce.status, mail.bounce.hard) == ("kim@example.net", "5.1.1", True)
    complaint = {"notificationType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}, "mail": common}
    mail = translate_email(f"{note}{json.dumps(complaint)}".encode())
    assert (mail.kind, mail.complaint, mail.bounces) == (InboundKind.FEEDBACK, ComplaintReport(nature="abuse"), ())


def test_the_complaint_says_what_it_is_about() -> None:
    mail = translate_email(
        b"From: fbl@example.net\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nspam\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: fraud\nVersion: 1\n--b--\n"
    )
    assert (mail.kind, mail.complaint) == (InboundKind.FEEDBACK, ComplaintReport(nature="fraud"))


@pytest.mark.parametrize(
    ("status", "reply_code", "said", "hard"),
    [
        ("5.1.1", "550", "", True),
        ("5.1.2", "", "", True),
        ("5.0.0", "550", "No such user here", True),
        ("5.1.1", "550", "mailbox of this user is full", False),
        ("5.7.1", "554", "after MAIL FROM:<x@shop.example>: domain does not exist", False),
        ("4.1.1", "450", "user unknown in virtual table, try again", False),
        ("", "", "Пользователь не найден", True),
        ("", "", "Empfänger ist hier unbekannt", True),
        ("", "", "retry timeout exceeded", False),
        ("", "", "", None),
    ],
)
def test_hard_means_that_the_address_is_dead(status: str, reply_code: str, said: str, hard: bool | None) -> None:
    assert is_hard(status=status, reply_code=reply_code, said=said) is hard


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Your lamp",
        "Out of Office: back on Monday",
        "Автоответ: Ваша лампа",
        "Автоматический ответ: Лампа",
        "Abwesenheitsnotiz: Lampe",
        "Automatische Antwort: Lampe",
        "Réponse automatique : Lampe",
        "Respuesta automática: Lámpara",
        "Risposta automatica: Lampada",
        "Resposta automática: Lâmpada",
        "Automatyczna odpowiedź: Lampa",
        "Автоматична відповідь: Лампа",
    ],
)
def test_automatic_reply_is_known_by_its_subject(subject: str) -> None:
    mail = translate_email(f"From: kim@example.net\nSubject: {subject}\n\nI am away.".encode())
    assert mail.kind == InboundKind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "Precedence: auto_reply",
        "X-POST-MessageClass: 9; Autoresponder",
        "Return-Path: <>\nSubject: Отпуск до 1 июля",
        "X-Auto-Response-Suppress: All\nSubject: Urlaub bis 1. Juli",
    ],
)
def test_automatic_reply_is_known_by_its_headers(headers: str) -> None:
    assert translate_email(f"From: kim@example.net\n{headers}\n\nI am away.".encode()).kind == InboundKind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        "Subject: Vacation rental in July",
        "Subject: Urlaub buchen",
        "Subject: Re: Automatic reply: Your lamp",
        "Subject: Вопрос об отпуске",
        "Subject: Out of office supplies",
        "Subject: My mail could not be delivered",
        "Subject: Hello\nX-Auto-Response-Suppress: All",
        "Subject: Hello\nAuto-Submitted: no",
    ],
)
def test_a_person_is_not_taken_for_a_machine(headers: str) -> None:
    assert translate_email(f"From: kim@example.net\n{headers}\n\nPlease help.".encode()).kind == InboundKind.MESSAGE
