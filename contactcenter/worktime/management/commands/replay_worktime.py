"""manage.py replay_worktime FILE: written-down sessions in, buckets out."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from contactcenter.worktime.replay import BadCase, replay


class Command(BaseCommand):
    help = (
        "Replays the sessions of a JSON file through the ledger (no database) and prints the buckets as JSON. "
        "Exit code 0: all as expected, within the file's tolerance; 1: something differs; 2: the file cannot be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="JSON file with cases, - for standard input")
        parser.add_argument("--scale", type=int, default=1, help="multiply all times, 1000 makes seconds milliseconds")

    def handle(self, *args: Any, **options: Any) -> None:
        name, scale = options["file"], options["scale"]
        try:
            if scale < 1:
                raise BadCase(f"--scale: expected at least 1, got {scale}")
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            outcomes = replay(document=json.loads(text), scale=scale)
        except (OSError, ValueError, RecursionError) as error:
            self.stderr.write(f"{name}: {error}")
            sys.exit(2)
        failed = sum(bool(outcome.differences) for outcome in outcomes)
        report = {
            "passed": len(outcomes) - failed,
            "failed": failed,
            "cases": [asdict(outcome) for outcome in outcomes],
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        if failed:
            sys.exit(1)
