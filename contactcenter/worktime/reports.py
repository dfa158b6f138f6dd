"""Sums of the ledger by operator, and by account and day."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import milliseconds
from contactcenter.tenancy.scope import current_scope
from contactcenter.worktime.models import Allocation, Slice


def operator_clocks(*, operator_ids: Iterable[int], start: datetime, end: datetime) -> dict[int, dict[str, int]]:
    """Return each operator's wall clock in [start, end): milliseconds by class. Classes without time are left out.

    A running session counts as far as it has been derived: to its last event, or some minutes ago.
    """
    clocks: dict[int, Counter[str]] = defaultdict(Counter)
    slices = Slice.objects.filter(
        operator_id__in=list(operator_ids), is_current=True, started_at__lt=end, ended_at__gt=start
    )
    within = slices.filter(started_at__gte=start, ended_at__lte=end)
    for operator_id, kind, ms in within.values_list("operator_id", "kind").annotate(total=Sum("ms")):
        clocks[operator_id][kind] += ms
    across = slices.exclude(started_at__gte=start, ended_at__lte=end)
    for operator_id, kind, begun, ended in across.values_list("operator_id", "kind", "started_at", "ended_at"):
        clocks[operator_id][kind] += milliseconds(start=max(begun, start), end=min(ended, end))
    return {operator_id: dict(clock) for operator_id, clock in clocks.items()}


def account_days(*, account_id: int, start: datetime, end: datetime, zone: ZoneInfo) -> dict[date, dict[str, int]]:
    """Return the milliseconds allocated to an account by local day and class, from slices begun in [start, end).

    A slice across midnight is cut there; the days of a slice sum to it. Raises NotFound for an account out of reach.
    """
    if not current_scope().allows(account_id):
        raise NotFound(f"There is no account {account_id}.")
    days: dict[date, Counter[str]] = defaultdict(Counter)
    rows = Allocation.objects.filter(
        account_id=account_id, run__is_current=True, slice__started_at__gte=start, slice__started_at__lt=end
    ).annotate(
        first=TruncDate("slice__started_at", tzinfo=zone),
        last=TruncDate("slice__ended_at", tzinfo=zone),
    )
    whole = rows.filter(first=F("last")).values_list("first", "kind").annotate(total=Sum("ms"))
    for day, kind, ms in whole:
        days[day][kind] += ms
    across = rows.exclude(first=F("last"))
    for kind, ms, begun, ended in across.values_list("kind", "ms", "slice__started_at", "slice__ended_at"):
        for day, part in by_day(ms=ms, start=begun, end=ended, zone=zone).items():
            days[day][kind] += part
    return {day: dict(sums) for day, sums in sorted(days.items())}


def by_day(*, ms: int, start: datetime, end: datetime, zone: ZoneInfo) -> dict[date, int]:
    """Return how `ms` allocated milliseconds of [start, end) fall on local days; they sum to `ms`.

    Parts are in proportion to the time before each midnight, cut down to whole milliseconds; the last day has the rest.
    """
    whole = milliseconds(start=start, end=end)
    parts: dict[date, int] = {}
    given = 0
    day = start.astimezone(zone).date()
    last = (end - timedelta(milliseconds=1)).astimezone(zone).date()
    while day < last:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
        reached = ms * milliseconds(start=start, end=midnight) // whole
        parts[day] = reached - given
        given = reached
        day += timedelta(days=1)
    parts[day] = ms - given
    return {day: part for day, part in parts.items() if part}
