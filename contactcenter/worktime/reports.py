"""Sums of the ledger by operator, and by account and day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import milliseconds
from contactcenter.tenancy.scope import current_scope
from contactcenter.worktime.models import Allocation
from contactcenter.worktime.queries import slices_within
from contactcenter.worktime.sharing import deal


def operator_clocks(*, operator_ids: Iterable[int], start: datetime, end: datetime) -> dict[int, dict[str, int]]:
    """Return each operator's wall clock in [start, end): milliseconds by class. Classes without time are left out.

    A running session counts as far as it has been derived: to its last event, or some minutes ago.
    """
    clocks: dict[int, Counter[str]] = defaultdict(Counter)
    slices = slices_within(start=start, end=end).filter(operator_id__in=list(operator_ids))
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
        account_id=account_id, until_version=None, slice__started_at__gte=start, slice__started_at__lt=end
    ).annotate(
        first=TruncDate("slice__started_at", tzinfo=zone),
        last=TruncDate("slice__ended_at", tzinfo=zone),
    )
    whole = rows.filter(first=F("last")).values_list("first", "kind").annotate(total=Sum("ms"))
    for day, kind, ms in whole:
        days[day][kind] += ms
    across = Allocation.objects.filter(
        until_version=None, slice__in=rows.exclude(first=F("last")).values("slice")
    ).order_by("slice_id", "id")
    columns = ("slice_id", "slice__started_at", "slice__ended_at", "kind", "id", "account_id", "ms")
    for (_, begun, ended, kind), shares in groupby(across.values_list(*columns), key=lambda row: row[:4]):
        owned = [(allocation_id, owner, ms) for *_, allocation_id, owner, ms in shares]
        mine = {allocation_id for allocation_id, owner, _ in owned if owner == account_id}
        parts = by_day(shares=[(key, ms) for key, _, ms in owned], start=begun, end=ended, zone=zone)
        for day, dealt in parts.items():
            days[day][kind] += sum(ms for key, ms in dealt.items() if key in mine)
    return {day: {kind: ms for kind, ms in sums.items() if ms} for day, sums in sorted(days.items())}


def by_day(
    *, shares: Sequence[tuple[int, int]], start: datetime, end: datetime, zone: ZoneInfo
) -> dict[date, dict[int, int]]:
    """Return how the shares (key, ms) of the slice [start, end) fall on local days.

    Every day sums to the time of the slice that lies in it, every share over all days to itself.
    """
    edges = [start, *midnights(start=start, end=end, zone=zone), end]
    lengths = [milliseconds(start=here, end=there) for here, there in pairwise(edges)]
    dealt = deal(lengths=lengths, among=shares)
    return {here.astimezone(zone).date(): part for here, part in zip(edges, dealt, strict=False) if part}


def midnights(*, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants, in UTC, within (start, end) at which a local day begins."""
    found = []
    day = start.astimezone(zone).date() + timedelta(days=1)
    while (midnight := datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)) < end:
        if midnight > start:
            found.append(midnight)
        day += timedelta(days=1)
    return found
