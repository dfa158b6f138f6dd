"""The files of a mail, under names that are safe to show and to store."""

import hashlib
from dataclasses import dataclass, field

from channels_app.email.headers import header_text
from channels_app.email.structure import Part

MAX_FILENAME_CHARACTERS = 200
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("/\\\r\n\t\0", "_"))
_EXTENSIONS = {
    "application/ics": ".ics",
    "application/pdf": ".pdf",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
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


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A file of a mail; `content_type` is what the sender claims."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    size: int
    sha256: str
    content_id: str = ""


def attachment(*, filename: str, content_type: str, content: bytes, content_id: str = "") -> ParsedAttachment:
    """Return a file under `filename` without what could leave its folder; a nameless one is called by its type."""
    safe = filename.translate(_FORBIDDEN_IN_NAMES).strip(" .")[-MAX_FILENAME_CHARACTERS:]
    return ParsedAttachment(
        filename=safe or _name_of_type(content_type),
        content_type=content_type[:100],
        content=content,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content_id=content_id[:255],
    )


def attachment_of(part: Part) -> ParsedAttachment:
    """Return a part of a mail as a file."""
    kind = part.content_type.value
    content_id = header_text(part.header("content-id")).strip("<>")
    return attachment(
        filename=part.filename or _described_name(part) or _identified_name(kind, content_id),
        content_type=kind,
        content=part.content,
        content_id=content_id,
    )


def _described_name(part: Part) -> str:
    kind = part.content_type.value
    described = header_text(part.header("content-description")) if kind.startswith("message/") else ""
    if kind in {"message/rfc822", "message/global"}:
        subject = header_text(part.children[0].header("subject")) if part.children else ""
        return f"{described or subject or 'message'}.eml"
    return f"{described}.txt" if described and "." not in described else described


def _identified_name(kind: str, content_id: str) -> str:
    if kind == "message/delivery-status" or kind.startswith("image/"):
        return ""
    return content_id.partition("@")[0]


def _name_of_type(kind: str) -> str:
    if kind == "message/delivery-status":
        return "delivery-status.txt"
    return f"{'image' if kind.startswith('image/') else 'file'}{_EXTENSIONS.get(kind, '')}"
