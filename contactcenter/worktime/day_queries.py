"""One operator's local day: what was recorded, the slices cut at midnight, and totals that add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from contactcenter.kernel.intervals import milliseconds
from contactcenter.worktime.models import Allocation, Contradiction, Session, Slice
from contactcenter.worktime.queries import slices_within
from contactcenter.worktime.rewriting import VOID
from contactcenter.worktime.sharing import deal


def day_bounds(*, on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants, in UTC, at which a local day begins and ends; it has 23 or 25 hours where clocks change."""
    following = on + timedelta(days=1)
    start, end = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in (on, following))
    return start, end


def operator_day(*, operator_id: int, start: datetime, end: datetime) -> dict[str, Any]:
    """Return the sessions, slices and totals of an operator within [start, end), and what contradicts itself.

    Slices and their shares are cut at the bounds in whole milliseconds: shares sum to their slice, slices to the
    sessions (`logged_in_ms`), totals by account and class to all of them.
    """
    within = Q(started_at__lt=end) & (Q(ended_at=None) | Q(ended_at__gt=start))
    sessions = list(
        Session.objects.filter(within, operator_id=operator_id)
        .exclude(close_rule=VOID)
        .annotate(versions=Count("allocation_runs"))
        .order_by("started_at")
    )
    slices = list(slices_within(start=start, end=end).filter(operator_id=operator_id).order_by("started_at"))
    shares: dict[int, list[tuple[int | None, int | None, int]]] = defaultdict(list)
    given = Allocation.objects.filter(until_version=None, slice_id__in=[row.pk for row in slices]).order_by("id")
    for slice_id, account_id, interaction_id, ms in given.values_list("slice_id", "account_id", "interaction_id", "ms"):
        shares[slice_id].append((account_id, interaction_id, ms))
    cut = [_cut(row, shares[row.pk], start, end) for row in slices]
    found = Contradiction.objects.filter(operator_id=operator_id, starts_at__lt=end, ends_at__gte=start)
    return {
        "starts_at": start,
        "ends_at": end,
        "sessions": [_session(row, start, end) | {"versions": row.versions} for row in sessions],
        "slices": cut,
        "totals": _totals(cut),
        "logged_in_ms": sum(_session(row, start, end)["ms"] for row in sessions),
        "contradictions": list(found.order_by("starts_at", "id").select_related("operator", "seen_by")[:200]),
    }


def _session(row: Session, start: datetime, end: datetime) -> dict[str, Any]:
    until = row.ended_at or row.derived_until or row.started_at
    ms = max(0, milliseconds(start=max(row.started_at, start), end=min(until, end)))
    return {
        "id": row.pk,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "derived_until": row.derived_until,
        "close_rule": row.close_rule,
        "ms": ms,
    }


def _cut(
    row: Slice, shares: list[tuple[int | None, int | None, int]], start: datetime, end: datetime
) -> dict[str, Any]:
    edges = sorted({row.started_at, row.ended_at, *(at for at in (start, end) if row.started_at < at < row.ended_at)})
    inside = next(index for index, at in enumerate(edges) if at >= start)
    lengths = [milliseconds(start=here, end=there) for here, there in pairwise(edges)]
    dealt = deal(lengths=lengths, among=[(position, share[2]) for position, share in enumerate(shares)])
    return {
        "id": row.pk,
        "started_at": edges[inside],
        "ended_at": edges[inside + 1],
        "ms": lengths[inside],
        "kind": row.kind,
        "account_id": row.account_id,
        "interaction_id": row.interaction_id,
        "channel": row.channel,
        "reason": row.reason,
        "current_allocations": [
            {"account_id": shares[position][0], "interaction_id": shares[position][1], "ms": ms}
            for position, ms in dealt[inside].items()
        ],
    }


def _totals(slices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: Counter[tuple[int | None, str]] = Counter()
    for piece in slices:
        for share in piece["current_allocations"]:
            sums[share["account_id"], piece["kind"]] += share["ms"]
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] or 0, item[0][1]))
    return [{"account": account, "kind": kind, "ms": ms} for (account, kind), ms in ordered]
