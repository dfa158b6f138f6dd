"""manage.py simulate_day: a working day through the real doors, on a clock of its own."""

import json
from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contactcenter.dashboards.demo.doors import MissingEndpoint
from contactcenter.dashboards.demo.simulate import CannotSimulate, history_days, simulate_days, sum_up
from contactcenter.kernel.clock import ClockTaken


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"expected a day as YYYY-MM-DD, not {text!r}") from None


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise ArgumentTypeError(f"expected a whole number from 1 to 100000, not {text!r}")
    return int(text)


class Command(BaseCommand):
    """Simulates the day before today, or the given one; the same seed gives the same day."""

    help = (
        "Drives a working day through the real doors: raw mails, chats and a telephone log of made-up people; the "
        "operators of the demo accept, answer and wrap up. JSON summary on stdout. A day that was simulated before is "
        "skipped. Exit codes: 0 done, 2 the demo is not loaded or somebody is signed in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the arguments."""
        parser.add_argument("--accounts", type=_count, default=3, help="accounts that take part (default 3)")
        parser.add_argument("--operators", type=_count, default=6, help="operators that take part (default 6)")
        parser.add_argument("--contacts", type=_count, default=300, help="calls, mails and chats of the day")
        parser.add_argument("--seed", type=int, default=1, help="another seed gives another day")
        parser.add_argument("--date", type=_day, default=None, help="the day, YYYY-MM-DD (default: yesterday)")
        parser.add_argument(
            "--history",
            type=_count,
            default=None,
            metavar="CONTACTS",
            help="first simulate the working days before it, from the month before on, with so many contacts each",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Simulate and report."""
        day = options["date"] or datetime.now(UTC).date() - timedelta(days=1)
        if day >= datetime.now(UTC).date():
            raise CommandError("--date: choose a day that is over.", returncode=2)
        shared = {name: options[name] for name in ("seed", "accounts", "operators")}
        try:
            earlier = (
                simulate_days(days=history_days(until=day), contacts=options["history"], quiet=True, **shared)
                if options["history"]
                else []
            )
            (summary,) = simulate_days(days=[day], contacts=options["contacts"], **shared)
        except (CannotSimulate, ClockTaken, MissingEndpoint) as problem:
            raise CommandError(str(problem), returncode=2) from problem
        report = summary | ({"history": sum_up(earlier)} if earlier else {})
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
