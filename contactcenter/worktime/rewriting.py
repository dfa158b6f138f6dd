"""Make the stored sessions, slices and allocations of one stretch of an operator's time say what its events say.

Internal to actions: runs inside its transaction and lock.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.operators.models import Operator
from contactcenter.worktime.allocation import Policy, Share, allocate
from contactcenter.worktime.contradiction_actions import list_contradictions
from contactcenter.worktime.contradictions import contradictions_in
from contactcenter.worktime.derivation import Change, DerivedSession, compare, derive, derive_stretches
from contactcenter.worktime.ledger import Slice
from contactcenter.worktime.models import Allocation, AllocationRun, OperatorEvent, Session
from contactcenter.worktime.models import Slice as SliceRow
from contactcenter.worktime.policies import from_document, policy_of, to_document
from contactcenter.worktime.records import (
    EVENT_COLUMNS,
    SLICE_COLUMNS,
    event_of,
    slice_of,
    slice_row,
    to_instant,
    to_ms,
)
from contactcenter.worktime.segments import SILENCE, Event
from contactcenter.worktime.session_audit import audit_rule

VOID = "void"
"""The close rule of a session that later events made part of another; it lasts no time."""
_NEAR = timedelta(days=2)
_LOOK_BACK = timedelta(days=14)
_BATCH = 2000


@dataclass(slots=True)
class _Rewrite:
    """One session row on its way from what it said to what it should say."""

    row: Session
    wanted: DerivedSession | None
    change: Change
    old_run: AllocationRun | None


def rewrite_span(*, operator_id: int, first: datetime, last: datetime, at: datetime) -> None:
    """Derive every session between the silences around first and last, and write what differs.

    From silence to silence, one stretch after the other: memory holds about a day of one operator, however long the
    span is, and what lies outside of it is not touched.
    """
    start: datetime | None = silence_before(operator_id=operator_id, instant=first)
    while start is not None and start <= max(first, last):
        end = silence_after(operator_id=operator_id, instant=start)
        _rewrite_stretch(operator_id=operator_id, start=start, end=end, at=at)
        start = end


def _rewrite_stretch(*, operator_id: int, start: datetime, end: datetime | None, at: datetime) -> None:
    """Write what differs in the sessions of [start, end), which begins and ends in silence.

    Settled slices that no longer hold are superseded (kept, not current) and the session gets a new allocation run
    under the policy of the old one, with the allocations that differ; a session that has only gone on has its run
    extended.
    """
    stretches = list(derive_stretches(events=_events(operator_id, start, end), until=to_ms(at)))
    wanted = [session for each in stretches for session in each.sessions]
    rows = Session.objects.filter(operator_id=operator_id, started_at__gte=start).order_by("started_at", "id")
    if end is not None:
        rows = rows.filter(started_at__lt=end)
    rewrites = _planned(operator_id, list(rows), wanted)
    _write_sessions(rewrites, at)
    _write_slices(rewrites, operator_id)
    found = [
        contradiction
        for each in stretches
        for contradiction in contradictions_in(
            events=each.events, segments=each.segments, stays=each.stays, until=to_ms(at)
        )
    ]
    list_contradictions(operator_id=operator_id, start=start, end=end, found=found)


def stretch(
    *, operator_id: int, start: datetime, end: datetime | None, at: datetime, extra: Sequence[Event] = ()
) -> list[DerivedSession]:
    """Return the sessions that the events within [start, end) and the extra ones make, up to `at`; reads only."""
    return derive(events=chain(_events(operator_id, start, end), extra), until=to_ms(at))


def _events(operator_id: int, start: datetime, end: datetime | None) -> Iterator[Event]:
    events = OperatorEvent.objects.filter(operator_id=operator_id, at__gte=start)
    if end is not None:
        events = events.filter(at__lt=end)
    return (event_of(row) for row in events.values_list(*EVENT_COLUMNS).iterator(chunk_size=_BATCH))


def _planned(operator_id: int, rows: list[Session], wanted: list[DerivedSession]) -> list[_Rewrite]:
    stored: dict[int, list[tuple[int, Slice]]] = {row.pk: [] for row in rows}
    slices = SliceRow.objects.filter(session_id__in=stored, is_current=True).order_by("started_at")
    for session_id, *columns in slices.values_list("session_id", *SLICE_COLUMNS).iterator(chunk_size=_BATCH):
        stored[session_id].append(slice_of(tuple(columns)))
    runs = {run.session_id: run for run in AllocationRun.objects.filter(session_id__in=stored, is_current=True)}
    rewrites = []
    for row, target in _matched(operator_id, rows, wanted):
        growing = to_ms(row.derived_until) if row.derived_until and row.ended_at is None else None
        pieces = target.slices if target else []
        change = compare(stored=stored.get(row.pk, []), wanted=pieces, growing_end=growing)
        rewrites.append(_Rewrite(row, target, change, runs.get(row.pk)))
    return rewrites


def _matched(
    operator_id: int, rows: list[Session], wanted: list[DerivedSession]
) -> Iterator[tuple[Session, DerivedSession | None]]:
    """Rows with the session they should become: the same start first, then in order; new rows, then rows to void."""
    by_start = {to_ms(row.started_at): row for row in sorted(rows, key=lambda row: row.close_rule != VOID)}
    taken = {session.stay.start: by_start[session.stay.start] for session in wanted if session.stay.start in by_start}
    used = {row.pk for row in taken.values()}
    spare = [row for row in rows if row.pk not in used and row.close_rule != VOID]
    for session in wanted:
        row = taken.get(session.stay.start) or (spare.pop(0) if spare else Session(operator_id=operator_id))
        yield row, session
    for row in spare:
        yield row, None


def _write_sessions(rewrites: Sequence[_Rewrite], at: datetime) -> None:
    """Sessions that end are written first: only one of an operator may run."""
    for rewrite in sorted(rewrites, key=lambda r: r.wanted is not None and r.wanted.stay.end is None):
        row, wanted = rewrite.row, rewrite.wanted
        values: tuple[datetime, datetime | None, datetime, str]
        if wanted is None:
            values = (row.started_at, row.started_at, row.started_at, VOID)
        else:
            end = None if wanted.stay.end is None else to_instant(wanted.stay.end)
            values = (to_instant(wanted.stay.start), end, to_instant(wanted.until), wanted.stay.rule)
        former = (row.started_at, row.ended_at, row.derived_until, row.close_rule)
        if row.pk is None or values != former:
            row.started_at, row.ended_at, row.derived_until, row.close_rule = values
            row.save()
            audit_rule(session=row, former_end=former[1], former_rule=former[3])


def _write_slices(rewrites: Sequence[_Rewrite], operator_id: int) -> None:
    changed = [rewrite for rewrite in rewrites if not rewrite.change.is_empty]
    growing = [id for r in changed if r.change.extends for id in r.change.gone]
    SliceRow.objects.filter(pk__in=growing).delete()
    superseded = [id for r in changed if not r.change.extends for id in r.change.gone]
    SliceRow.objects.filter(pk__in=superseded).update(is_current=False)
    new = [
        slice_row(piece=r.wanted.slices[position], session_id=r.row.pk, operator_id=operator_id)
        for r in changed
        if r.wanted
        for position in r.change.new
    ]
    ids = iter([row.pk for row in SliceRow.objects.bulk_create(new, batch_size=_BATCH)])
    policy: Policy | None = None
    allocations: list[Allocation] = []
    for rewrite in changed:
        if rewrite.wanted is None:
            if rewrite.old_run:
                AllocationRun.objects.filter(pk=rewrite.old_run.pk).update(is_current=False)
                _in_force(rewrite.row.pk).update(until_version=rewrite.old_run.version + 1)
            continue
        slice_ids = dict(rewrite.change.kept) | {position: next(ids) for position in rewrite.change.new}
        if rewrite.old_run is None and policy is None:
            policy = policy_of(operator=Operator.objects.get(pk=operator_id))
        run, rule = _next_run(rewrite, policy)
        shares = allocate(slices=rewrite.wanted.slices, policy=rule)
        only: Set[int] = set(rewrite.change.new)
        if run != rewrite.old_run or rule.looks_ahead:
            only |= _decided_anew(run, slice_ids, shares)
        allocations += [_allocation(run, slice_ids, share) for share in shares if share.position in only]
        enqueue_on_commit("billing.collect_usage", allocation_run_id=run.pk)
    Allocation.objects.bulk_create(allocations, batch_size=_BATCH)


def _in_force(session_id: int) -> QuerySet[Allocation]:
    return Allocation.objects.filter(run__session_id=session_id, until_version=None)


def _decided_anew(run: AllocationRun, slice_ids: Mapping[int, int], shares: Sequence[Share]) -> set[int]:
    """Positions of the slices whose shares are not those in force; what is in force of them stands no longer.

    What this run itself said of them while its session ran is deleted: only shares of idle and open time move so, no
    usage line was made from them.
    """
    stored: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    columns = _in_force(run.session_id).values_list("slice_id", "account_id", "interaction_id", "ms")
    for slice_id, account_id, interaction_id, ms in columns.iterator(chunk_size=_BATCH):
        stored[slice_id].append((account_id or 0, interaction_id or 0, ms))
    wanted: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for share in shares:
        wanted[share.position].append((share.account or 0, share.interaction or 0, share.units))
    anew = {
        position for position, said in wanted.items() if sorted(said) != sorted(stored.get(slice_ids[position], []))
    }
    standing = {slice_ids[position] for position in wanted.keys() - anew}
    ended = Allocation.objects.filter(slice_id__in=stored.keys() - standing, until_version=None)
    ended.filter(run=run).delete()
    ended.update(until_version=run.version)
    return anew


def _next_run(rewrite: _Rewrite, policy: Policy | None) -> tuple[AllocationRun, Policy]:
    """The run to write to: the old one if its session has only gone on, else the next version under the same policy."""
    old = rewrite.old_run
    rule = from_document(document=old.policy) if old else policy or Policy()
    if old and rewrite.change.extends:
        old.revision += 1
        old.save(update_fields=["revision"])
        return old, rule
    return next_version(session_id=rewrite.row.pk, policy=rule), rule


def reallocate(*, session: Session, policy: Policy, reallocation_id: int | None = None) -> AllocationRun:
    """Write a new current run of the session's current slices under this policy: what it decides otherwise."""
    rows = SliceRow.objects.filter(session=session, is_current=True).order_by("started_at")
    stored = [slice_of(row) for row in rows.values_list(*SLICE_COLUMNS).iterator(chunk_size=_BATCH)]
    run = next_version(session_id=session.pk, policy=policy, reallocation_id=reallocation_id)
    shares = allocate(slices=[piece for _, piece in stored], policy=policy)
    ids = {position: id for position, (id, _) in enumerate(stored)}
    anew = _decided_anew(run, ids, shares)
    allocations = (_allocation(run, ids, share) for share in shares if share.position in anew)
    Allocation.objects.bulk_create(allocations, batch_size=_BATCH)
    enqueue_on_commit("billing.collect_usage", allocation_run_id=run.pk)
    return run


