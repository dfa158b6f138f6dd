"""Lists, retries and exports what arrived and could not be processed."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from channels_app.actions import retry_receipts
from channels_app.failures import file_name
from channels_app.models import Receipt, ReceiptState
from channels_app.queries import receipts
from channels_app.receipts import process_receipt
from contactcenter.tenancy.doors import open_account, open_every_account


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Print a JSON line per failed receipt: id, endpoint, external_id, received_at, attempts, error. "
        "With --export also write each raw message to a folder; with --retry process them again now and print the new "
        "state. Exit codes: 0 nothing is failed any more; 1 failed receipts remain."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--retry", action="store_true", help="process them again now")
        parser.add_argument("--export", type=Path, metavar="FOLDER", help="write the raw messages here")

    def handle(self, *args: Any, **options: Any) -> None:
        """List, export, retry."""
        remaining = 0
        with open_every_account(reason="operations see the failures of all accounts"):
            failed = list(receipts(state=ReceiptState.FAILED))
        for receipt in failed:
            line = {
                "id": receipt.pk,
                "endpoint": f"{receipt.endpoint.kind} {receipt.endpoint.address}",
                "external_id": receipt.external_id,
                "received_at": receipt.received_at.isoformat(),
                "attempts": receipt.attempts,
                "error": receipt.error,
            }
            with open_account(receipt.account_id):
                if options["export"]:
                    line["file"] = str(_export(receipt=receipt, folder=options["export"]))
                state: str = receipt.state
                if options["retry"]:
                    retry_receipts(receipt_ids=[receipt.pk], actor_id=None, at=timezone.now())
                    processed = process_receipt(receipt_id=receipt.pk)
                    state = line["state"] = processed.state
                    line["error"] = processed.error
            remaining += state != ReceiptState.PROCESSED
            self.stdout.write(json.dumps(line, ensure_ascii=False))
        if remaining:
            raise CommandError(f"{remaining} receipts are not processed.", returncode=1)


def _export(*, receipt: Receipt, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file_name(receipt)
    target.write_bytes(bytes(Receipt.objects.values_list("raw", flat=True).get(pk=receipt.pk)))
    return target
