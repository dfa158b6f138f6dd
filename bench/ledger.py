"""The ledger of operators' time: events in, and a late event at two sizes of the store.

1. Events recorded through record_events (checked, idempotent, in one transaction a burst) beside COPY of the same rows.
2. One late event, recorded and derived, with few and with many stored slices: statements, blocks touched, milliseconds.
   It concerns its session only, so none of them may grow with the store.
"""

from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.bulk import blocks_touched
from bench.ledger_rows import CYCLE_EVENTS, fill_store, make_events, make_people
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import Allocation, OperatorEvent, Session, Slice

DAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
BIG = 50_000
"""A table of fewer rows is rightly read as a whole."""
LATER = DAY + timedelta(days=60)
COLUMNS = (
    "operator_id, at, kind, account_id, ticket_id, interaction_id, channel, reason, source, source_key, author_id, "
    "data, recorded_at"
)


def run(*, quick: bool) -> dict[str, object]:
    """Return both measurements; fails if a late event goes through a whole big table."""
    return {
        "events_in": _events_in(rounds=3 if quick else 7, burst=200, bursts=5 if quick else 20),
        "late_event": _late_events(sizes=(10_000, 200_000) if quick else (10_000, 10_000_000)),
    }


def _events_in(*, rounds: int, burst: int, bursts: int) -> dict[str, object]:
    operators, accounts = make_people(name="in", operators=bursts, accounts=5)
    recorded, single, copied = [], [], []
    for number in range(rounds):
        batches = [_burst(operator, accounts, at=DAY + timedelta(days=number), count=burst) for operator in operators]
        began = perf_counter()
        for operator, events in zip(operators, batches, strict=True):
            record_events(operator_id=operator, events=events)
        recorded.append(perf_counter() - began)
        copied.append(_copy(number, rows=burst * bursts))
        ones = _burst(operators[0], accounts, at=DAY + timedelta(days=100 + number), count=burst)
        began = perf_counter()
        for event in ones:
            record_events(operator_id=operators[0], events=[event])
        single.append(perf_counter() - began)
    rows = burst * bursts
    return {
        "rows": rows,
        "per_second_in_bursts": round(rows / median(recorded)),
        "per_second_one_by_one": round(burst / median(single)),
        "copy_per_second": round(rows / median(copied)),
        "times_copy_in_bursts": round(median(recorded) / median(copied), 1),
    }


def _burst(operator: int, accounts: list[int], *, at: datetime, count: int) -> list[EventInput]:
    return [
        EventInput(
            kind=EventKind.CALL_TALK_STARTED if number % 2 == 0 else EventKind.CALL_ENDED,
            at=at + timedelta(seconds=30 * number),
            source="bench",
            source_key=f"in {operator} {at:%Y%m%d} {number}",
            account_id=accounts[number // 2 % len(accounts)],
            channel="voice",
            subject=f"i{number // 2}",
        )
        for number in range(count)
    ]


def _copy(number: int, *, rows: int) -> float:
    """COPY the rows of this round once more, under other keys, into the same table with all its indexes."""
    day = DAY + timedelta(days=number)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS.replace('source_key', 'source_key || chr(99)').replace('data', 'data::text')} "  # noqa: S608
            "FROM worktime_operatorevent WHERE at >= %s AND at < %s AND source = 'bench' AND source_key LIKE 'in %%'",
            [day, day + timedelta(days=1)],
        )
        told = cursor.fetchall()
        if len(told) != rows:
            raise AssertionError(f"{len(told)} of {rows} events were recorded")
        began = perf_counter()
        with cursor.copy(f"COPY worktime_operatorevent ({COLUMNS}) FROM STDIN") as copy:
            for row in told:
                copy.write_row(row)
        return perf_counter() - began


def _late_events(*, sizes: tuple[int, int]) -> dict[str, object]:
    """A late event in a working day of CYCLE_EVENTS * 50 events, beside so many slices, most of the same person."""
    working, accounts = make_people(name="late", operators=len(sizes), accounts=5)
    found = {}
    stored = 0
    for operator, size in zip(working, sizes, strict=True):
        fill_store(operator=operator, account=accounts[0], slices=size - stored)
        stored = size
        make_events(operators=[operator], accounts=accounts, days=[DAY], cycles=50)
        derive_operator(operator_id=operator, at=LATER)
        found[f"{size}_slices"] = _late_event(operator)
    return {"events_of_the_day": CYCLE_EVENTS * 50 + 2, **found}


def _late_event(operator: int, *, rounds: int = 15) -> dict[str, object]:
    """Statements, blocks and time of one late break of a second, told long afterwards."""
    times, statements, blocks = [], [], []
    for number in range(rounds):
        at = DAY + timedelta(seconds=60 * number + 58)
        events = [
            EventInput(kind=kind, at=moment, source="bench", source_key=f"late {operator} {number} {kind}")
            for kind, moment in (
                (EventKind.PRESENCE_BREAK, at),
                (EventKind.PRESENCE_AVAILABLE, at + timedelta(seconds=1)),
            )
        ]
        touched = blocks_touched(prefix="worktime_")
        began = perf_counter()
        with CaptureQueriesContext(connection) as captured:
            record_events(operator_id=operator, events=events)
            derive_operator(operator_id=operator, at=LATER)
        times.append(perf_counter() - began)
        statements.append(len(captured))
        blocks.append(blocks_touched(prefix="worktime_") - touched)
    if OperatorEvent.objects.filter(source_key__startswith=f"late {operator} ").count() != 2 * rounds:
        raise AssertionError("the late events were not recorded")
    plans = _sequential(operator)
    if plans:
        raise AssertionError(f"a late event reads whole tables: {plans}")
    return {
        "ms": round(median(times) * 1000, 1),
        "statements": median(statements),
        "blocks": median(blocks),
        "sequential_scans": len(plans),
    }


def _sequential(operator: int) -> list[str]:
    """The reads of a derivation whose plan goes through a whole big table."""
    session = Session.objects.filter(operator_id=operator).latest("started_at")
    asked = {
        "slices": Slice.objects.filter(session_id=session.pk, is_current=True),
        "allocations": Allocation.objects.filter(run__session_id=session.pk, until_version=None),
        "sessions": Session.objects.filter(operator_id=operator, started_at__gte=DAY),
        "events": OperatorEvent.objects.filter(operator_id=operator, at__gte=DAY),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE starts_with(relname, 'worktime_') AND reltuples > %s", [BIG])
        big = [f"Seq Scan on {name} " for (name,) in cursor.fetchall()]
    return [name for name, rows in asked.items() if any(text in rows.explain() for text in big)]