def _allocation(run: AllocationRun, slice_ids: Mapping[int, int], share: Share) -> Allocation:
    return Allocation(
        run=run,
        slice_id=slice_ids[share.position],
        account_id=share.account,
        interaction_id=share.interaction,
        kind=str(share.kind),
        ms=share.units,
    )


def next_version(*, session_id: int, policy: Policy, reallocation_id: int | None = None) -> AllocationRun:
    """Add the next allocation run of a session and make it the current one."""
    runs = AllocationRun.objects.filter(session_id=session_id)
    runs.filter(is_current=True).update(is_current=False)
    latest = runs.order_by("-version").values_list("version", flat=True).first() or 0
    return AllocationRun.objects.create(
        session_id=session_id,
        version=latest + 1,
        policy=to_document(policy=policy),
        reallocation_id=reallocation_id,
    )


def silence_before(*, operator_id: int, instant: datetime) -> datetime:
    """The first event after the last long silence before the instant: no session reaches across it.

    Looks back a little first: most people sleep every night, and what a late event costs must not depend on the past.
    """
    for look_back, is_enough in ((_NEAR, False), (_LOOK_BACK, True)):
        edge = _edge(
            """
            SELECT at FROM (
                SELECT at, lag(at) OVER (ORDER BY at) AS before FROM worktime_operatorevent
                WHERE operator_id = %s AND at <= %s AND at >= %s
            ) AS e WHERE at - before >= %s OR (before IS NULL AND %s) ORDER BY at DESC LIMIT 1
            """,
            [operator_id, instant, instant - look_back, timedelta(milliseconds=SILENCE), is_enough],
        )
        if edge is not None:
            return edge
    return instant


def silence_after(*, operator_id: int, instant: datetime) -> datetime | None:
    """The first event after the next long silence, or None if there is none."""
    return _edge(
        """
        SELECT at FROM (
            SELECT at, lag(at) OVER (ORDER BY at) AS before FROM worktime_operatorevent
            WHERE operator_id = %s AND at >= %s AND at <= %s
        ) AS e WHERE at - before >= %s ORDER BY at LIMIT 1
        """,
        [operator_id, instant, instant + _LOOK_BACK, timedelta(milliseconds=SILENCE)],
    )


def _edge(query: str, values: Sequence[Any]) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return row[0] if row else None
