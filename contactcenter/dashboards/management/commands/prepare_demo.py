"""`manage.py prepare_demo`: what `make run` shows on its first start."""

import json
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from contactcenter import environment
from contactcenter.dashboards.demo.load import month_before
from contactcenter.kernel.models import AuditEntry

SIMULATED = "demo.simulated"


class Command(BaseCommand):
    """Load the demo accounts and people; once, drive a working day through the real doors and prove it."""

    help = "Load the demo and, on the first start, simulate a working day and verify it. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the demo to its state; a first run that was cut off is taken up again."""
        call_command("load_demo", stdout=StringIO())
        if not environment.boolean("DEMO_DAY", default=True):
            return
        if AuditEntry.objects.filter(action=SIMULATED).exists():
            return
        self.stdout.write("Simulating a working day and quiet weeks before it (first start only, a minute or two) ...")
        history = environment.integer("DEMO_HISTORY", default=5, minimum=0, maximum=100)
        day = StringIO()
        call_command("simulate_day", *(["--history", str(history)] if history else []), stdout=day)
        told = json.loads(day.getvalue())
        self.stdout.write(
            f"  {told['contacts']} contacts: {told['voice']} calls, {told['email']} mails, {told['chat']} chats"
            f" on {told['tickets']} tickets; {told['replies']} replies"
        )
        if history:
            self.stdout.write("Issuing last month's invoices ...")
            period = f"{month_before(timezone.now().date()):%Y-%m}"
            call_command("run_invoices", "--period", period, "--issue", stdout=StringIO())
        self.stdout.write("Verifying that everything adds up ...")
        proof = StringIO()
        try:
            call_command("verify", stdout=proof)
        except SystemExit:
            self.stdout.write(proof.getvalue())
            raise
        checks = json.loads(proof.getvalue())["checks"]
        self.stdout.write(f"  {len(checks)} checks, {sum(check['checked'] for check in checks):,} rows, no difference")
        AuditEntry.objects.create(action=SIMULATED, target_type="demo")
