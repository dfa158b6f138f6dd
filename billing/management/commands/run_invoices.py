"""manage.py run_invoices: the month's drafts, and with --issue the month's invoices, of all accounts."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.periods import PeriodError, month_period
from billing.runs import PARKED, run_invoices
from contactcenter.tenancy.models import Account

SOME_PARKED, BAD_INPUT = 1, 2


class Command(BaseCommand):
    """Prints one JSON report. Exit code 0: all billed, 1: an account is parked, 2: bad input."""

    help = "Build the drafts of a period from its usage, or issue them; may run twice. Prints a JSON report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--period", required=True, help="YYYY-MM")
        parser.add_argument("--account", help="slug or id of one account; all active accounts without it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--issue", action="store_true", help="issue the drafts: numbered, and never changed again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and report."""
        try:
            period = month_period(label=options["period"], zone="UTC").label
        except PeriodError as error:
            raise CommandError(f"--period: {error}", returncode=BAD_INPUT) from error
        accounts = list(_accounts(options["account"]))
        outcomes = [
            outcome.as_dict()
            for outcome in run_invoices(
                period=period,
                accounts=accounts,
                at=timezone.now(),
                issue=options["issue"],
                dry_run=options["dry_run"],
            )
        ]
        counts: dict[str, int] = {}
        for outcome in outcomes:
            counts[outcome["outcome"]] = counts.get(outcome["outcome"], 0) + 1
        report = {"period": period, "dry_run": options["dry_run"], "counts": counts, "accounts": outcomes}
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        if counts.get(PARKED):
            raise SystemExit(SOME_PARKED)


def _accounts(given: str | None) -> Any:
    accounts = Account.objects.filter(is_active=True).order_by("pk")
    if given is None:
        return accounts
    chosen = Account.objects.filter(pk=int(given)) if given.isdecimal() else Account.objects.filter(slug=given)
    if not chosen.exists():
        raise CommandError(f"--account: there is no account {given!r}", returncode=BAD_INPUT)
    return chosen
