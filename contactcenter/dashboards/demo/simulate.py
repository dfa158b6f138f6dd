"""Simulates days: plans each, drives it, has the ledger derived and the usage collected, and sums it up."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from billing import actions as billing
from billing.models import UsageLine
from contactcenter.dashboards.demo.drive import Day
from contactcenter.dashboards.demo.house import demo_accounts, demo_operators
from contactcenter.dashboards.demo.load import month_before
from contactcenter.dashboards.demo.pbx import run_telephony
from contactcenter.dashboards.demo.plan import plan_day
from contactcenter.dashboards.rollups.actions import fold_everything
from contactcenter.kernel.clock import ClockHold
from contactcenter.kernel.errors import Conflict
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.operators.models import Operator
from contactcenter.routing.actions import lose_operators
from contactcenter.routing.models import OperatorState, Presence, Waiting
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction, Ticket
from contactcenter.worktime import actions as worktime
from contactcenter.worktime.focus_actions import flush_focus
from contactcenter.worktime.models import Session

SATURDAY = 5


class CannotSimulate(Conflict):
    """The demo is not loaded, or somebody is at work; nothing was changed."""

    code = "cannot_simulate"


def simulate_days(
    *, days: Sequence[date], seed: int, accounts: int, operators: int, contacts: int, quiet: bool = False
) -> list[dict[str, Any]]:
    """Simulate each day that was not simulated before; returns a summary a day.

    Raises CannotSimulate if the demo's accounts or operators are missing or an operator of it is signed in.
    """
    house, staff = demo_accounts(count=accounts), demo_operators(count=operators)
    with ClockHold() as clock, open_every_account(reason="the simulated operators serve several accounts"):
        _check(slugs=[account.slug for account in house], emails=[operator.email for operator in staff])
        summaries: list[dict[str, Any]] = []
        for day in days:
            began = time.monotonic()
            if _is_simulated(day, [operator.email for operator in staff]):
                summaries.append({"day": day.isoformat(), "skipped": "operators have sessions on this day already"})
                continue
            plan = plan_day(day=day, seed=seed, accounts=house, operators=staff, contacts=contacts, quiet=quiet)
            run = Day(plan=plan, telephony=run_telephony(plan=plan, seed=seed), seed=seed, reconnected=clock.renew)
            with hand_jobs_to(run.steps.take_job):
                run.run()
                # by the present instant: an earlier one would cut off days that were simulated before
                run.steps.through_outages(lambda: flush_focus(at=timezone.now()))
                run.steps.through_outages(lambda: worktime.derive_behind(at=timezone.now()))
                run.steps.through_outages(lambda: billing.collect_pending(at=timezone.now()))
                run.steps.through_outages(fold_everything)
                run.steps.through_outages(lambda run=run, day=day: run.counts.update(_totals(day)))  # type: ignore[misc]
            summaries.append(
                {
                    "day": day.isoformat(),
                    "contacts": contacts,
                    **{name: run.counts[name] for name in sorted(run.counts)},
                    "seconds": round(time.monotonic() - began, 1),
                }
            )
    return summaries


def history_days(*, until: date) -> list[date]:
    """Return the working days from the first of the month before up to, not including, `until`."""
    first = month_before(until)
    days = (first + timedelta(days=count) for count in range((until - first).days))
    return [day for day in days if day.weekday() < SATURDAY]


def sum_up(summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the summaries' numbers added up."""
    total: Counter[str] = Counter()
    for summary in summaries:
        total.update({name: value for name, value in summary.items() if isinstance(value, int)})
    return {
        "days": len(summaries),
        **total,
        "seconds": round(sum(summary.get("seconds", 0) for summary in summaries), 1),
    }


def _check(*, slugs: Sequence[str], emails: Sequence[str]) -> None:
    missing = set(slugs) - set(Account.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    found = set(Operator.objects.filter(user__email__in=emails).values_list("user__email", flat=True))
    missing |= set(emails) - found
    if missing:
        raise CannotSimulate(f"The demo is not loaded ({', '.join(sorted(missing))}). Run: manage.py load_demo")
    # whom a simulation that was cut off has left behind was not heard of for long
    lose_operators(at=timezone.now())
    at_work = OperatorState.objects.filter(
        operator__user__email__in=emails, presence__in=[Presence.AVAILABLE, Presence.BREAK]
    ).values_list("operator__display_name", flat=True)
    if at_work:
        raise CannotSimulate(f"Signed in just now: {', '.join(sorted(at_work))}. They have to sign out first.")


def _bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def _is_simulated(day: date, emails: Sequence[str]) -> bool:
    start, end = _bounds(day)
    return Session.objects.filter(operator__user__email__in=emails, started_at__gte=start, started_at__lt=end).exists()


def _totals(day: date) -> dict[str, int]:
    start, end = _bounds(day)
    return {
        "tickets": Ticket.objects.filter(opened_at__gte=start, opened_at__lt=end).count(),
        "interactions": Interaction.objects.filter(started_at__gte=start, started_at__lt=end).count(),
        "usage_lines": UsageLine.objects.filter(is_current=True, started_at__gte=start, started_at__lt=end).count(),
        "sessions": Session.objects.filter(started_at__gte=start, started_at__lt=end).count(),
        "still_waiting": Waiting.objects.count(),
    }
