"""No bytes at all make the translation raise, or give what cannot be stored."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_app.email.headers import addresses, header_text, instant, message_ids, structured
from channels_app.email.html import QUOTE_END, QUOTE_MARK, html_to_text, sanitise_html, unmarked
from channels_app.email.parse import message_identity, translate_email
from channels_app.email.replies import cut_reply
from tests.app.channels.mails import mail_with_parts, raw_mail

WHOLE = [
    raw_mail(sender="=?utf-8?B?0J7Qu9GM0LPQsA==?= <olga@example.org>", subject="=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?="),
    raw_mail(text="> quoted\n\nOn Mon, 1 Jun 2026, Anna wrote:\n> more\n-- \nOlga"),
    mail_with_parts(("text/plain", "", b"hello"), ("text/html", "", b"<b>hello"), ("image/png", "a.png", b"\x89PNG")),
    mail_with_parts(("message/rfc822", "", raw_mail()), ("multipart/alternative; boundary=x", "", b"--x\r\n\r\n--x--")),
]


def _storable(*texts: str) -> bool:
    return all("\0" not in text and text.encode("utf-8") is not None for text in texts)


@given(raw=st.binary(max_size=2_000))
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise(raw: bytes) -> None:
    mail = translate_email(raw)
    assert mail.text or mail.problems
    assert mail.message_id == message_identity(raw)
    assert _storable(mail.text, mail.html, mail.subject, mail.from_name, mail.from_email, mail.message_id)


@given(
    whole=st.sampled_from(WHOLE),
    cuts=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 200), st.binary(max_size=60)), max_size=8),
)
@settings(max_examples=400, deadline=None)
def test_damaged_mails_never_raise(whole: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    raw = whole
    for position, length, replacement in cuts:
        start = position % (len(raw) + 1)
        raw = raw[:start] + replacement + raw[start + length :]
    mail = translate_email(raw)
    assert mail.text or mail.problems
    assert mail.message_id == message_identity(raw)
    assert _storable(mail.text, mail.reply_text, mail.html, *(item.filename for item in mail.attachments))


@given(raw=st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_headers_of_random_bytes_never_raise(raw: bytes) -> None:
    header_text(raw)
    structured(raw)
    message_ids(raw)
    instant(raw)
    assert all(item.name or item.email for item in addresses(raw))


@given(text=st.text(max_size=500) | st.text(alphabet=f"{QUOTE_MARK}{QUOTE_END}\n>: aOn1@<-", max_size=200))
@settings(max_examples=400, deadline=None)
def test_cutting_a_reply_never_raises_nor_empties_a_text(text: str) -> None:
    reply = cut_reply(text)
    assert bool(reply.strip()) == bool(unmarked(text).strip())


@given(source=st.text(alphabet='<>/"=abdivscript &;#!-[]', max_size=300))
@settings(max_examples=300, deadline=None)
def test_sanitised_html_never_holds_a_script(source: str) -> None:
    assert "<script" not in sanitise_html(source).lower()
    html_to_text(source)


def _head(name: str, value: bytes) -> bytes:
    return b"From: a@example.org\n" + name.encode() + b": " + value + b"\n\nhello"


HTML = b"Content-Type: text/html\n\n"


@pytest.mark.parametrize(
    "raw",
    [
        _head("Subject", b"=?utf-8?q?a?b?c" * 4_000),
        _head("Subject", b"=?utf-8?q?a?= " * 4_000),
        _head("To", b"a" * 30_000 + b"@" + b" " * 30_000 + b"x"),
        _head("To", b"a@b, " * 12_000),
        _head("Content-Type", b"text/plain" + b";a=" * 16_000),
        _head("References", b"a " * 30_000),
        _head("Message-ID", b"<a " * 20_000),
        b"Subject: a\n" + b" b\n" * 100_000 + b"\nx",
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 100_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2_000)),
        b"Content-Type: message/rfc822\n\n" * 10_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"= " * 200_000 + b"A",
        b"From: a@b\n\n" + b"begin 644 x\nM\n" * 50_000 + b"end\n",
        b"From: a@b\n\n" + b"\n \n" * 100_000,
        b"From: a@b\n\n" + (b"On 15.06.2026 11:00 " + b"a " * 180 + b":\n") * 1_000,
        b"From: a@b\n\n" + (b"-" * 380 + b"\n") * 2_000,
        b"From: MAILER-DAEMON@b\n\n" + b"\n" * 20_000,
        b"From: MAILER-DAEMON@b\n\n" + b"550 5.1.1 user unknown <a@b> " * 1_000,
        HTML + b"<blockquote " * 50_000,
        HTML + b"<div class=" * 50_000,
        HTML + b"<!--" * 100_000,
        HTML + b"&#" * 400_000,
        b"Content-Type: text/calendar\n\nBEGIN:VEVENT\n" + b"BEGIN:VTIMEZONE\n" * 10_000,
        b"Content-Type: application/pkcs7-mime\n\n" + b"\x30\x80" * 50_000,
    ],
    ids=range(24),
)
def test_no_mail_takes_time_with_the_square_of_its_length(raw: bytes) -> None:
    begin = time.process_time()
    mail = translate_email(raw)
    # each takes well under half a second; before they were bounded the worst took eight
    assert time.process_time() - begin < 2
    assert mail.text or mail.problems
