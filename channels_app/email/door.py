"""What every mail door does: check the size, store, and say what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from channels_app.contract import EndpointInfo, IngestStatus
from channels_app.email.parse import message_identity
from channels_app.models import Receipt, ReceiptState
from channels_app.receipts import StoredReceipt, process_receipt, store_receipt
from contactcenter.kernel.errors import DomainError
from contactcenter.tenancy.doors import open_account


class MessageTooLarge(DomainError):
    """The mail is larger than MAX_MESSAGE_BYTES; nothing was stored, the sender's side keeps it."""

    code = "message_too_large"
    status = 413


class EmptyMessage(DomainError):
    """There was not a single byte."""

    code = "empty_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one mail: status created, appended, duplicate or failed (stored, listed, to be retried)."""

    status: str
    ticket: str
    entry: int | None
    kind: str
    language: str
    error: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of a report line; `error` only where there is one."""
        line: dict[str, Any] = {
            "status": self.status,
            "ticket": self.ticket,
            "entry": self.entry,
            "kind": self.kind,
            "language": self.language,
        }
        return line | {"error": self.error} if self.error else line


def store_email(*, endpoint: EndpointInfo, raw: bytes, at: datetime, enqueue: bool) -> StoredReceipt:
    """Store one mail; committed when this returns. Raises MessageTooLarge or EmptyMessage, with nothing stored."""
    if len(raw) > settings.MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"The mail has {len(raw)} bytes, at most {settings.MAX_MESSAGE_BYTES} are taken.")
    if not raw.strip():
        raise EmptyMessage("The mail is empty.")
    with open_account(endpoint.account_id):
        return store_receipt(
            endpoint_id=endpoint.id, external_id=message_identity(raw), raw=raw, at=at, enqueue=enqueue
        )


def take_email(*, endpoint: EndpointInfo, raw: bytes, at: datetime) -> Taken:
    """Store one mail and process it at once."""
    stored = store_email(endpoint=endpoint, raw=raw, at=at, enqueue=False)
    with open_account(endpoint.account_id):
        processed = process_receipt(receipt_id=stored.receipt_id, at=at)
        outcome, error = processed.outcome, processed.error
        if processed.result is None and processed.state == ReceiptState.PENDING:
            # another process has it in hand, or it waits for its next attempt
            outcome = Receipt.objects.values_list("outcome", flat=True).get(pk=stored.receipt_id)
    if processed.result is not None:
        status = str(processed.result.status)
    elif stored.created or processed.state != ReceiptState.PROCESSED:
        status = "failed"
    else:
        status = str(IngestStatus.DUPLICATE)
    return Taken(
        status=status,
        ticket=outcome.get("ticket", ""),
        entry=outcome.get("message_id"),
        kind=outcome.get("kind", ""),
        language=outcome.get("language", ""),
        error=error,
    )
