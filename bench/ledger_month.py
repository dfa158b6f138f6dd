"""A month of operators' time derived from its events: rows, seconds of CPU, the most memory the process has held."""

import os
import resource
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

from django.db.models import Sum

from bench.cpu import cpu_seconds
from bench.ledger_rows import make_events, make_people
from contactcenter.worktime.actions import derive_operator
from contactcenter.worktime.models import Allocation, Session, Slice

DAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = DAY + timedelta(days=60)


def run(*, quick: bool) -> dict[str, object]:
    """Return the measurement; fails if the slices do not sum to the time logged in."""
    operators, days = (6, 2) if quick else (100, 22)
    people, accounts = make_people(name="month", operators=operators, accounts=20)
    starts = [DAY + timedelta(days=day + day // 5 * 2) for day in range(days)]
    events = make_events(operators=people, accounts=accounts, days=starts, cycles=50)
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    before = _peak_mb()
    began, cpu, served = perf_counter(), process_time(), cpu_seconds(postgres)
    derived = 0
    for operator in people:
        derived += derive_operator(operator_id=operator, at=LATER)
    seconds, cpu, served = perf_counter() - began, process_time() - cpu, cpu_seconds(postgres) - served
    sessions = Session.objects.filter(operator_id__in=people)
    slices = Slice.objects.filter(operator_id__in=people, is_current=True)
    if derived != operators or sessions.count() != operators * days:
        raise AssertionError(f"{sessions.count()} sessions of {operators * days} were derived")
    logged_in = sum((row.ended_at - row.started_at for row in sessions if row.ended_at), timedelta())
    ledger_ms = slices.aggregate(total=Sum("ms"))["total"]
    if ledger_ms != logged_in // timedelta(milliseconds=1):
        raise AssertionError(f"the slices have {ledger_ms} ms, the operators were there for {logged_in}")
    return {
        "operators": operators,
        "events": events,
        "sessions": sessions.count(),
        "slices": slices.count(),
        "allocations": Allocation.objects.filter(slice__in=slices).count(),
        "seconds": round(seconds, 1),
        "events_per_second": round(events / seconds),
        "events_per_cpu_second": round(events / cpu),
        "events_per_cpu_second_with_postgres": round(events / (cpu + served)),
        "peak_mb_before": before,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
