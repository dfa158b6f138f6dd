"""Shared reads of the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary
from django.db.models import F, Func, QuerySet

from contactcenter.worktime.models import (
    Allocation,
    AllocationRun,
    BreakReason,
    ClockCorrection,
    Slice,
    UnderivedStretch,
)


@dataclass(slots=True)
class InteractionTime:
    """Milliseconds of operator time spent on one interaction, by class, and the facts they come from.

    `slices` has one row per allocation: (slice id, allocation id, class, ms).
    """

    talk_ms: int = 0
    hold_ms: int = 0
    wrap_ms: int = 0
    focus_ms: int = 0
    open_ms: int = 0
    offer_ms: int = 0
    first_started_at: datetime | None = None
    slices: list[tuple[int, int, str, int]] = field(default_factory=list)


def slices_within(*, start: datetime, end: datetime) -> QuerySet[Slice]:
    """Return the current slices that reach into [start, end), read through the index that keeps them from overlapping.

    Comparing the two instants instead would go through all the past of an operator.
    """
    span = Func("started_at", "ended_at", RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField())
    return Slice.objects.filter(is_current=True).alias(span=span).filter(span__overlap=(start, end))


def allocations_of(*, run: AllocationRun) -> QuerySet[Allocation]:
    """Return what a version of a session's allocation says: what it decided, and what it left as it was before."""
    decided = Allocation.objects.filter(run__session_id=run.session_id, run__version__lte=run.version)
    return decided.exclude(until_version__lte=run.version)


def settled_allocations() -> QuerySet[Allocation]:
    """Return the allocations in force of settled slices.

    Settled: the last piece of a running session is left out until the next event bounds it.
    """
    return Allocation.objects.filter(until_version=None).exclude(
        slice__session__ended_at=None, slice__ended_at__gte=F("slice__session__derived_until")
    )


def interaction_time(*, interaction_ids: Iterable[int]) -> dict[int, InteractionTime]:
    """Return the settled time of each interaction under the current allocation; those without any are left out."""
    times: dict[int, InteractionTime] = {}
    rows = (
        settled_allocations()
        .filter(interaction_id__in=list(interaction_ids))
        .order_by("slice__started_at", "id")
        .values_list("interaction_id", "kind", "ms", "slice_id", "id", "slice__started_at")
    )
    for interaction_id, kind, ms, slice_id, allocation_id, started_at in rows.iterator():
        time = times.setdefault(int(interaction_id or 0), InteractionTime())
        setattr(time, f"{kind}_ms", getattr(time, f"{kind}_ms") + ms)
        time.first_started_at = time.first_started_at or started_at
        time.slices.append((slice_id, allocation_id, kind, ms))
    return times


def break_account_id(*, reason: str) -> int | None:
    """Return the account that a break for this reason is for, None if the reason names none."""
    return BreakReason.objects.filter(reason__iexact=reason).values_list("account_id", flat=True).first()


def break_reasons() -> list[BreakReason]:
    """Return the reasons for a break in the order in which they are offered, those offered no more too."""
    return list(BreakReason.objects.order_by("position", "id"))


def clock_corrections(*, source: str) -> list[tuple[datetime, timedelta]]:
    """Return from when on (by the source's clock) how much is to be taken off what the source stamps, oldest first."""
    rows = ClockCorrection.objects.filter(source=source).order_by("valid_from")
    return [(valid_from, timedelta(milliseconds=ms)) for valid_from, ms in rows.values_list("valid_from", "offset_ms")]


def operators_behind() -> int:
    """Return how many operators have recorded events that the ledger has not followed yet."""
    return UnderivedStretch.objects.values("operator_id").distinct().count()
