"""Files that a person has given to a reply which is not sent yet. Each needs a scope."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from contactcenter.kernel.errors import DomainError, Invalid, NotFound
from contactcenter.tickets.files import store_file
from contactcenter.tickets.models import Attachment, Message, Ticket, Upload
from contactcenter.tickets.sniffing import sniff

MAX_FILES = 20
KEPT = timedelta(days=7)
_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\]")


class FileTooLarge(DomainError):
    """The file is larger than MAX_ATTACHMENT_BYTES; nothing was stored."""

    code = "file_too_large"
    status = 413


@transaction.atomic
def keep_upload(
    *, ticket: Ticket, user_id: int, filename: str, declared_type: str, content: bytes, at: datetime
) -> Upload:
    """Keep the file for this person's next reply on the ticket; its type is what the bytes say.

    Files that no reply has taken within a week are forgotten. Raises FileTooLarge, or Invalid for an empty file or the
    twenty-first.
    """
    if not content:
        raise Invalid("The file is empty.", field="file")
    if len(content) > settings.MAX_ATTACHMENT_BYTES:
        raise FileTooLarge(
            f"The file has {len(content)} bytes, at most {settings.MAX_ATTACHMENT_BYTES} are taken.", field="file"
        )
    mine = Upload.objects.filter(user_id=user_id)
    mine.filter(created_at__lt=at - KEPT).delete()
    if mine.filter(ticket=ticket).count() >= MAX_FILES:
        raise Invalid(f"At most {MAX_FILES} files at once.", field="file")
    return Upload.objects.create(
        account_id=ticket.account_id,
        ticket=ticket,
        user_id=user_id,
        filename=_IN_NAMES.sub("_", filename).strip()[-255:] or "file",
        content_type=sniff(content),
        declared_type=declared_type[:120],
        size=len(content),
        sha256=store_file(content),
        created_at=at,
    )


def discard_upload(*, upload_id: int, user_id: int) -> None:
    """Forget a file that was not sent; NotFound for one that is not this person's."""
    if Upload.objects.filter(pk=upload_id, user_id=user_id).delete()[0] == 0:
        raise NotFound("There is no such file.")


def take_uploads(*, message: Message, upload_ids: Sequence[int], user_id: int | None) -> list[str]:
    """Make the files attachments of the message and return their names in order; they are no uploads any more.

    Raises Invalid for a file that is not there, not this person's, not of this ticket, or more than a mail can carry.
    """
    wanted = list(dict.fromkeys(upload_ids))
    if user_id is None:
        raise Invalid("Only a person has files to send.", field="attachments")
    found = {
        upload.pk: upload
        for upload in Upload.objects.select_for_update(of=("self",))
        .filter(pk__in=wanted, ticket_id=message.ticket_id, user_id=user_id)
        .order_by("pk")
    }
    if missing := [pk for pk in wanted if pk not in found]:
        raise Invalid(f"There is no file {missing[0]} to send here; give it again.", field="attachments")
    if sum(upload.size for upload in found.values()) > settings.MAX_ATTACHMENT_BYTES:
        raise Invalid(f"The files have more than {settings.MAX_ATTACHMENT_BYTES} bytes together.", field="attachments")
    Attachment.objects.bulk_create(
        Attachment(
            account_id=message.account_id,
            message=message,
            filename=found[pk].filename,
            content_type=found[pk].content_type,
            declared_type=found[pk].declared_type,
            size=found[pk].size,
            sha256=found[pk].sha256,
        )
        for pk in wanted
    )
    Upload.objects.filter(pk__in=wanted).delete()
    return [found[pk].filename for pk in wanted]
