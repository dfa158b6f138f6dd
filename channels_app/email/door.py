"""What every mail door does: check the size, store, and say what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from channels_app.contract import EndpointInfo, IngestStatus
from channels_app.email.parse import fingerprint, message_identity
from channels_app.email.posted import is_report
from channels_app.models import Receipt, ReceiptState
from channels_app.receipts import StoredReceipt, receive, store_receipt, store_receipts
from channels_app.webhook import RawEvent
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


def store_email(*, endpoint: EndpointInfo, raw: bytes, at: datetime) -> StoredReceipt:
    """Store one mail for a worker to process; committed when this returns.

    Raises MessageTooLarge or EmptyMessage, with nothing stored.
    """
    _check(raw)
    identity = message_identity(raw)
    with open_account(endpoint.account_id):
        stored = store_receipt(endpoint_id=endpoint.id, external_id=identity, raw=raw, at=at)
        if _is_another(stored, raw):
            stored = store_receipt(endpoint_id=endpoint.id, external_id=_own_identity(raw), raw=raw, at=at)
        return stored


def store_posted(*, endpoint: EndpointInfo, events: Sequence[RawEvent], at: datetime) -> None:
    """Store what a provider posted, mails and reports on ours; committed when this returns. Raises like store_email."""
    reports = [event for event in events if is_report(event.raw, endpoint)]
    with transaction.atomic():
        store_receipts(endpoint=endpoint, events=reports, at=at)
        for event in events:
            if event not in reports:
                store_email(endpoint=endpoint, raw=event.raw, at=at)


def take_email(*, endpoint: EndpointInfo, raw: bytes, at: datetime) -> Taken:
    """Store one mail and process it at once; raises like store_email."""
    _check(raw)
    with open_account(endpoint.account_id):
        stored, processed = receive(endpoint_id=endpoint.id, external_id=message_identity(raw), raw=raw, at=at)
        if _is_another(stored, raw):
            stored, processed = receive(endpoint_id=endpoint.id, external_id=_own_identity(raw), raw=raw, at=at)
    if processed.result is not None:
        status = str(processed.result.status)
    elif stored.created or processed.state == ReceiptState.FAILED:
        status = "failed"
    else:
        # it came before; an entry not made yet is in the hands of another process, or of the sweeper
        status = str(IngestStatus.DUPLICATE)
    outcome = processed.outcome
    return Taken(
        status=status,
        ticket=outcome.get("ticket", ""),
        entry=outcome.get("message_id"),
        kind=outcome.get("kind", ""),
        language=outcome.get("language", ""),
        error=processed.error,
    )


def _is_another(stored: StoredReceipt, raw: bytes) -> bool:
    """Tell whether the receipt with this Message-ID is of another mail: it must not swallow this one."""
    if stored.created:
        return False
    earlier = Receipt.objects.values_list("raw", flat=True).get(pk=stored.receipt_id)
    return bytes(earlier) != raw and fingerprint(bytes(earlier)) != fingerprint(raw)


def _own_identity(raw: bytes) -> str:
    """Return an identity that includes the content, for a mail whose Message-ID another mail bears too."""
    return f"{message_identity(raw)[:400]}#{fingerprint(raw)[:32]}"


def _check(raw: bytes) -> None:
    if len(raw) > settings.MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"The mail has {len(raw)} bytes, at most {settings.MAX_MESSAGE_BYTES} are taken.")
    if not raw.strip():
        raise EmptyMessage("The mail is empty.")
