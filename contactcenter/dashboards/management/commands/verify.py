"""manage.py verify: the nightly proof that what was received, worked, billed and invoiced adds up."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error
from django.utils import timezone

from contactcenter.dashboards.verification import prove
from contactcenter.kernel.clock import clock_is_held


class Command(BaseCommand):
    help = (
        "Proves that receipts = entries, places = answers, promises = clocks, slices = sessions, allocations = slices "
        "in every version, voice = calls, usage = allocations, invoices = usage and roll-ups = facts; prints JSON. "
        "Changes nothing. Exit code 0: "
        "everything adds up; 1: something differs, and is named; 2: it could not be checked. What workers are still "
        "about to do is told as under_way and no difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--newest-receipts", type=int, default=2000, help="translate so many receipts again (default 2000)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["newest_receipts"] < 0:
            self.stderr.write(f"--newest-receipts: expected 0 or more, got {options['newest_receipts']}")
            sys.exit(2)
        if clock_is_held():
            self.stderr.write("A simulation is running; what it has under way does not add up yet. Try again after it.")
            sys.exit(2)
        try:
            report = prove(at=timezone.now(), newest_receipts=options["newest_receipts"])
        except Error as error:
            self.stderr.write(f"The database could not be checked: {error}")
            sys.exit(2)
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        if not report["ok"]:
            sys.exit(1)
