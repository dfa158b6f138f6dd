"""manage.py receive_bounce [FILE...]: note documents that came back, from reports of mail servers."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing import actions
from billing.bounces import read_bounce
from contactcenter.tenancy.doors import open_every_account

LARGEST = 5 * 1024 * 1024


class Command(BaseCommand):
    """Usable as a mail pipe of the issuer's mailbox."""

    help = (
        "Read delivery reports (RFC 3464), from stdin if no file is named, and note on the documents concerned that "
        "they bounced. A JSON line for each: file, status (bounced, unknown, no_report), message_id, detail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the files."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Note every report; CommandError for a file that cannot be read."""
        sources: list[tuple[str, bytes]] = []
        try:
            sources = [(str(path), path.read_bytes()[:LARGEST]) for path in options["files"]]
        except OSError as error:
            raise CommandError(str(error)) from error
        for name, raw in sources or [("-", sys.stdin.buffer.read(LARGEST))]:
            found = read_bounce(raw=raw)
            told = {"file": name, "status": "no_report"}
            if found is not None:
                with open_every_account(reason="a report names a mail, not an account"):
                    is_known = actions.note_bounce(message_id=found.message_id, at=timezone.now(), detail=found.detail)
                told |= {"status": "bounced" if is_known else "unknown", **found._asdict()}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
