"""Files of messages: typed by their bytes, whatever their name and sender claim."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from channels_app.contract import InboundAttachment, RemoteFile
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.statements import insert
from contactcenter.tickets.files import store_file
from contactcenter.tickets.models import Attachment, FileState, Message
from contactcenter.tickets.sniffing import sniff

MAX_ATTACHMENTS = 100
# of one file that a person sends by the web
MAX_FILE_BYTES = 10_000_000
# what a browser may show as a picture without a risk
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that is on disk, and what its row will say."""

    filename: str
    content_type: str
    declared_type: str
    size: int
    sha256: str
    content_id: str


def keep_files(attachments: Sequence[InboundAttachment], /) -> list[KeptFile]:
    """Write the files, before anything is locked: the disk takes its time. What no row names later is a file too many.

    The receipt keeps the raw original, so a lost file can be made again.
    """
    return [
        KeptFile(
            filename=item.filename[:255],
            content_type=sniff(item.content),
            declared_type=item.content_type[:120],
            size=len(item.content),
            sha256=store_file(item.content),
            content_id=item.content_id[:255],
        )
        for item in attachments[:MAX_ATTACHMENTS]
    ]


def attach_files(*, message: Message, files: Sequence[KeptFile]) -> None:
    """Make the files those of the message."""
    for file in files:
        insert(Attachment(account_id=message.account_id, message=message, **asdict(file)))


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
