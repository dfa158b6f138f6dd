"""A raw mail as values: the pure translation behind `manage.py parse_email` and the e-mail adapter."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from channels_app.contract import BounceReport, InboundKind
from channels_app.email.charsets import decode_text
from channels_app.email.headers import Address, addresses, header_text, instant, message_ids
from channels_app.email.html import MAX_TEXT_CHARACTERS, html_to_text, sanitise_html, unmarked
from channels_app.email.kinds import kind_of
from channels_app.email.replies import cut_reply
from channels_app.email.reports import bounce_report, feedback_type, returned_message_ids
from channels_app.email.structure import Part, parse_head, parse_structure

MAX_ATTACHMENTS = 100
MAX_FILENAME_CHARACTERS = 200
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
_READABLE = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "application/xhtml+xml"})
_MARKUP = frozenset({"text/html", "text/enriched", "text/richtext", "application/xhtml+xml"})
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("/\\\r\n\t\0", "_"))


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A file of a mail; `content_type` is what the sender claims."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    size: int
    sha256: str
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class ParsedEmail:
    """What a mail says. Message ids stand without angle brackets; `date` is the sender's word, aware UTC.

    `text` is the whole readable text, `reply_text` what the author wrote, `html` the sanitised HTML ('' where none).
    `returned_message_ids` are the ids of the mails that a bounce or complaint returns, `bounce` is what a bounce says
    of their delivery, `feedback_type` what a complaint is about.
    `problems` states what could not be read, and why.
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
    bounce: BounceReport | None
    feedback_type: str
    delivered_to: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Body:
    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)


def translate_email(raw: bytes) -> ParsedEmail:
    """Return what `raw` says; any bytes at all give an answer, never an exception."""
    root, problems = parse_structure(raw)
    charset = root.content_type.parameters.get("charset", "") or _a_charset(root)
    sender = _sender(root, charset)
    subject = header_text(root.header("subject"), charset=charset)[:MAX_SUBJECT_CHARACTERS]
    attachments: list[ParsedAttachment] = []
    body = _read(root, attachments=attachments, problems=(noted := list(problems)))
    text, html = _text_and_html(body)
    plain = unmarked(text).strip("\n").rstrip()
    if not plain:
        noted.append(_why_empty(root, attachments))
    kind = kind_of(root=root, sender=sender.email, subject=subject, text=plain)
    bounce = bounce_report(root=root, text=plain) if kind == InboundKind.BOUNCE else None
    returned = returned_message_ids(root) if kind in {InboundKind.BOUNCE, InboundKind.FEEDBACK} else ()
    if bounce is not None and bounce.message_id and not returned:
        returned = (bounce.message_id,)
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
        text=plain[:MAX_TEXT_CHARACTERS],
        reply_text=cut_reply(text[:MAX_TEXT_CHARACTERS]),
        html=html,
        attachments=tuple(attachments),
        kind=kind,
        bounce=bounce,
        feedback_type=feedback_type(root=root, text=plain) if kind == InboundKind.FEEDBACK else "",
        delivered_to=tuple(
            item.email
            for name in ("delivered-to", "x-original-to", "envelope-to")
            for value in root.values(name)
            for item in addresses(value)
        ),
        problems=tuple(dict.fromkeys(noted)),
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
    return tuple(item for value in root.values(name)[:10] for item in addresses(value, charset=charset))


def _a_charset(root: Part) -> str:
    for part in root.walk():
        charset = part.content_type.parameters.get("charset", "")
        if charset:
            return charset
    return ""


