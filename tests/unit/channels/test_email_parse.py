"""What mails say: headers, bodies, files and kinds, by RFC 2045 to 2047, 2231, 3464, 3834, 5322 and 5965."""

from datetime import UTC, datetime

import pytest

from channels_app.contract import InboundKind
from channels_app.email.headers import Address, addresses, header_text, instant, message_ids, structured
from channels_app.email.parse import message_identity, translate_email
from channels_app.email.transfer import decode_base64
from tests.app.channels.mails import mail_with_parts, raw_mail


def _multipart(kind: str, *parts: str) -> bytes:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return f"From: a@example.org\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n".encode()


@pytest.mark.parametrize(
    ("raw", "name", "email"),
    [
        (b"Olga <olga@example.org>", "Olga", "olga@example.org"),
        (b'"Petrova, Olga" <olga@example.org>', "Petrova, Olga", "olga@example.org"),
        (b"olga@example.org (Olga Petrova)", "Olga Petrova", "olga@example.org"),
        (b"=?utf-8?B?0J7Qu9GM0LPQsA==?= <olga@example.org>", "Ольга", "olga@example.org"),
        (b"Robot (the system) <robot@example.org>", "Robot", "robot@example.org"),
        (b"MAILER-DAEMON", "", "MAILER-DAEMON"),
        (b"Olga (olga@example.org)", "Olga", "olga@example.org"),
        (b"=?utf-8?Q?Olga_=3Colga=40example.org=3E?=", "Olga", "olga@example.org"),
        (b"Petrova, Olga <olga@example.org>", "Petrova, Olga", "olga@example.org"),
    ],
)
def test_address_is_read_as_written(raw: bytes, name: str, email: str) -> None:
    assert addresses(raw) == (Address(name, email),)


def test_group_is_flattened() -> None:
    assert addresses(b"friends: a@example.org, B <b@example.org>;, c@example.org") == (
        Address("", "a@example.org"),
        Address("B", "b@example.org"),
        Address("", "c@example.org"),
    )


def test_a_recipient_that_cannot_be_written_to_is_none() -> None:
    mail = translate_email(b"From: a@example.org\r\nTo: b@example.org, xxx\r\n\r\nhello")
    assert mail.to == (Address("", "b@example.org"),)


def test_empty_group_has_nobody() -> None:
    assert addresses(b"undisclosed-recipients:;") == ()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?iso-8859-1?Q?M=FCller?=", "Müller"),
        (b"=?koi8-r?B?8NLJ18XU?=", "Привет"),
        # one character split between two encoded words
        (b"=?utf-8?B?0J/RgNC40LLQ?=\r\n =?utf-8?B?tdGC?=", "Привет"),
        (b"=?utf-8?Q?a?= =?utf-8?Q?b?= c", "ab c"),
        (b"=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        # RFC 1642: modified base64 between + and -
        (b"=?utf-7?Q?+ANw-bermittlung?=", "Übermittlung"),
        (b"=?unicode-1-1-utf-7?Q?Hi_Mom_+Jjo-?=", "Hi Mom ☺"),
        # windows-1258 writes the accent behind its letter (0xEC acute, 0xCC grave)
        (b"=?windows-1258?Q?e=ECcran_a=CC?=", "écran à"),
        (b"=?no-such-charset?Q?plain?=", "plain"),
        ("Grüße".encode(), "Grüße"),
        ("Привет, это я".encode("cp1251"), "Привет, это я"),
        (b"folded\r\n line", "folded line"),
    ],
)
def test_header_text_is_decoded(raw: bytes, text: str) -> None:
    assert header_text(raw) == text


def test_parameters_continue_and_carry_a_charset() -> None:
    value = structured(b"attachment; filename*0*=utf-8''%D0%A1%D1%87; filename*1*=%D1%91%D1%82; filename*2=.pdf")
    assert value.parameters["filename"] == "Счёт.pdf"


def test_message_ids_lose_their_brackets() -> None:
    assert message_ids(b"<a@x> <b@y>\r\n <a@x>") == ("a@x", "b@y")


def test_date_is_utc() -> None:
    assert instant(b"Mon, 15 Jun 2026 11:00:00 +0200") == datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
    assert instant(b"yesterday") is None


