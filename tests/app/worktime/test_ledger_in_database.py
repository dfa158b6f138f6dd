"""Recorded events become sessions, slices and allocations, and stay in step with them."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from contactcenter.kernel.errors import Invalid
from contactcenter.kernel.models import AuditEntry
from contactcenter.worktime import queries
from contactcenter.worktime.actions import derive_behind, derive_operator, record_events
from contactcenter.worktime.allocation import IdleKind, Policy
from contactcenter.worktime.events import EventInput
from contactcenter.worktime.models import (
    Allocation,
    AllocationRun,
    IdlePolicy,
    OperatorEvent,
    Session,
    Slice,
    UnderivedStretch,
)
from contactcenter.worktime.rewriting import reallocate
from tests.app.factories import make_operator, make_user
from tests.app.worktime.golden import GOLDEN, START, E, at, buckets, event, golden

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(accounts):
    return make_operator(*accounts)


def commit(change: Callable[[], object]) -> None:
    """Touch the current run after the change and have the deferred constraints checked, as a commit does."""
    with transaction.atomic(), connection.cursor() as cursor:
        change()
        AllocationRun.objects.get().save()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def ledger() -> list[tuple[Any, ...]]:
    """Everything that the current ledger says, without ids."""
    slices = Slice.objects.filter(is_current=True).order_by("operator_id", "started_at")
    said = list(slices.values_list("session__started_at", "session__ended_at", "started_at", "ended_at", "kind"))
    shares = Allocation.objects.filter(until_version=None).order_by("slice__started_at", "account_id")
    return said + list(shares.values_list("slice__started_at", "account_id", "interaction_id", "kind", "ms"))


def test_golden_session_sums_to_the_millisecond(accounts, operator):
    assert record_events(operator_id=operator.pk, events=golden(*accounts)) == 24
    assert derive_operator(operator_id=operator.pk, at=at(9000))
    session = Session.objects.get()
    assert (session.started_at, session.ended_at, session.close_rule) == (at(0), at(3600), "ended")
    assert buckets(session) == GOLDEN
    assert Slice.objects.aggregate(ms=Sum("ms"))["ms"] == 3_600_000


def test_recording_again_changes_nothing(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    rows = (Slice.objects.values_list("pk"), AllocationRun.objects.values_list("pk", "revision"))
    before = (ledger(), *(list(row.all()) for row in rows))
    assert record_events(operator_id=operator.pk, events=golden(*accounts)) == 0
    assert not UnderivedStretch.objects.exists()
    assert derive_operator(operator_id=operator.pk, at=at(99_000))
    assert before == (ledger(), *(list(row.all()) for row in rows))


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_gives_the_same_ledger(accounts, operator, seed):
    random = Random(seed)
    events = golden(*accounts)
    random.shuffle(events)
    while events:
        size = random.randint(1, 9)
        record_events(operator_id=operator.pk, events=events[:size])
        events = events[size:]
        derive_operator(operator_id=operator.pk, at=at(9000))
    live = Session.objects.exclude(close_rule="void").get()
    assert (live.started_at, live.ended_at) == (at(0), at(3600))
    assert buckets(live) == GOLDEN
    assert Slice.objects.filter(is_current=True).aggregate(ms=Sum("ms"))["ms"] == 3_600_000


def test_running_session_is_carried_forward_in_the_same_run(accounts, operator):
    a = accounts[0]
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED), event(10, E.CALL_TALK_STARTED, 1, a)])
    derive_operator(operator_id=operator.pk, at=at(20))
    idle = Slice.objects.get(kind="idle").pk
    derive_operator(operator_id=operator.pk, at=at(50))
    session = Session.objects.get()
    assert (session.ended_at, session.derived_until) == (None, at(50))
    assert list(Slice.objects.order_by("started_at").values_list("kind", "ms")) == [("idle", 10_000), ("talk", 40_000)]
    assert Slice.objects.get(kind="idle").pk == idle
    run = AllocationRun.objects.get()
    assert (run.version, run.revision) == (1, 2)
    assert buckets(session) == {("unallocated", "idle"): 10_000, ("A", "talk"): 40_000}


def test_growing_slice_is_not_settled_time(accounts, operator):
    a = accounts[0]
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED), event(10, E.CALL_TALK_STARTED, 1, a)])
    derive_operator(operator_id=operator.pk, at=at(50))
    assert queries.interaction_time(interaction_ids=[1]) == {}
    record_events(operator_id=operator.pk, events=[event(60, E.CALL_ENDED, 1, a)])
    derive_operator(operator_id=operator.pk, at=at(70))
    time = queries.interaction_time(interaction_ids=[1, 2])
    assert list(time) == [1]
    assert (time[1].talk_ms, time[1].hold_ms, time[1].first_started_at) == (50_000, 0, at(10))
    [(slice_id, allocation_id, kind, ms)] = time[1].slices
    assert (kind, ms) == ("talk", 50_000)
    assert Allocation.objects.get(pk=allocation_id).slice_id == slice_id


def test_late_event_supersedes_and_adds_a_version_but_edits_nothing(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    first_shares = Allocation.objects.filter(run__version=1).order_by("pk").values_list("pk", "slice_id", "ms")
    first = list(first_shares)
    old = {row.pk: (row.started_at, row.ended_at, row.kind, row.ms) for row in Slice.objects.all()}
    late = [event(2000, E.CALL_TALK_STARTED, 9, accounts[2]), event(2060, E.CALL_ENDED, 9, accounts[2])]
    record_events(operator_id=operator.pk, events=late)
    derive_operator(operator_id=operator.pk, at=at(99_000))
    session = Session.objects.get()
    assert buckets(session) == GOLDEN | {("C", "talk"): 180_000, ("unallocated", "idle"): 1_790_000}
    assert list(AllocationRun.objects.order_by("version").values_list("version", "is_current")) == [
        (1, False),
        (2, True),
    ]
    assert list(first_shares.all()) == first
    assert {row.pk: (row.started_at, row.ended_at, row.kind, row.ms) for row in Slice.objects.filter(pk__in=old)} == old
    assert Slice.objects.filter(is_current=False).values_list("kind", "ms").get() == ("idle", 600_000)


def test_correction_needs_author_and_reason_and_takes_effect(accounts, operator):
    supervisor = make_user("supervisor")
    record_events(operator_id=operator.pk, events=golden(*accounts))
    fields: dict[str, Any] = {"key": "fix 1", "data": {"voids": "120 call.ended 1"}}
    for missing in ({"author_id": None, "reason": "x"}, {"author_id": supervisor.pk, "reason": ""}):
        with pytest.raises(Invalid):
            record_events(operator_id=operator.pk, events=[event(9000, E.CORRECTION, **missing, **fields)])
    assert OperatorEvent.objects.count() == 24
    fix = event(9000, E.CORRECTION, author_id=supervisor.pk, reason="hung up at 1:40", **fields)
    right = event(100, E.CALL_ENDED, 1, accounts[0], author_id=supervisor.pk, reason="hung up at 1:40")
    assert record_events(operator_id=operator.pk, events=[fix, right]) == 2
    derive_operator(operator_id=operator.pk, at=at(9100))
    assert buckets(Session.objects.get()) == GOLDEN | {
        ("A", "talk"): 100_000,
        ("unallocated", "idle"): 1_870_000,
    }
    assert OperatorEvent.objects.get(source_key="fix 1").at == at(120)


def test_correction_of_an_unknown_event_is_refused(operator):
    fix = event(0, E.CORRECTION, author_id=make_user().pk, reason="x", data={"voids": "nothing"})
    with pytest.raises(Invalid, match="no event nothing") as refusal:
        record_events(operator_id=operator.pk, events=[fix])
    assert refusal.value.field == "data.voids"
    assert not OperatorEvent.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"account_id": None}, "account_id"),
        ({"interaction_id": None}, "subject"),
        ({"at": datetime(2026, 1, 1)}, "at"),  # noqa: DTZ001 - the naive instant is the point
        ({"source_key": ""}, "source_key"),
        ({"source_key": "x" * 201}, "source_key"),
    ],
)
def test_event_that_lacks_a_field_is_refused_and_nothing_is_stored(accounts, operator, fields, field):
    good = {
        "kind": E.CALL_TALK_STARTED,
        "at": START,
        "source": "test",
        "source_key": "k",
        "account_id": accounts[0].pk,
        "interaction_id": 1,
    }
    with pytest.raises(Invalid) as refusal:
        record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED), EventInput(**good | fields)])
    assert refusal.value.field == field
    assert not OperatorEvent.objects.exists()
    assert not UnderivedStretch.objects.exists()


def test_work_without_a_login_is_billable_all_the_same(accounts, operator):
    calls = [event(0, E.CALL_TALK_STARTED, 1, accounts[0]), event(90, E.CALL_ENDED, 1, accounts[0])]
    record_events(operator_id=operator.pk, events=calls)
    derive_operator(operator_id=operator.pk, at=at(9000))
    session = Session.objects.get()
    assert (session.started_at, session.ended_at, session.close_rule) == (at(0), at(90), "work")
    assert queries.interaction_time(interaction_ids=[1])[1].talk_ms == 90_000


def test_login_that_arrives_late_takes_the_sessions_of_work_in(accounts, operator):
    a = accounts[0]
    for index in range(3):
        calls = [
            event(index * 100 + 10, E.CALL_TALK_STARTED, index, a, key=f"s{index}", subject=f"c{index}"),
            event(index * 100 + 60, E.CALL_ENDED, index, a, key=f"e{index}", subject=f"c{index}"),
        ]
        record_events(operator_id=operator.pk, events=calls)
    derive_operator(operator_id=operator.pk, at=at(900))
    assert Session.objects.count() == 3
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED), event(300, E.SESSION_ENDED)])
    derive_operator(operator_id=operator.pk, at=at(900))
    live = Session.objects.exclude(close_rule="void").get()
    assert (live.started_at, live.ended_at) == (at(0), at(300))
    assert buckets(live) == {("A", "talk"): 150_000, ("unallocated", "idle"): 150_000}
    assert Slice.objects.filter(is_current=True).exclude(session=live).count() == 0
    assert AllocationRun.objects.filter(is_current=True).exclude(session=live).count() == 0


def test_days_are_sessions_of_their_own(accounts, operator):
    day = 86_400
    for start in (0, day, 2 * day):
        record_events(
            operator_id=operator.pk,
            events=[event(start, E.SESSION_STARTED), event(start + 3600, E.SESSION_ENDED)],
        )
    derive_operator(operator_id=operator.pk, at=at(3 * day))
    record_events(operator_id=operator.pk, events=[event(day + 100, E.PRESENCE_BREAK)])
    derive_operator(operator_id=operator.pk, at=at(3 * day))
    assert Session.objects.count() == 3
    assert list(
        AllocationRun.objects.filter(is_current=True).order_by("session__started_at").values_list("version", flat=True)
    ) == [1, 2, 1]


def test_session_closed_by_rule_is_audited_with_its_rule_and_instant_and_when_that_is_lifted(accounts, operator):
    hour = 3600
    events = [
        event(0, E.SESSION_STARTED),
        event(600, E.PRESENCE_BREAK),
        # five hours without a word, and another log-in
        event(600 + 5 * hour, E.SESSION_STARTED),
        event(700 + 5 * hour, E.PRESENCE_AVAILABLE),
    ]
    record_events(operator_id=operator.pk, events=events)

    def told() -> list[tuple[Any, ...]]:
        rows = AuditEntry.objects.filter(action__startswith="worktime.session").order_by("pk")
        return [(r.action, r.actor_id, r.target_id, r.data["rule"], r.data["ended_at"]) for r in rows]

    derive_operator(operator_id=operator.pk, at=at(6 * hour))
    first, second = Session.objects.order_by("started_at").values_list("pk", flat=True)
    lapsed = ("worktime.session.closed_by_rule", None, first, "lapse", at(600).isoformat())
    assert told() == [lapsed]
    # sixteen hours later the second one is given up, too; deriving again tells nothing twice
    for hours in (22, 23):
        derive_operator(operator_id=operator.pk, at=at(hours * hour))
    silent = ("worktime.session.closed_by_rule", None, second, "silence", at(700 + 5 * hour).isoformat())
    assert told() == [lapsed, silent]
    # the lost log-out is told after all
    record_events(operator_id=operator.pk, events=[event(900, E.SESSION_ENDED)])
    derive_operator(operator_id=operator.pk, at=at(23 * hour))
    assert told()[2:] == [("worktime.session.rule_lifted", None, first, "lapse", at(600).isoformat())]
    assert Session.objects.get(pk=first).ended_at == at(900)
    assert AuditEntry.objects.get(target_id=second).data["operator_id"] == operator.pk


@pytest.mark.parametrize(
    ("kind", "settings", "idle"),
    [
        ("home", {}, {"B": 1_850_000}),
        ("dedicated", {}, {"B": 1_850_000}),
        ("equal", {}, {"A": 616_666, "B": 616_667, "C": 616_667}),
        ("percent", {"A": "62.5", "C": "37.5"}, {"A": 1_156_250, "C": 693_750}),
        ("percent", {}, {"unallocated": 1_850_000}),
    ],
)
def test_idle_time_follows_the_operators_policy(accounts, operator, kind, settings, idle):
    a, b, c = accounts
    ids = {"A": a.pk, "C": c.pk}
    operator.home_account = b
    operator.save()
    IdlePolicy.objects.create(kind="equal", settings={"account_ids": [a.pk]})
    percent = {"percent": {str(ids[name]): part for name, part in settings.items()}}
    IdlePolicy.objects.create(operator=operator, kind=kind, settings=percent if kind == "percent" else {})
    record_events(operator_id=operator.pk, events=golden(a, b, c))
    derive_operator(operator_id=operator.pk, at=at(9000))
    assert {name: ms for (name, k), ms in buckets(Session.objects.get()).items() if k == "idle"} == idle


def test_reallocation_adds_a_version_and_leaves_the_facts(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    slices = list(Slice.objects.values_list("pk", "ms", "is_current"))
    session = Session.objects.get()
    run = reallocate(session=session, policy=Policy(IdleKind.HOME, ((accounts[2].pk, 1),)))
    assert (run.version, run.is_current) == (2, True)
    assert buckets(session)["C", "idle"] == 1_850_000
    assert list(Slice.objects.values_list("pk", "ms", "is_current")) == slices
    derive_operator(operator_id=operator.pk, at=at(99_000))
    assert AllocationRun.objects.filter(is_current=True).get() == run


def test_sweep_finds_operators_behind_and_stale_sessions(accounts, operator):
    other = make_operator(accounts[0])
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED)])
    record_events(operator_id=other.pk, events=[event(0, E.SESSION_STARTED, key="other")])
    assert derive_behind(at=at(10)) == 2
    assert derive_behind(at=at(20)) == 0
    assert derive_behind(at=at(310)) == 0
    assert derive_behind(at=at(311)) == 2
    assert set(Session.objects.values_list("derived_until", flat=True)) == {at(311)}


def test_event_from_the_future_waits_for_its_time(accounts, operator):
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED), event(100, E.SESSION_ENDED)])
    assert not derive_operator(operator_id=operator.pk, at=at(50))
    assert Session.objects.get().ended_at is None
    assert derive_operator(operator_id=operator.pk, at=at(150))
    assert Session.objects.get().ended_at == at(100)


def test_database_refuses_overlapping_slices(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    session = Session.objects.get()
    with pytest.raises(IntegrityError, match="slice_no_overlap"), transaction.atomic():
        Slice.objects.create(session=session, operator=operator, started_at=at(5), ended_at=at(6), ms=1000, kind="idle")


def test_database_refuses_a_run_that_does_not_sum(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    with pytest.raises(IntegrityError, match="do not sum to it"):
        commit(Allocation.objects.filter(kind="wrap").delete)


def test_database_refuses_a_run_over_slices_with_a_gap(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    with pytest.raises(IntegrityError, match="leave 30000 ms out"):
        commit(Slice.objects.filter(kind="hold").delete)


def test_call_that_never_ends_is_given_up_and_comes_back_with_its_end(accounts, operator):
    record_events(operator_id=operator.pk, events=[event(0, E.CALL_TALK_STARTED, 1, accounts[0])])
    derive_operator(operator_id=operator.pk, at=at(3600))
    session = Session.objects.get()
    assert (session.ended_at, buckets(session)) == (None, {("A", "talk"): 3_600_000})
    derive_operator(operator_id=operator.pk, at=at(4 * 3600))
    session.refresh_from_db()
    assert (session.ended_at, session.close_rule) == (at(0), "void")
    assert not Slice.objects.filter(is_current=True).exists()
    assert not AllocationRun.objects.filter(is_current=True).exists()
    record_events(operator_id=operator.pk, events=[event(60, E.CALL_ENDED, 1, accounts[0])])
    derive_operator(operator_id=operator.pk, at=at(5 * 3600))
    session.refresh_from_db()
    assert (session.ended_at, session.close_rule) == (at(60), "work")
    assert buckets(session) == {("A", "talk"): 60_000}
