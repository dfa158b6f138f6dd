"""Files of messages: named safely, typed by their bytes, stored by content outside the web root."""

import hashlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import puremagic
from django.conf import settings

from channels_app.contract import InboundAttachment
from contactcenter.tickets.models import Attachment, Message

MAX_ATTACHMENTS = 100
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SNIFFED_BYTES = 8_192
# what a browser would run or render as a page is served as plain bytes, whatever it is
_ACTIVE = re.compile(r"html|xml|svg|javascript|ecmascript|x-sh|x-msdownload|x-dosexec|flash")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def stored_path(*, sha256: str) -> Path:
    """Return where the file of this content lies; anything but a sha256 in hexadecimal is a ValueError."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("expected a sha256 in hexadecimal")
    return Path(settings.ATTACHMENTS_DIR) / sha256[:2] / sha256[2:4] / sha256


def sniff(content: bytes) -> str:
    """Return the media type that the bytes show; `application/octet-stream` for what is unknown or active."""
    head = content[:_SNIFFED_BYTES]
    try:
        found = str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        found = ""
    if not found and content:
        found = "text/plain" if _is_text(head) else ""
    if not _TYPE.fullmatch(found) or _ACTIVE.search(found):
        return "text/plain" if _is_text(head) and head else "application/octet-stream"
    return found


def store_attachments(*, message: Message, attachments: Sequence[InboundAttachment]) -> None:
    """Write the files and their rows. The receipt keeps the raw original, so a lost file can be made again."""
    rows = []
    for item in attachments[:MAX_ATTACHMENTS]:
        digest = hashlib.sha256(item.content).hexdigest()
        _write(stored_path(sha256=digest), item.content)
        rows.append(
            Attachment(
                account_id=message.account_id,
                message=message,
                filename=item.filename[:255],
                content_type=sniff(item.content),
                declared_type=item.content_type[:120],
                size=len(item.content),
                sha256=digest,
                content_id=item.content_id[:255],
            )
        )
    if rows:
        Attachment.objects.bulk_create(rows)


def _write(target: Path, content: bytes) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as partial:
        partial.write(content)
    Path(partial.name).replace(target)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a multi-byte character may be cut at the end of the sample
        return error.start >= len(head) - 4
    return True
