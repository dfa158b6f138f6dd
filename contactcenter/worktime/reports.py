"""Sums of the ledger by operator."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Sum

from contactcenter.kernel.intervals import milliseconds
from contactcenter.worktime.queries import slices_within


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
