"""manage.py load_demo: three client accounts, six operators and a login for every role; all of them made up."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from contactcenter.dashboards.demo.load import load_demo


class Command(BaseCommand):
    """Loads the demo; run again it only adds what is missing. JSON on stdout: accounts, operators, logins."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the arguments."""
        parser.add_argument("--accounts", type=int, default=3, help="how many client accounts (beyond 3: copies)")
        parser.add_argument("--operators", type=int, default=6, help="how many operators (beyond 6: copies)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and report."""
        loaded = load_demo(accounts=options["accounts"], operators=options["operators"], at=timezone.now())
        self.stdout.write(json.dumps(loaded, ensure_ascii=False, indent=2))