def test_missing_message_id_is_the_hash_of_what_stays_the_same() -> None:
    mail = translate_email(raw_mail(message_id=""))
    assert mail.message_id.startswith("sha256-")
    assert mail.message_id == message_identity(b"Received: from x\r\n" + raw_mail(message_id=""))
    assert mail.message_id != translate_email(raw_mail(message_id="", text="another")).message_id


def test_plain_text_wins_over_its_html_alternative() -> None:
    mail = translate_email(
        _multipart("alternative", "Content-Type: text/plain\r\n\r\nplain", "Content-Type: text/html\r\n\r\n<p>rich</p>")
    )
    assert (mail.text, mail.html, mail.attachments) == ("plain", "<p>rich</p>", ())


def test_blank_text_alternative_gives_way_to_html() -> None:
    mail = translate_email(
        _multipart("alternative", "Content-Type: text/plain\r\n\r\n  ", "Content-Type: text/html\r\n\r\n<p>rich</p>")
    )
    assert mail.text == "rich"


def test_text_after_an_attachment_is_read_too() -> None:
    mail = translate_email(
        _multipart(
            "mixed",
            "Content-Type: text/plain\r\n\r\nfirst",
            "Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2",
            "Content-Type: text/plain\r\n\r\nsecond",
        )
    )
    assert mail.text == "first\n\nsecond"
    assert [(item.filename, item.size) for item in mail.attachments] == [("a.csv", 3)]


def test_missing_final_boundary_loses_nothing() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n"
    assert translate_email(raw).text == "hello"


def test_enclosed_mail_is_a_file_of_its_own_and_only_its_head_is_our_text() -> None:
    inner = raw_mail(subject="inner", text="inner text")
    mail = translate_email(mail_with_parts(("text/plain", "", b"see below"), ("message/rfc822", "", inner)))
    assert mail.text == (
        "see below\n\n[inner.eml]\nFrom: Olga Petrova <olga@example.org>\nTo: support@shop.example\n"
        "Date: Mon, 15 Jun 2026 09:00:00 +0000\nSubject: inner"
    )
    assert [item.filename for item in mail.attachments] == ["inner.eml"]


def test_file_names_cannot_leave_their_folder() -> None:
    mail = translate_email(mail_with_parts(("text/plain", "../../etc/passwd", b"x"), ("text/plain", "C:\\evil", b"x")))
    assert [item.filename for item in mail.attachments] == ["_.._etc_passwd", "C:evil"]


def test_deep_nesting_is_kept_but_not_followed_for_ever() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60)) + b"\nhello"
    mail = translate_email(raw)
    assert any("nested deeper" in problem for problem in mail.problems)
    assert len(mail.attachments) == 1


def test_damaged_base64_gives_what_can_be_read() -> None:
    assert decode_base64(b"aGVs*bG8\n") == b"hello"
    assert decode_base64(b"aGVsbG8=\naGVsbG8=") == b"hellohello"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, InboundKind.MESSAGE),
        ({"Auto-Submitted": "no"}, InboundKind.MESSAGE),
        ({"Auto-Submitted": "auto-generated; owner-token=x"}, InboundKind.AUTO_REPLY),
        ({"Precedence": "auto_reply"}, InboundKind.AUTO_REPLY),
        ({"Precedence": "list"}, InboundKind.MESSAGE),
        ({"Subject": "Out of Office: back on Monday"}, InboundKind.AUTO_REPLY),
        ({"X-Failed-Recipients": "x@example.org"}, InboundKind.BOUNCE),
    ],
)
def test_kind_by_headers(headers: dict[str, str], kind: InboundKind) -> None:
    fields = {"From": "olga@example.org", "Subject": "Hello", **headers}
    raw = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\nhello"
    assert translate_email(raw).kind == kind


def test_delivery_report_is_a_bounce_and_names_the_mail_it_returns() -> None:
    raw = _multipart(
        "report; report-type=delivery-status",
        "Content-Type: text/plain\r\n\r\nfailed",
        "Content-Type: message/delivery-status\r\n\r\nAction: failed",
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@shop.example>",
    )
    mail = translate_email(raw)
    assert mail.kind == InboundKind.BOUNCE
    assert mail.returned_message_ids == ("ours@shop.example",)


