"""Files of messages: typed by their bytes, whatever their name and sender claim."""

import re
from collections.abc import Sequence
from datetime import datetime

import puremagic

from channels_app.contract import InboundAttachment, RemoteFile
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tickets.files import store_file
from contactcenter.tickets.models import Attachment, FileState, Message

MAX_ATTACHMENTS = 100
# of one file that a person sends by the web
MAX_FILE_BYTES = 10_000_000
# what a browser may show as a picture without a risk
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_SNIFFED_BYTES = 8_192
# what a browser would run or render as a page is served as plain bytes, whatever it is
_ACTIVE = re.compile(r"html|xml|svg|javascript|ecmascript|x-sh|x-msdownload|x-dosexec|flash")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


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
        rows.append(
            Attachment(
                account_id=message.account_id,
                message=message,
                filename=item.filename[:255],
                content_type=sniff(item.content),
                declared_type=item.content_type[:120],
                size=len(item.content),
                sha256=store_file(item.content),
                content_id=item.content_id[:255],
            )
        )
    if rows:
        Attachment.objects.bulk_create(rows)


def store_remote_files(*, message: Message, files: Sequence[RemoteFile], at: datetime) -> None:
    """Write the rows of files that the provider keeps, and ask for their bytes after commit (`remote_files.fetch`)."""
    for item in files[:MAX_ATTACHMENTS]:
        row = Attachment.objects.create(
            account_id=message.account_id,
            message=message,
            filename=item.filename[:255],
            content_type="application/octet-stream",
            declared_type=item.content_type[:120],
            size=0,
            state=FileState.PENDING,
            remote=item.reference[:2000],
            next_attempt_at=at,
        )
        enqueue_on_commit("channels.fetch_file", attachment_id=row.pk)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a multi-byte character may be cut at the end of the sample
        return error.start >= len(head) - 4
    return True
