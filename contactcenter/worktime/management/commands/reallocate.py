"""manage.py reallocate: allocate a period's time again under another policy, with the difference as JSON."""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from contactcenter.kernel.errors import DomainError
from contactcenter.worktime.models import IdlePolicyKind, OpenPolicyKind, Reallocation
from contactcenter.worktime.reallocation_actions import ask_reallocation, run_reallocation


class Command(BaseCommand):
    help = (
        "Allocates the sessions begun in a period again, as a new version, and prints what each account's time of each "
        "class was and is, as JSON. Facts and earlier versions stay. Exit code 0: done; 2: it could not be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="first day (UTC)")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="day after the last one")
        parser.add_argument(
            "--policy", choices=IdlePolicyKind.values, help="idle policy (default: each operator's own)"
        )
        parser.add_argument("--open", choices=OpenPolicyKind.values, default="equal", help="policy of open chats")
        parser.add_argument("--parts", type=json.loads, default={}, help='JSON, e.g. {"percent": {"1": 60, "2": 40}}')
        parser.add_argument("--operator", type=int, help="only this operator (id)")
        parser.add_argument("--reason", default="", help="why; required unless --dry-run")
        parser.add_argument("--dry-run", action="store_true", help="only calculate the difference")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["policy"]
        policy = {"kind": kind, "open_kind": options["open"], "settings": options["parts"]} if kind else {}
        at = timezone.now()
        try:
            row = ask_reallocation(
                starts_at=datetime.combine(options["first"], time(), tzinfo=UTC),
                ends_at=datetime.combine(options["last"], time(), tzinfo=UTC),
                policy=policy,
                is_dry_run=options["dry_run"],
                author_id=None,
                at=at,
                operator_id=options["operator"],
                reason=options["reason"],
                in_background=False,
            )
        except DomainError as error:
            self.stderr.write(f"{error.field}: {error.message}" if error.field else error.message)
            sys.exit(2)
        if not run_reallocation(reallocation_id=row.pk, at=at):
            self.stderr.write(f"reallocation {row.pk} is being done by a worker")
            sys.exit(2)
        done = Reallocation.objects.get(pk=row.pk)
        report = {
            "id": done.pk,
            "dry_run": done.is_dry_run,
            "sessions": done.sessions,
            "changed_sessions": done.changed_sessions,
            "differences": [line for line in done.differences if line["before_ms"] != line["after_ms"]],
            "totals": done.differences,
        }
        self.stdout.write(json.dumps(report, indent=1))
