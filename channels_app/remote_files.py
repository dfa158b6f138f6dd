"""Files that a provider keeps: fetched after their entry has appeared, once, with bounded size and retries."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from channels_app.abilities import FetchesFiles
from channels_app.actions import push_message_changed
from channels_app.contract import AdapterError
from channels_app.endpoints import endpoint_info, note_error
from channels_app.models import Endpoint
from channels_app.receipts import MAX_ATTEMPTS, back_off
from channels_app.registry import adapter_for
from contactcenter.tickets.files import store_file
from contactcenter.tickets.models import Attachment, FileState
from contactcenter.tickets.sniffing import sniff

logger = logging.getLogger(__name__)

# an attempt that has not ended by then was killed
LEASE = timedelta(minutes=5)


def fetch_file(*, attachment_id: int, at: datetime) -> bool:
    """Fetch one pending file that is due; returns whether it is stored. Needs the account's scope; safe to run twice.

    Claimed by a conditional update, so of two callers one fetches. A temporary failure is tried again with a back-off,
    a permanent one, or `MAX_ATTEMPTS` failures, end in `failed` with the reason on the attachment.
    """
    claimed = Attachment.objects.filter(
        pk=attachment_id, state=FileState.PENDING, next_attempt_at__lte=at, attempts__lt=MAX_ATTEMPTS
    ).update(attempts=F("attempts") + 1, next_attempt_at=at + LEASE)
    attachment = Attachment.objects.select_related("message").get(pk=attachment_id)
    if claimed != 1:
        if attachment.state == FileState.PENDING and attachment.attempts >= MAX_ATTEMPTS:
            _record(
                attachment, state=FileState.FAILED, error="fetching was interrupted every time", next_attempt_at=None
            )
        return attachment.state == FileState.STORED
    endpoint = _endpoint_of(attachment)
    try:
        content = _fetch(endpoint, attachment.remote)
    except AdapterError as error:
        _record_failure(attachment, endpoint, error, at=at)
        return False
    except Exception as error:
        # a door to the outside: the entry stays, with the reason, and the file is tried again within bounds
        logger.exception("file %s could not be fetched", attachment_id)
        _record_failure(attachment, endpoint, AdapterError(f"{type(error).__name__}: {error}", permanent=False), at=at)
        return False
    _record(
        attachment,
        state=FileState.STORED,
        error="",
        next_attempt_at=None,
        size=len(content),
        sha256=store_file(content),
        content_type=sniff(content),
    )
    return True


def due(*, at: datetime, limit: int = 50) -> list[tuple[int, int]]:
    """Return (account id, attachment id) of files to fetch now."""
    return list(
        Attachment.objects.filter(state=FileState.PENDING, next_attempt_at__lte=at)
        .order_by("next_attempt_at", "pk")
        .values_list("account_id", "pk")[:limit]
    )


def _endpoint_of(attachment: Attachment) -> Endpoint | None:
    return (
        Endpoint.objects.select_related("account")
        .filter(receipts__message_id=attachment.message_id, account_id=attachment.account_id)
        .first()
    )


def _fetch(endpoint: Endpoint | None, reference: str) -> bytes:
    if endpoint is None:
        raise AdapterError("No endpoint is known to have received this file.", permanent=True)
    adapter = adapter_for(kind=endpoint.kind, provider=endpoint.provider)
    if not isinstance(adapter, FetchesFiles):
        raise AdapterError("The provider of this endpoint gives out no files.", permanent=True)
    limit = settings.MAX_REMOTE_FILE_BYTES
    content = adapter.fetch_file(endpoint=endpoint_info(endpoint), reference=reference, limit=limit)
    if len(content) > limit:
        raise AdapterError(f"The file is longer than {limit} bytes.", permanent=True)
    return content


def _record_failure(attachment: Attachment, endpoint: Endpoint | None, error: AdapterError, *, at: datetime) -> None:
    attempts = attachment.attempts
    final = error.permanent or attempts >= MAX_ATTEMPTS
    wait = max(back_off(attempts), error.retry_after or timedelta(0))
    _record(
        attachment,
        state=FileState.FAILED if final else FileState.PENDING,
        error=str(error).replace("\0", "")[:300],
        next_attempt_at=None if final else at + wait,
    )
    if final and endpoint is not None:
        note_error(endpoint_id=endpoint.pk, error=f"A file could not be fetched: {error}", at=at)


@transaction.atomic
def _record(attachment: Attachment, **values: object) -> None:
    Attachment.objects.filter(pk=attachment.pk, state=FileState.PENDING).update(**values)
    push_message_changed(attachment.message)
    attachment.refresh_from_db()
