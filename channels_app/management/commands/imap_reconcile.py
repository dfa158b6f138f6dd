"""Compares mailboxes on their IMAP servers with what is stored here, and fetches what is missing."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from channels_app.contract import AdapterError
from channels_app.email.imap_client import ImapClient, MailboxProblem
from channels_app.email.imap_sync import mailboxes_to_read, note_problem, reconcile_folder, sync_folder
from channels_app.email.mailbox import Mailbox, mailbox_of
from contactcenter.tenancy.doors import open_account, open_every_account


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Compare every mailbox that is read by IMAP with its server. Prints a JSON line per folder: endpoint, folder, "
        "on_server, stored, ticketed, refused, missing (UIDs), fetched (how many of the missing were stored now). "
        "Exit codes: 0 nothing is missing any more; 1 something is, or a mailbox could not be read; 2 there is no such "
        "mailbox."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--endpoint", default="", metavar="ADDRESS", help="only the mailbox of this address")
        parser.add_argument("--dry-run", action="store_true", help="only compare, fetch nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, fetch, report."""
        with open_every_account(reason="mailboxes of all accounts are compared"):
            endpoints = mailboxes_to_read(address=options["endpoint"])
        if options["endpoint"] and not endpoints:
            raise CommandError(
                f"--endpoint: no active mailbox {options['endpoint']!r} names an imap_url.", returncode=2
            )
        bad = 0
        for endpoint in endpoints:
            mailbox: Mailbox | None = None
            with open_account(endpoint.account_id):
                try:
                    mailbox = mailbox_of(endpoint)
                    if mailbox is None:
                        continue
                    with ImapClient(mailbox.server) as client:
                        for name in mailbox.folders:
                            state = reconcile_folder(client=client, endpoint=endpoint, mailbox=mailbox, name=name)
                            fetched = 0
                            if state.missing and not options["dry_run"]:
                                fetched = sync_folder(
                                    client=client, endpoint=endpoint, mailbox=mailbox, name=name, complete=True
                                )
                                rest = reconcile_folder(client=client, endpoint=endpoint, mailbox=mailbox, name=name)
                                bad += len(rest.missing)
                            else:
                                bad += len(state.missing)
                            self._print({"endpoint": endpoint.address, **state.as_dict(), "fetched": fetched})
                except (MailboxProblem, AdapterError) as error:
                    bad += 1
                    note_problem(endpoint=endpoint, mailbox=mailbox, problem=str(error), at=timezone.now())
                    self._print({"endpoint": endpoint.address, "error": str(error)})
        if bad:
            raise CommandError("Not everything on the servers is stored here; see the lines above.", returncode=1)

    def _print(self, line: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(line, ensure_ascii=False))
