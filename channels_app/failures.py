"""What could not be processed: counted, chosen, and written out with its raw bytes. Each needs a scope."""

import json
import re
import zipfile
from collections.abc import Sequence
from typing import IO

from django.db.models import QuerySet

from channels_app.models import EndpointKind, Receipt, ReceiptState

AT_ONCE = 1_000


def failed(*, endpoint_id: int | None = None) -> QuerySet[Receipt]:
    """Return the failed receipts without their raw bytes, in no order."""
    rows = Receipt.objects.filter(state=ReceiptState.FAILED).defer("raw")
    return rows if endpoint_id is None else rows.filter(endpoint_id=endpoint_id)


def failed_ids(*, ids: Sequence[int] | None, endpoint_id: int | None) -> list[int]:
    """Return ids of failed receipts, the oldest first: those among `ids`, or all of the endpoint; at most AT_ONCE."""
    rows = failed(endpoint_id=endpoint_id)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def count_failed(*, endpoint_id: int | None) -> int:
    """Return how many are failed."""
    return failed(endpoint_id=endpoint_id).count()


def file_name(receipt: Receipt) -> str:
    """Return a name for the raw bytes that no file system chokes on and that is unique."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", receipt.external_id)[:80]
    return f"{receipt.pk}-{name}.{suffix_of(receipt)}"


def suffix_of(receipt: Receipt) -> str:
    """Return what the raw bytes are: a mail, or a document of a channel."""
    return "eml" if receipt.endpoint.kind == EndpointKind.EMAIL else "json"


def write_archive(*, file: IO[bytes], endpoint_id: int | None) -> int:
    """Write the newest AT_ONCE failed receipts as a ZIP archive, one at a time; returns how many.

    Each is a file of its raw bytes; `index.jsonl` says of each what the list on the screen says.
    """
    index = []
    rows = failed(endpoint_id=endpoint_id).select_related("endpoint").order_by("-pk")[:AT_ONCE]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for receipt in rows:
            name = file_name(receipt)
            archive.writestr(name, bytes(Receipt.objects.values_list("raw", flat=True).get(pk=receipt.pk)))
            index.append(
                {
                    "file": name,
                    "id": receipt.pk,
                    "account_id": receipt.account_id,
                    "endpoint": f"{receipt.endpoint.kind} {receipt.endpoint.address}",
                    "external_id": receipt.external_id,
                    "received_at": receipt.received_at.isoformat(),
                    "attempts": receipt.attempts,
                    "error": receipt.error,
                }
            )
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in index)
        archive.writestr("index.jsonl", lines)
    return len(index)
