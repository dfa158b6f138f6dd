"""From a folder on an IMAP server to receipts: nothing twice, nothing left out, whatever breaks in between.

What is fetched is decided by comparing the server's UIDs with the entries stored here, not by flags: a mail that was
read elsewhere counts like any other. A batch's receipts, their entries and the cursor appear in one transaction. Where
the server numbers its mails anew (another UIDVALIDITY) all are compared again: the receipts, unique by the identity of
the mail, make no second entry of any.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels_app.contract import EndpointInfo
from channels_app.email.door import store_email
from channels_app.email.imap_client import FetchedMail, ImapClient, MailboxProblem
from channels_app.email.mailbox import Mailbox
from channels_app.endpoints import endpoint_info, note_error
from channels_app.models import Endpoint, MailFolder, MailFolderEntry, ReceiptState
from contactcenter.kernel.errors import DomainError
from contactcenter.kernel.sealing import Unreadable

logger = logging.getLogger(__name__)

BATCH_MAILS = 50
BATCH_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """A folder as the server and the database see it; `missing` are UIDs of mails that are not stored here."""

    folder: str
    on_server: int
    stored: int
    ticketed: int
    refused: int
    missing: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of a report line."""
        return {
            "folder": self.folder,
            "on_server": self.on_server,
            "stored": self.stored,
            "ticketed": self.ticketed,
            "refused": self.refused,
            "missing": list(self.missing),
        }


def sync_folder(*, client: ImapClient, endpoint: EndpointInfo, mailbox: Mailbox, name: str, complete: bool) -> int:
    """Store what the folder has and we have not; return how many mails were stored. Needs the account's scope.

    `complete` compares every UID of the folder (after a connection was made, and now and then); otherwise only those
    above the cursor are looked at. Raises MailboxProblem; what was stored until then stays, and the next call goes on.
    """
    uid_validity = client.select(name)
    folder = _open_folder(endpoint=endpoint, name=name, uid_validity=uid_validity)
    complete = complete or folder.last_uid == 0
    found = client.uids(above=0 if complete else folder.last_uid, since=mailbox.since)
    wanted = _not_stored(folder=folder, uids=found) if complete else found
    count = 0
    for batch in _batches(client=client, uids=wanted):
        count += _store(endpoint=endpoint, folder=folder, client=client, batch=batch)
    changes: dict[str, Any] = {"checked_at": timezone.now(), "error": ""}
    if complete:
        changes["on_server"] = len(found)
        _mark_gone(folder=folder, present=found)
    elif count:
        changes["on_server"] = folder.on_server + count
    MailFolder.objects.filter(pk=folder.pk).update(**changes)
    return count


def reconcile_folder(*, client: ImapClient, endpoint: EndpointInfo, mailbox: Mailbox, name: str) -> Reconciled:
    """Compare the folder on the server with what is stored, mail by mail, and change nothing; needs the scope."""
    uid_validity = client.select(name)
    found = client.uids(since=mailbox.since)
    entries = MailFolderEntry.objects.filter(folder__endpoint_id=endpoint.id, folder__name=name)
    rows = {
        uid: (receipt_id, state)
        for uid, receipt_id, state in entries.filter(uid_validity=uid_validity).values_list(
            "uid", "receipt_id", "receipt__state"
        )
    }
    here = [rows[uid] for uid in found if uid in rows]
    return Reconciled(
        folder=name,
        on_server=len(found),
        stored=sum(receipt_id is not None for receipt_id, _ in here),
        ticketed=sum(state == ReceiptState.PROCESSED for _, state in here),
        refused=sum(receipt_id is None for receipt_id, _ in here),
        missing=tuple(uid for uid in found if uid not in rows),
    )


def note_problem(*, endpoint: EndpointInfo, mailbox: Mailbox | None, problem: str, at: datetime) -> None:
    """Show on the endpoint and its folders why they cannot be read; needs the account's scope."""
    note_error(endpoint_id=endpoint.id, error=problem, at=at)
    for name in mailbox.folders if mailbox else ():
        MailFolder.objects.update_or_create(
            account_id=endpoint.account_id,
            endpoint_id=endpoint.id,
            name=name,
            defaults={"error": problem[:500], "error_at": at},
        )


@transaction.atomic
def _open_folder(*, endpoint: EndpointInfo, name: str, uid_validity: int) -> MailFolder:
    """Return the folder's row, its cursor set back where the server has numbered its mails anew."""
    folder, _ = MailFolder.objects.select_for_update(of=("self",)).get_or_create(
        account_id=endpoint.account_id, endpoint_id=endpoint.id, name=name, defaults={"uid_validity": uid_validity}
    )
    if folder.uid_validity != uid_validity:
        if folder.uid_validity:
            logger.warning("%s %s has another UIDVALIDITY: its mails are compared again", endpoint.address, name)
        folder.uid_validity, folder.last_uid = uid_validity, 0
        folder.save(update_fields=["uid_validity", "last_uid"])
    return folder


