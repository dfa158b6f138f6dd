"""What is wrapped: winmail.dat, invitations, signed and encrypted mails; opened with bounds, never executed or unpacked."""

# ruff: noqa: E501  (calendars and wire forms stand as they are)

import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from channels_app.email.calendars import read_invitation
from channels_app.email.parse import translate_email
from channels_app.email.rtf import decompress_rtf, rtf_to_text
from channels_app.email.smime import Wrapper, open_wrapper
from channels_app.email.tnef import MAX_DEPTH, read_tnef
from tests.app.channels.mails import mail_with_parts

# the worked examples of MS-OXRTFCP 4.1 and 4.2
SIMPLE = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
OVERLAPPING = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"


def _property(kind: int, identity: int, value: bytes) -> bytes:
    head = struct.pack("<HH", kind, identity)
    return head + struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)


def _attribute(level: int, identity: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, identity, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _tnef(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


def _properties(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


def _winmail(inner: bytes = b"") -> bytes:
    data = bytes.fromhex("0703020000000000c000000000000046") + inner if inner else b"PDF bytes"
    return _tnef(
        _attribute(1, 0x00069007, struct.pack("<II", 1251, 0)),
        _attribute(
            1,
            0x00069003,
            _properties(
                struct.pack("<HHI", 0x0003, 0x0017, 1),  # a number before the body
                struct.pack("<HH", 0x0003, 0x8001) + b"\0" * 16 + struct.pack("<III", 0, 7, 9),  # a named one
                _property(0x0102, 0x1009, bytes.fromhex(SIMPLE)),
            ),
        ),
        _attribute(2, 0x00069002, b"\0" * 14),
        _attribute(2, 0x00018010, "Счёт.pdf\0".encode("cp1251")),
        _attribute(
            2,
            0x00069005,
            _properties(
                _property(0x001F, 0x3707, "Счёт за июнь.pdf\0".encode("utf-16-le")),
                _property(0x001E, 0x370E, b"application/pdf\0"),
                _property(0x0102 if not inner else 0x000D, 0x3701, data),
            ),
        ),
    )


def test_published_examples_of_compressed_rich_text_are_read() -> None:
    assert decompress_rtf(bytes.fromhex(SIMPLE)) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress_rtf(bytes.fromhex(OVERLAPPING)) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0 Arial;}}\pard \'cf\'f0\'e8\'e2\'e5\'f2\par Kim}", "Привет\nKim"),
        (rb"{\rtf1\ansi\uc1 \u1055?\u1088?\u1080? a\tab b}", "При a\tb"),
        (rb"{\rtf1\ansi\u-10179?\u-8704?}", "\U0001f600"),
        (
            rb"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Hello\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}!}",
            "Hello!",
        ),
        (rb"{\rtf1 a\{b\}\\c {\pict 00ff00}d}", "a{b}\\c d"),
        (rb"no rich text", ""),
    ],
)
def test_rich_text_is_read_as_text(rtf: bytes, text: str) -> None:
    assert rtf_to_text(rtf) == text


def test_files_and_text_of_winmail_dat_appear() -> None:
    mail = translate_email(mail_with_parts(("application/ms-tnef", "winmail.dat", _winmail())))
    assert mail.text == "hello world"
    assert [(item.filename, item.content_type, item.content) for item in mail.attachments] == [
        ("Счёт за июнь.pdf", "application/pdf", b"PDF bytes")
    ]
    assert mail.problems == ()


def test_own_text_of_a_mail_counts_before_what_outlook_packed() -> None:
    mail = translate_email(
        mail_with_parts(("text/plain", "", b"Hi"), ("application/ms-tnef", "winmail.dat", _winmail()))
    )
    assert (mail.text, len(mail.attachments)) == ("Hi", 1)


def test_messages_within_winmail_dat_are_followed_only_so_far() -> None:
    content = _winmail()
    for _ in range(MAX_DEPTH + 3):
        content = _winmail(content)
    contents = read_tnef(content)
    assert contents is not None
    assert len(contents.files) == MAX_DEPTH + 1
    assert contents.files[0].content == b"hello world"