def _read(part: Part, *, attachments: list[ParsedAttachment], problems: list[str]) -> _Body:
    """Return the readable body below `part`; everything else of it becomes an attachment."""
    kind = part.content_type.value
    body = _Body()
    if kind == "multipart/alternative":
        for child in part.children:
            alternative = _read(child, attachments=attachments, problems=problems)
            body.texts = body.texts if any(item.strip() for item in body.texts) else alternative.texts
            body.htmls = alternative.htmls if any(item.strip() for item in alternative.htmls) else body.htmls
    elif kind.startswith("multipart/"):
        for child in part.children:
            _append(body, _read(child, attachments=attachments, problems=problems))
    elif kind in _READABLE and part.disposition.value != "attachment" and not _is_named_file(part):
        charset = part.content_type.parameters.get("charset", "")
        content = part.content
        if kind in _MARKUP:
            body.htmls.append(decode_text(content, charset=charset or _charset_of_html(content)))
        else:
            text = decode_text(content, charset=charset).replace("\r\n", "\n").replace("\r", "\n")
            body.texts.append(unmarked(text))
    elif len(attachments) < MAX_ATTACHMENTS:
        attachments.append(_attachment(part))
    else:
        problems.append(f"more than {MAX_ATTACHMENTS} attachments; the rest is kept in the raw mail only")
    return body


def _append(body: _Body, further: _Body) -> None:
    """Join the body of the next part: if either has only HTML or only text, each gets the other's rendering."""
    if not (further.texts or further.htmls):
        return
    if body.htmls and not body.texts and further.texts:
        body.texts = [html_to_text(item) for item in body.htmls]
    if further.htmls and not further.texts and body.texts:
        further.texts = [html_to_text(item) for item in further.htmls]
    body.texts += further.texts
    body.htmls += further.htmls


def _text_and_html(body: _Body) -> tuple[str, str]:
    html = sanitise_html("<hr>".join(body.htmls)) if body.htmls else ""
    text = "\n\n".join(item.strip("\n") for item in body.texts if item.strip())
    if not text.strip() and body.htmls:
        text = "\n\n".join(filter(None, map(html_to_text, body.htmls)))
    return text, html


def _is_named_file(part: Part) -> bool:
    """A text with a file name is a file, unless it is the whole mail's only body shown inline."""
    return bool(part.filename)


def _charset_of_html(content: bytes) -> str:
    head = content[:2048].lower()
    position = head.find(b"charset=")
    if position < 0:
        return ""
    return (
        head[position + 8 : position + 48]
        .lstrip(b"\"' ")
        .split(b'"')[0]
        .split(b"'")[0]
        .split(b">")[0]
        .split(b"/")[0]
        .strip()
        .decode("latin-1")
    )


def _attachment(part: Part) -> ParsedAttachment:
    content = part.content
    described = part.content_type.value.startswith("message/")
    filename = part.filename or (header_text(part.header("content-description")) if described else "")
    if part.content_type.value in {"message/rfc822", "message/global"} and not part.filename:
        subject = header_text(part.children[0].header("subject")) if part.children else ""
        filename = f"{filename or subject or 'message'}.eml"
    elif not part.filename and filename and "." not in filename:
        filename = f"{filename}.txt"
    filename = filename.translate(_FORBIDDEN_IN_NAMES).strip(" .")[-MAX_FILENAME_CHARACTERS:] or _default_name(part)
    return ParsedAttachment(
        filename=filename,
        content_type=part.content_type.value[:100],
        content=content,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content_id=header_text(part.header("content-id")).strip("<>")[:255],
    )


_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/pgp-signature": ".asc",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "message/delivery-status": ".txt",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
}


def _default_name(part: Part) -> str:
    kind = part.content_type.value
    if kind == "message/delivery-status":
        return "delivery-status.txt"
    identified = header_text(part.header("content-id")).strip("<>").partition("@")[0].translate(_FORBIDDEN_IN_NAMES)
    if identified and not kind.startswith("image/"):
        return identified[-MAX_FILENAME_CHARACTERS:].strip(" .") or "file"
    return f"{'image' if kind.startswith('image/') else 'file'}{_EXTENSIONS.get(kind, '')}"


def _why_empty(root: Part, attachments: list[ParsedAttachment]) -> str:
    kind = root.content_type.value
    if kind == "multipart/encrypted" or "pkcs7-mime" in kind:
        return "the text is encrypted"
    if attachments:
        return "the mail has attachments but no text"
    if not root.raw_body.strip():
        return "the mail has no body"
    return "the mail has no readable text part"