def _not_stored(*, folder: MailFolder, uids: Sequence[int]) -> list[int]:
    entries = MailFolderEntry.objects.filter(folder=folder, uid_validity=folder.uid_validity)
    stored = set(entries.values_list("uid", flat=True))
    return [uid for uid in uids if uid not in stored]


def _mark_gone(*, folder: MailFolder, present: Sequence[int]) -> None:
    """Remember which mails are no longer in the folder: those deleted or moved, and all under an older numbering."""
    entries = MailFolderEntry.objects.filter(folder=folder, is_present=True)
    gone = Q(uid_validity=folder.uid_validity) & ~Q(uid__in=list(present)) | ~Q(uid_validity=folder.uid_validity)
    entries.filter(gone).update(is_present=False)


def _batches(*, client: ImapClient, uids: Sequence[int]) -> Iterator[dict[int, int]]:
    """Yield {uid: size} of mails that fit into memory together, in order; a mail that is gone has size 0."""
    batch: dict[int, int] = {}
    for start in range(0, len(uids), BATCH_MAILS):
        part = uids[start : start + BATCH_MAILS]
        sizes = client.sizes(part)
        for uid in part:
            size = sizes.get(uid, 0)
            if batch and (len(batch) >= BATCH_MAILS or sum(batch.values()) + size > BATCH_BYTES):
                yield batch
                batch = {}
            batch[uid] = size
    if batch:
        yield batch


def _store(*, endpoint: EndpointInfo, folder: MailFolder, client: ImapClient, batch: dict[int, int]) -> int:
    too_large = {uid for uid, size in batch.items() if size > settings.MAX_MESSAGE_BYTES}
    mails = client.fetch([uid for uid in batch if uid not in too_large])
    problems = {
        uid: f"The mail has {batch[uid]} bytes, at most {settings.MAX_MESSAGE_BYTES} are taken. It stays on the server."
        for uid in too_large
    }
    return store_batch(endpoint=endpoint, folder=folder, mails=mails, problems=problems, up_to=max(batch))


@transaction.atomic
def store_batch(
    *,
    endpoint: EndpointInfo,
    folder: MailFolder,
    mails: Sequence[FetchedMail],
    problems: dict[int, str],
    up_to: int,
) -> int:
    """Store the mails, the reasons of those that are not taken, and the cursor `up_to`: all of it or nothing.

    Raises MailboxProblem where another process has seen the folder numbered anew meanwhile.
    """
    row = MailFolder.objects.select_for_update(of=("self",)).get(pk=folder.pk)
    if row.uid_validity != folder.uid_validity:
        raise MailboxProblem("The mail server has numbered the folder anew while it was read.")
    entries = [_entry(folder, uid, problem=problem) for uid, problem in problems.items()]
    at = timezone.now()
    for mail in mails:
        try:
            stored = store_email(endpoint=endpoint, raw=mail.raw, at=at)
        except DomainError as error:
            entries.append(_entry(folder, mail.uid, problem=error.message))
            logger.warning("mail %s of %s is not taken: %s", mail.uid, endpoint.address, error.message)
        else:
            entries.append(_entry(folder, mail.uid, receipt_id=stored.receipt_id))
    MailFolderEntry.objects.bulk_create(entries, ignore_conflicts=True)
    if up_to > row.last_uid:
        MailFolder.objects.filter(pk=row.pk).update(last_uid=up_to)
    return len(mails)


def _entry(folder: MailFolder, uid: int, *, receipt_id: int | None = None, problem: str = "") -> MailFolderEntry:
    return MailFolderEntry(
        account_id=folder.account_id,
        folder=folder,
        uid_validity=folder.uid_validity,
        uid=uid,
        receipt_id=receipt_id,
        problem=problem[:300],
    )


def mailboxes_to_read(*, address: str = "") -> list[EndpointInfo]:
    """Return the active mailboxes that name an IMAP server, or the one of this address; needs a scope of all.

    One whose secrets no key opens is left out and says so.
    """
    rows = Endpoint.objects.select_related("account").filter(kind="email", is_active=True, account__is_active=True)
    if address:
        rows = rows.filter(address=address)
    found = []
    for row in rows.order_by("pk"):
        try:
            info = endpoint_info(row)
        except Unreadable as error:
            note_error(endpoint_id=row.pk, error=error.message, at=timezone.now())
            continue
        if info.secrets.get("imap_url"):
            found.append(info)
    return found
