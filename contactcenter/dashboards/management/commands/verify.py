"""manage.py verify: the nightly proof that what was received, worked, billed and invoiced adds up."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection, transaction
from django.utils import timezone

from contactcenter.dashboards.models import RollupMark
from contactcenter.dashboards.verification import verify
from contactcenter.dashboards.verification.intake_checks import failed_receipts
from contactcenter.dashboards.verification.usage_checks import uncollected_sessions
from contactcenter.kernel.clock import clock_is_held
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.queries import operators_behind


class Command(BaseCommand):
    help = (
        "Proves that receipts = entries, slices = sessions, allocations = slices, usage = allocations, "
        "invoices = usage and roll-ups = facts; prints JSON. Changes nothing. Exit code 0: everything adds up; "
        "1: something differs, and is named; 2: it could not be checked. What workers are still about to do is told "
        "as under_way and no difference."
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
        at = timezone.now()
        try:
            with open_every_account(reason="proves the sums of all accounts"), _one_snapshot():
                checks = verify(at=at, newest_receipts=options["newest_receipts"])
                under_way = {
                    "operators_behind": operators_behind(),
                    "sessions_to_collect": uncollected_sessions(),
                    "failed_receipts": failed_receipts(),
                    "rollups_behind": RollupMark.objects.count(),
                }
        except Error as error:
            self.stderr.write(f"The database could not be checked: {error}")
            sys.exit(2)
        differences = sum(check.differences for check in checks)
        report = {
            "at": at.isoformat(),
            "ok": differences == 0,
            "differences": differences,
            "under_way": under_way,
            "checks": [asdict(check) for check in checks],
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        if differences:
            sys.exit(1)


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Within: one moment of a house at work is seen, and nothing can be written."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
