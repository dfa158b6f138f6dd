"""Files that operators send; needs the account's scope."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from channels_app.attachments import MAX_FILE_BYTES, store_attachments
from channels_app.contract import InboundAttachment
from contactcenter.kernel.errors import Invalid
from contactcenter.tickets.actions import send_reply
from contactcenter.tickets.models import Attachment, Message, Ticket


@transaction.atomic
def reply_with_file(
    *,
    ticket: Ticket,
    operator_id: int | None,
    channel: str,
    text: str,
    filename: str,
    content_type: str,
    content: bytes,
    at: datetime,
    client_uuid: UUID,
) -> Message:
    """Queue a reply that carries one file, typed by its bytes. The same client_uuid again is the same reply.

    Invalid for an empty file and for one above `MAX_FILE_BYTES`.
    """
    if not content:
        raise Invalid("The file is empty.", field="file")
    if len(content) > MAX_FILE_BYTES:
        raise Invalid(f"A file has at most {MAX_FILE_BYTES // 1_000_000} MB.", field="file")
    message = send_reply(
        ticket=ticket,
        operator_id=operator_id,
        channel=channel,
        text=text,
        at=at,
        client_uuid=client_uuid,
        file_name=filename,
    )
    if not Attachment.objects.filter(message=message).exists():
        file = InboundAttachment(filename=filename, content_type=content_type, content=content)
        store_attachments(message=message, attachments=[file])
    return message