def test_complaint_is_feedback() -> None:
    raw = _multipart(
        "report; report-type=feedback-report",
        "Content-Type: text/plain\r\n\r\nabuse",
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse",
    )
    assert translate_email(raw).kind == InboundKind.FEEDBACK


def test_forwarded_bounce_is_a_persons_message() -> None:
    bounce = (
        b"From: MAILER-DAEMON@x\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=q\r\n\r\n--q--"
    )
    mail = translate_email(mail_with_parts(("text/plain", "", b"what is this?"), ("message/rfc822", "", bounce)))
    assert mail.kind == InboundKind.MESSAGE


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Да, спасибо!\n\n15 июня 2026 г. 12:00, Анна <anna@shop.example> написала:\n> Подойдёт?", "Да, спасибо!"),
        ("Sí.\n\nEl lun, 15 jun 2026 a las 11:00, Ana (<ana@shop.example>) escribió:\n> ¿Vale?", "Sí."),
        ("Fine.\n\nOn Mon, Jun 15, 2026 at 11:00 AM Anna <anna@shop.example>\nwrote:\n\n> Ok?", "Fine."),
        ("Ja.\n\nVon: Anna\nGesendet: Montag, 15. Juni 2026\nAn: Olga\nBetreff: Frage\n\nPasst das?", "Ja."),
        ("Thanks\n-- \nOlga Petrova\n+7 495 000", "Thanks"),
        ("On Monday I wrote: nothing arrived.", "On Monday I wrote: nothing arrived."),
        ("> only a quotation", "> only a quotation"),
    ],
)
def test_reply_is_what_the_person_wrote(text: str, reply: str) -> None:
    assert translate_email(raw_mail(text=text)).reply_text == reply


def test_quotation_in_html_is_marked_by_the_mail_program() -> None:
    raw = (
        b"From: a@example.org\r\nContent-Type: text/html\r\n\r\n"
        b'<div>Works now</div><div class="gmail_quote">On Monday Anna wrote:<blockquote>Try again</blockquote></div>'
    )
    mail = translate_email(raw)
    assert mail.reply_text == "Works now"
    assert "Try again" in mail.text


def test_nested_html_does_not_take_quadratic_time() -> None:
    raw = b"From: a@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"deep"
    mail = translate_email(raw)
    assert (mail.text, mail.html) == ("deep", "")


def test_named_text_is_shown_where_the_mail_has_no_other() -> None:
    part = 'Content-Type: text/plain; name="note.txt"\r\nContent-Disposition: inline\r\n\r\nhello'
    mail = translate_email(_multipart("mixed", part))
    assert (mail.text, [item.filename for item in mail.attachments]) == ("hello", ["note.txt"])
    mail = translate_email(_multipart("mixed", "Content-Type: text/plain\r\n\r\nown words", part))
    assert (mail.text, [item.filename for item in mail.attachments]) == ("own words", ["note.txt"])
    mail = translate_email(_multipart("mixed", part.replace("inline", "attachment")))
    assert (mail.text, mail.problems) == ("", ("the mail has attachments but no text",))


def test_uuencoded_files_leave_the_text() -> None:
    raw = b"From: a@example.org\r\n\r\nsee\r\nbegin 644 hi.txt\r\n%:&5L;&\\\r\n`\r\nend\r\nbye\r\n"
    mail = translate_email(raw)
    assert mail.text == "see\n\nbye"
    assert [(item.filename, item.content) for item in mail.attachments] == [("hi.txt", b"hello")]
    assert translate_email(b"From: a@example.org\r\n\r\nbegin 644 work\r\nthe end").text == "begin 644 work\nthe end"


def test_words_behind_the_padding_of_base64_do_not_spoil_it() -> None:
    raw = (
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\necO2dMOkIHZhYW4uCg== ignored\n"
    )
    assert translate_email(raw).text == "yötä vaan."


def test_a_report_without_words_is_told_by_its_fields() -> None:
    raw = _multipart(
        "report; report-type=delivery-status",
        "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; kim@example.net\r\nAction: failed\r\n"
        "Status: 5.1.1",
    )
    assert translate_email(raw).text == "hard bounce 5.1.1: no delivery to kim@example.net"


def test_pages_of_blank_lines_are_folded() -> None:
    assert translate_email(b"From: a@example.org\n\na" + b"\n \n" * 300 + b"b").text == "a\n\n\nb"
