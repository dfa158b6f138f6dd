"""Takes raw mails through the real intake; usable as a mail pipe."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from channels_app.email.door import take_email
from channels_app.endpoints import UnknownEndpoint, find_mailbox
from contactcenter.kernel.errors import DomainError


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Take raw mails (files, or one on standard input) into the mailbox of an endpoint. Prints a JSON line per "
        "mail: file, status (created, appended, duplicate, failed), ticket, entry, kind, language. A mail is stored "
        "before it is processed; `failed` means stored, listed and to be retried. "
        "Exit codes: 0 every mail is stored; 1 a mail could not be read or is too large (the others are stored); "
        "2 there is no such endpoint; 75 (EX_TEMPFAIL) the database is out of reach: the mail server keeps the mail "
        "and tries again."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--endpoint", required=True, metavar="ADDRESS", help="address of the mailbox")
        parser.add_argument("files", nargs="*", metavar="FILE", help="raw mails; standard input if none")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store and process each mail."""
        refused = 0
        try:
            endpoint = find_mailbox(address=options["endpoint"])
            for name, raw, problem in _mails(options["files"]):
                try:
                    if raw is None:
                        line: dict[str, Any] = {"status": "refused", "error": problem}
                    else:
                        line = take_email(endpoint=endpoint, raw=raw, at=timezone.now()).as_dict()
                except DomainError as error:
                    line = {"status": "refused", "error": error.message}
                refused += line["status"] == "refused"
                self.stdout.write(json.dumps({"file": name, **line}, ensure_ascii=False))
        except UnknownEndpoint as error:
            raise CommandError(f"--endpoint: {error.message}", returncode=2) from error
        except (OperationalError, InterfaceError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise CommandError(
                f"The database is out of reach, try again later: {reason}",
                returncode=os.EX_TEMPFAIL,
            ) from error
        if refused:
            raise CommandError(f"{refused} of the mails were not stored; see the lines above.", returncode=1)


def _mails(files: list[str]) -> Iterator[tuple[str, bytes | None, str]]:
    """Yield (name, raw or None, why it could not be read)."""
    if not files:
        yield "-", sys.stdin.buffer.read(), ""
    for name in files:
        try:
            yield name, Path(name).read_bytes(), ""
        except OSError as error:
            yield name, None, f"{name}: {error.strerror}"
