"""A raw mail as values: the pure translation behind `manage.py parse_email` and the e-mail adapter."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from channels_app.contract import BounceReport, ComplaintReport, InboundKind
from channels_app.email.bodies import UNREADABLE, BodyReader
from channels_app.email.files import ParsedAttachment
from channels_app.email.headers import Address, addresses, header_text, instant, message_ids
from channels_app.email.html import MAX_TEXT_CHARACTERS, unmarked
from channels_app.email.kinds import kind_of
from channels_app.email.replies import cut_reply, without_armour
from channels_app.email.reports import bounce_reports, complaint_report, described, returned_message_ids
from channels_app.email.structure import Part, parse_head, parse_structure

MAX_SUBJECT_CHARACTERS = 500
_OWN_HEADERS = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "date",
    "subject",
    "in-reply-to",
    "references",
    "auto-submitted",
    "precedence",
    "x-autoreply",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
)


@dataclass(frozen=True, slots=True)
class ParsedEmail:
    """What a mail says. Message ids stand without angle brackets; `date` is the sender's word, aware UTC.

    `text` is the whole readable text, `reply_text` what the author wrote, `html` the sanitised HTML ('' where none).
    `returned_message_ids` are the ids of the mails that a bounce or complaint returns, `bounces` is what a bounce says
    of each recipient, `complaint` who complains of what.
    `protection` says how the mail is signed, `problems` what could not be read, and why.
    """

    from_email: str
    from_name: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    returned_message_ids: tuple[str, ...]
    date: datetime | None
    text: str
    reply_text: str
    html: str
    attachments: tuple[ParsedAttachment, ...]
    kind: InboundKind
    bounces: tuple[BounceReport, ...]
    complaint: ComplaintReport | None
    delivered_to: tuple[str, ...]
    protection: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def bounce(self) -> BounceReport | None:
        """Return the first of the bounces."""
        return self.bounces[0] if self.bounces else None


def translate_email(raw: bytes) -> ParsedEmail:
    """Return what `raw` says; any bytes at all give an answer, never an exception."""
    root, problems = parse_structure(raw)
    charset = root.content_type.parameters.get("charset", "") or _a_charset(root)
    sender = _sender(root, charset)
    subject = header_text(root.header("subject"), charset=charset)[:MAX_SUBJECT_CHARACTERS]
    reader = BodyReader(problems=list(problems))
    text, html = reader.read(root).rendered()
    plain = unmarked(text).strip("\n").rstrip()
    kind = kind_of(root=root, sender=sender.email, subject=subject, text=plain)
    bounces = bounce_reports(root=root, text=plain) if kind == InboundKind.BOUNCE else ()
    returned = returned_message_ids(root) if kind in {InboundKind.BOUNCE, InboundKind.FEEDBACK} else ()
    if bounces and bounces[0].message_id and not returned:
        returned = (bounces[0].message_id,)
    # what a report encloses is told by its fields, and where it has no words, they are its words
    notes = reader.notes if kind in {InboundKind.MESSAGE, InboundKind.AUTO_REPLY} else []
    if bounces and not plain:
        notes = ["\n".join(described(bounce) for bounce in bounces)]
    if not (plain or notes or any(problem.startswith(UNREADABLE) for problem in reader.problems)):
        reader.problems.append(_why_empty(root, reader))
    return ParsedEmail(
        from_email=sender.email,
        from_name=sender.name,
        to=_all_addresses(root, "to", charset),
        cc=_all_addresses(root, "cc", charset),
        reply_to=_all_addresses(root, "reply-to", charset),
        subject=subject,
        message_id=_message_id(root, raw),
        in_reply_to=message_ids(root.header("in-reply-to")),
        references=message_ids(root.header("references")),
        returned_message_ids=returned,
        date=instant(root.header("date")),
        text=_with_notes(plain[:MAX_TEXT_CHARACTERS], notes),
        reply_text=_with_notes(without_armour(cut_reply(text[:MAX_TEXT_CHARACTERS])), notes),
        html=html,
        attachments=tuple(reader.attachments),
        kind=kind,
        bounces=bounces,
        complaint=complaint_report(root=root, text=plain) if kind == InboundKind.FEEDBACK else None,
        delivered_to=tuple(
            item.email
            for name in ("delivered-to", "x-original-to", "envelope-to")
            for value in root.values(name)
            for item in addresses(value)
        ),
        protection=tuple(dict.fromkeys(reader.protection)),
        problems=tuple(dict.fromkeys(reader.problems)),
    )


def message_identity(raw: bytes) -> str:
    """Return the identity under which `raw` is received: its Message-ID, or a synthetic one; cheap, never raises.

    It equals `translate_email(raw).message_id`.
    """
    return _message_id(parse_head(raw), raw)


def fingerprint(raw: bytes) -> str:
    """Return a hash of what stays the same from one delivery of a mail to the next: its own headers and its body.

    Headers added on the way and the form of line ends do not count. It tells a repeated mail from another one that
    bears the same Message-ID, as broken senders and web forms send them.
    """
    return _fingerprint(parse_head(raw))


def _fingerprint(head: Part) -> str:
    digest = hashlib.sha256()
    for name in _OWN_HEADERS:
        digest.update(b" ".join(b" ".join(head.values(name)).split()) + b"\0")
    digest.update(head.raw_body.replace(b"\r\n", b"\n").rstrip())
    return digest.hexdigest()


def _message_id(head: Part, raw: bytes) -> str:
    declared = message_ids(head.header("message-id"))
    if declared:
        return declared[0]
    # a mail without a date has nothing but the traces of its way to tell it from the next one
    digest = _fingerprint(head) if head.header("date") else hashlib.sha256(raw).hexdigest()
    return f"sha256-{digest}@message-id.missing"


def _sender(root: Part, charset: str) -> Address:
    """Return who wrote: From, or what comes nearest to it in a mail without one."""
    for name in ("from", "sender", "reply-to", "return-path"):
        found = addresses(root.header(name), charset=charset)
        if found:
            return next((item for item in found if "@" in item.email), found[0])
    return Address("", "")


def _all_addresses(root: Part, name: str, charset: str) -> tuple[Address, ...]:
    """Return the mailboxes of a header that can be written to; a word without @ is none."""
    found = (item for value in root.values(name)[:10] for item in addresses(value, charset=charset))
    return tuple(item for item in found if "@" in item.email)


def _a_charset(root: Part) -> str:
    for part in root.walk():
        charset = part.content_type.parameters.get("charset", "")
        if charset:
            return charset
    return ""


def _with_notes(text: str, notes: list[str]) -> str:
    return "\n\n".join(filter(None, (text, *notes)))


def _why_empty(root: Part, reader: BodyReader) -> str:
    if reader.attachments:
        return "the mail has attachments but no text"
    if not root.raw_body.strip():
        return "the mail has no body"
    return "the mail has no readable text part"