def test_damaged_winmail_dat_stays_a_file() -> None:
    mail = translate_email(mail_with_parts(("application/ms-tnef", "winmail.dat", b"\x00not tnef")))
    assert [(item.filename, item.content) for item in mail.attachments] == [("winmail.dat", b"\x00not tnef")]


def test_winmail_dat_cut_at_any_byte_never_raises() -> None:
    whole = _winmail(_winmail())
    for end in range(len(whole)):
        read_tnef(whole[:end])


def _calendar(*lines: str, method: str = "REQUEST") -> bytes:
    return "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            f"METHOD:{method}",
            "BEGIN:VEVENT",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
    ).encode()


INVITATION = _calendar(
    "UID:1@shop.example",
    "SUMMARY:Delivery of the lamp",
    "DTSTART;TZID=Europe/Berlin:20260615T110000",
    "DTEND;TZID=Europe/Berlin:20260615T123000",
    "LOCATION:Main Street 5\\, Berlin",
    'ORGANIZER;CN="Berg, Anna":mailto:anna@shop.example',
)
IN_WORDS = (
    "Invitation: Delivery of the lamp\nWhen: 2026-06-15 11:00 – 12:30 (Europe/Berlin, UTC+02:00)\n"
    "Where: Main Street 5, Berlin\nOrganiser: Berg, Anna <anna@shop.example>"
)


def test_an_invitation_is_told_in_words_beside_its_file() -> None:
    mail = translate_email(
        mail_with_parts(("text/plain", "", b"See you\n-- \nAnna"), ("text/calendar; method=REQUEST", "", INVITATION))
    )
    assert mail.text == f"See you\n-- \nAnna\n\n{IN_WORDS}"
    assert mail.reply_text == f"See you\n\n{IN_WORDS}"
    assert [(item.filename, item.content) for item in mail.attachments] == [("file.ics", INVITATION)]


def test_a_mail_of_an_invitation_only_has_a_text() -> None:
    mail = translate_email(mail_with_parts(("text/calendar; method=REQUEST", "invite.ics", INVITATION)))
    assert (mail.text, mail.problems) == (IN_WORDS, ())


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (_calendar("SUMMARY:A", "DTSTART:20260615T110000Z", "DURATION:PT30M"), "Invitation: A\nWhen: 2026-06-15 11:00 – 11:30 (UTC)"),
        (_calendar("SUMMARY:A", "DTSTART;VALUE=DATE:20260615", "DTEND;VALUE=DATE:20260618"), "Invitation: A\nWhen: 2026-06-15 – 2026-06-17"),
        (_calendar("SUMMARY:A", "DTSTART;TZID=W. Europe Standard Time:20260115T110000"), "Invitation: A\nWhen: 2026-01-15 11:00 (W. Europe Standard Time, UTC+01:00)"),
        (_calendar("SUMMARY:A", "DTSTART:20260615T110000"), "Invitation: A\nWhen: 2026-06-15 11:00 (no time zone given)"),
        (_calendar("SUMMARY:A", "DTSTART:20260615T110000Z", method="CANCEL"), "Cancelled: A\nWhen: 2026-06-15 11:00 (UTC)"),
        (_calendar("SUMMARY:A", "RRULE:FREQ=WEEKLY;COUNT=5"), "Invitation: A\nRepeats: FREQ=WEEKLY;COUNT=5"),
        (_calendar("SUMMARY:A", "ATTENDEE;PARTSTAT=DECLINED;CN=Kim:mailto:kim@example.net", method="REPLY"), "Answer to the invitation: A\nDeclined: Kim <kim@example.net>"),
        (b"BEGIN:VEVENT of no calendar", ""),
        (INVITATION * 2000, ""),
    ],
    ids=["utc", "days", "windows zone", "no zone", "cancelled", "repeats", "answer", "damaged", "too large"],
)  # fmt: skip
def test_events_are_told_in_words(calendar: bytes, words: str) -> None:
    assert read_invitation(calendar) == words


