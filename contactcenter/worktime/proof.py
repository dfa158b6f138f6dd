"""Does the stored ledger say what its events say? Reads only."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contactcenter.operators.models import Operator
from contactcenter.worktime.allocation import allocate
from contactcenter.worktime.derivation import DerivedSession
from contactcenter.worktime.ledger import Slice
from contactcenter.worktime.models import AllocationRun, OperatorEvent, Session, UnderivedStretch
from contactcenter.worktime.models import Slice as SliceRow
from contactcenter.worktime.policies import from_document
from contactcenter.worktime.queries import allocations_of
from contactcenter.worktime.records import SLICE_COLUMNS, slice_of, to_instant, to_ms
from contactcenter.worktime.rewriting import VOID, silence_after, stretch

STUCK_AFTER = timedelta(minutes=10)
"""Events that have not been derived for so long are no longer under way."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs (session, slice, operator), its id, and how."""

    what: str
    id: int
    cause: str


def ledger_differences(*, at: datetime) -> Iterator[Difference]:
    """Yield where sessions, slices and current allocations are not what deriving them again gives.

    Goes through each operator's time from silence to silence, so that memory holds about a day of one operator.
    Stretches with events that wait to be derived are passed over, unless they have been waiting for STUCK_AFTER.
    """
    waiting: dict[int, list[UnderivedStretch]] = defaultdict(list)
    for row in UnderivedStretch.objects.order_by("pk"):
        waiting[row.operator_id].append(row)
    for operator_id in Operator.objects.order_by("pk").values_list("pk", flat=True):
        stretches = waiting[operator_id]
        if stuck := sum(row.events for row in stretches if row.last_at <= at and row.recorded_at < at - STUCK_AFTER):
            yield Difference("operator", operator_id, f"{stuck} recorded events are not in the ledger")
        else:
            yield from _operator_differences(operator_id, stretches, at)


def _operator_differences(operator_id: int, waiting: Sequence[UnderivedStretch], at: datetime) -> Iterator[Difference]:
    events = OperatorEvent.objects.filter(operator_id=operator_id).order_by("at")
    start = events.values_list("at", flat=True).first()
    stray = Session.objects.filter(operator_id=operator_id).exclude(close_rule=VOID)
    if start is not None:
        stray = stray.filter(started_at__lt=start)
    for session_id in stray.values_list("pk", flat=True):
        yield Difference("session", session_id, "no event tells of it")
    while start is not None:
        end = silence_after(operator_id=operator_id, instant=start)
        if not any(row.last_at >= start and (end is None or row.first_at < end) for row in waiting):
            yield from _stretch_differences(operator_id, start, end, at)
        start = end


def _stretch_differences(operator_id: int, start: datetime, end: datetime | None, at: datetime) -> Iterator[Difference]:
    rows = Session.objects.filter(operator_id=operator_id, started_at__gte=start).exclude(close_rule=VOID)
    if end is not None:
        rows = rows.filter(started_at__lt=end)
    stored = {to_ms(row.started_at): row for row in rows}
    reached = next((row.derived_until for row in stored.values() if row.ended_at is None), None)
    wanted = stretch(operator_id=operator_id, start=start, end=end, at=reached or at)
    for session in wanted:
        row = stored.pop(session.stay.start, None)
        if row is None:
            begun = to_instant(session.stay.start)
            yield Difference("operator", operator_id, f"the session that began at {begun:%Y-%m-%d %H:%M:%S} is missing")
        else:
            yield from _session_differences(row, session)
    for row in stored.values():
        yield Difference("session", row.pk, "the events do not give it")


def _session_differences(row: Session, wanted: DerivedSession) -> Iterator[Difference]:
    ended = None if wanted.stay.end is None else to_instant(wanted.stay.end)
    if row.ended_at != ended:
        yield Difference("session", row.pk, f"says it ended at {row.ended_at}, its events say {ended}")
        return
    current = SliceRow.objects.filter(session=row, is_current=True).order_by("started_at")
    stored = {piece: id for id, piece in (slice_of(columns) for columns in current.values_list(*SLICE_COLUMNS))}
    for piece in wanted.slices:
        if piece not in stored:
            begun = to_instant(piece.start)
            cause = f"its events give {piece.units} ms of {piece.kind} from {begun:%H:%M:%S.%f}, the slices do not"
            yield Difference("session", row.pk, cause)
    settled = set(wanted.slices)
    for piece, id in stored.items():
        if piece not in settled:
            yield Difference("slice", id, f"{piece.units} ms of {piece.kind} that its events do not give")
    if stored.keys() == settled:
        yield from _allocation_differences(row, wanted, stored)


def _allocation_differences(row: Session, wanted: DerivedSession, ids: dict[Slice, int]) -> Iterator[Difference]:
    run = AllocationRun.objects.filter(session=row, is_current=True).first()
    if run is None:
        if wanted.slices:
            yield Difference("session", row.pk, "has no current allocation run")
        return
    shares = allocate(slices=wanted.slices, policy=from_document(document=run.policy))
    expected = sorted(
        (ids[wanted.slices[share.position]], share.account or 0, share.interaction or 0, share.units)
        for share in shares
    )
    allocations = allocations_of(run=run).values_list("slice_id", "account_id", "interaction_id", "ms")
    stored = sorted(
        (slice_id, account or 0, interaction or 0, ms) for slice_id, account, interaction, ms in allocations
    )
    for slice_id in sorted({line[0] for line in set(expected).symmetric_difference(stored)}):
        yield Difference(
            "slice", slice_id, f"run {run.pk} does not allocate it as its policy {run.policy['idle']} says"
        )
