"""manage.py rebuild_rollups: the roll-ups of a stretch of days computed anew from the facts."""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from contactcenter.dashboards.rollups.actions import rebuild
from contactcenter.tenancy.doors import open_every_account


class Command(BaseCommand):
    help = (
        "Computes the roll-ups of the days --from to --to (UTC, both included) anew from the facts. JSON on stdout. "
        "Exit code: 0 done, 2 bad arguments. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", required=True, metavar="YYYY-MM-DD", help="the first day")
        parser.add_argument("--to", dest="last", metavar="YYYY-MM-DD", help="the last day (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        first = self._day("--from", options["first"])
        last = self._day("--to", options["last"]) if options["last"] else timezone.now().astimezone(UTC).date()
        if last < first:
            self.stderr.write(f"--to: {last} is before {first}")
            sys.exit(2)
        with open_every_account(reason="roll-ups add up the facts of all accounts"):
            counts = rebuild(start=_midnight(first), end=_midnight(last + timedelta(days=1)))
        self.stdout.write(json.dumps({"from": str(first), "to": str(last), **counts}))

    def _day(self, name: str, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.stderr.write(f"{name}: expected a day as YYYY-MM-DD, got {text!r}")
            sys.exit(2)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