def test_time_zone_rules_of_strangers_are_not_followed() -> None:
    rules = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nRRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    calendar = _calendar("SUMMARY:A", "DTSTART;TZID=X:20260615T110000").replace(b"BEGIN:VEVENT", rules.encode(), 1)
    assert read_invitation(calendar) == "Invitation: A\nWhen: 2026-06-15 11:00 (X)"


@pytest.fixture(scope="module")
def identity() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Anna")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=900)).sign(
        key, hashes.SHA256()
    ), key


ENTITY = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain\r\n\r\nSigned words\r\n--i\r\nContent-Type: text/csv; name=a.csv\r\n\r\n1,2\r\n--i--\r\n"


def test_content_of_an_opaque_signature_is_shown(identity: tuple[x509.Certificate, rsa.RSAPrivateKey]) -> None:
    certificate, key = identity
    builder = pkcs7.PKCS7SignatureBuilder().set_data(ENTITY).add_signer(certificate, key, hashes.SHA256())
    der = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    assert open_wrapper(der) == (Wrapper.SIGNED, ENTITY)
    mail = translate_email(mail_with_parts(("application/pkcs7-mime; smime-type=signed-data", "smime.p7m", der)))
    assert mail.text == "Signed words"
    assert [item.filename for item in mail.attachments] == ["a.csv"]
    assert mail.protection == ("signed (S/MIME), signature not verified",)


def test_streamed_signed_content_is_put_together() -> None:
    # BER without lengths, the content in two pieces, as streaming encoders write it
    pieces = b"\x04\x05Hello\x04\x06 world"
    encapsulated = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80" + pieces + b"\0\0" * 3
    signed = b"\x30\x80\x02\x01\x01\x31\x80\0\0" + encapsulated + b"\0\0"
    whole = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + signed + b"\0\0\0\0"
    assert open_wrapper(whole) == (Wrapper.SIGNED, b"Hello world")


def test_encrypted_content_is_said_to_be(identity: tuple[x509.Certificate, rsa.RSAPrivateKey]) -> None:
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(b"secret").add_recipient(identity[0])
    der = builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    assert open_wrapper(der) == (Wrapper.ENCRYPTED, b"")
    mail = translate_email(mail_with_parts(("application/pkcs7-mime", "smime.p7m", der)))
    assert (mail.text, mail.problems) == ("", ("the text is encrypted (S/MIME)",))
    assert [item.filename for item in mail.attachments] == ["smime.p7m"]


def test_nested_lengthless_elements_and_cut_wrappers_never_raise() -> None:
    assert open_wrapper(b"\x30\x80" * 50_000) == (Wrapper.UNKNOWN, b"")
    whole = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\0\x30\x80\x06\x09"
    assert {open_wrapper(whole[:end])[1] for end in range(len(whole) + 1)} == {b""}


@pytest.mark.parametrize(
    ("protocol", "words"),
    [("application/pgp-signature", "PGP"), ("application/pkcs7-signature", "S/MIME"), ("", "unknown method")],
)
def test_signed_mails_show_their_content_and_say_so(protocol: str, words: str) -> None:
    raw = (
        f'From: a@example.org\nContent-Type: multipart/signed; protocol="{protocol}"; boundary=b\n\n'
        "--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: application/x-signature; name=s.asc\n\nxyz\n--b--\n"
    ).encode()
    mail = translate_email(raw)
    assert (mail.text, mail.protection) == ("Hello", (f"signed ({words}), signature not verified",))


def test_pgp_in_line_is_said_and_its_armour_is_no_reply() -> None:
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- dash\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    mail = translate_email(f"From: a@example.org\n\n{signed}".encode())
    assert (mail.reply_text, mail.protection) == ("Hello\n-- dash", ("signed (PGP), signature not verified",))
    assert "-----BEGIN PGP SIGNATURE-----" in mail.text
    mail = translate_email(b"From: a@example.org\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n")
    assert mail.problems == ("the text is encrypted (PGP)",)
    mail = translate_email(
        b'From: a@example.org\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\n\n'
        b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\nx\n--b--"
    )
    assert (mail.text, mail.problems) == ("", ("the text is encrypted (PGP)",))
