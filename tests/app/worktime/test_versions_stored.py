"""A further version of an allocation stores what it decides otherwise; every version can still be read whole."""

from random import Random

import pytest
from django.db import transaction

from contactcenter.dashboards.verification.time_checks import allocations_sum_to_slices, versions_follow
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.models import Allocation, AllocationRun, IdlePolicy, Session, Slice
from contactcenter.worktime.policies import policy_under
from contactcenter.worktime.proof import ledger_differences
from contactcenter.worktime.queries import allocations_of
from contactcenter.worktime.rewriting import reallocate
from tests.app.factories import make_operator
from tests.app.worktime.golden import GOLDEN, E, at, buckets, event, golden

pytestmark = pytest.mark.django_db
NOW = at(99_000)


@pytest.fixture
def operator(accounts):
    return make_operator(*accounts)


def said(run: AllocationRun) -> list[tuple]:
    """What a version says of the slices that are still there: a piece that grew is replaced while a session runs."""
    rows = allocations_of(run=run).values_list("slice_id", "account_id", "interaction_id", "kind", "ms")
    return sorted(rows, key=str)


def short_call(account, *, start: int, number: int) -> list:
    return [
        event(start, E.CALL_TALK_STARTED, 100 + number, account),
        event(start + 7, E.CALL_ENDED, 100 + number, account),
    ]


def test_late_call_writes_the_three_pieces_of_the_idle_time_it_cuts(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    first = AllocationRun.objects.get()
    whole = said(first)
    record_events(operator_id=operator.pk, events=short_call(accounts[2], start=2000, number=1))
    derive_operator(operator_id=operator.pk, at=NOW)
    second = AllocationRun.objects.get(is_current=True)
    # idle from 1800 to 2400: 200 s, the call of 7 s, 393 s
    own = Allocation.objects.filter(run=second).order_by("slice__started_at").values_list("kind", "ms", "until_version")
    assert list(own) == [("idle", 200_000, None), ("talk", 7_000, None), ("idle", 393_000, None)]
    ended = Allocation.objects.exclude(until_version=None).values_list("run", "kind", "ms", "until_version")
    assert list(ended) == [(first.pk, "idle", 600_000, 2)]
    assert (said(first), sum(row[4] for row in said(second))) == (whole, 3_600_000)
    assert buckets(Session.objects.get()) == GOLDEN | {("C", "talk"): 127_000, ("unallocated", "idle"): 1_843_000}


def test_another_policy_that_decides_the_same_writes_no_allocation(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    whole = said(AllocationRun.objects.get())
    # both chats are of weight one: the same parts
    policy = policy_under(operator=operator, kind="none", open_kind="weighted", settings={})
    run = reallocate(session=Session.objects.get(), policy=policy)
    assert (run.version, said(run)) == (2, whole)
    assert not Allocation.objects.filter(run=run).exists()
    assert list(ledger_differences(at=NOW)) == []


def test_void_session_has_nothing_in_force_and_its_version_stays(accounts, operator):
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED), event(600, E.SESSION_ENDED)])
    record_events(
        operator_id=operator.pk,
        events=[
            event(900, E.SESSION_STARTED),
            *short_call(accounts[0], start=950, number=1),
            event(990, E.SESSION_ENDED),
        ],
    )
    derive_operator(operator_id=operator.pk, at=at(9000))
    later = AllocationRun.objects.get(session__started_at=at(900))
    whole = said(later)
    # the first log-out is taken back: one session from 0 to 990
    ended = event(600, E.SESSION_ENDED).source_key
    author = operator.user_id
    fix = event(600, E.CORRECTION, key="fix", author_id=author, reason="stayed", data={"voids": ended})
    begun = event(900, E.SESSION_STARTED).source_key
    again = event(900, E.CORRECTION, key="fix 2", author_id=author, reason="stayed", data={"voids": begun})
    record_events(operator_id=operator.pk, events=[fix, again])
    derive_operator(operator_id=operator.pk, at=NOW)
    void = Session.objects.get(close_rule="void")
    assert void.pk == later.session_id
    assert not Allocation.objects.filter(run__session=void, until_version=None).exists()
    assert said(later) == whole
    assert list(ledger_differences(at=NOW)) == []


@pytest.mark.parametrize("kind", ["none", "leads_to", "proportional", "equal"])
@pytest.mark.parametrize("seed", range(2))
def test_every_version_reads_as_it_was_when_it_was_in_force(accounts, operator, kind, seed):
    random = Random(seed)
    IdlePolicy.objects.create(operator=operator, kind=kind, open_kind="weighted", settings={"weights": {}})
    events = golden(*accounts)
    late = [events.pop(random.randrange(1, len(events) - 1)) for _ in range(3)]
    reached, when = 0, [700, 1500, 2500, 9000]
    told: dict[int, list[tuple]] = {}
    for step, now in enumerate(when):
        record_events(
            operator_id=operator.pk, events=[one for one in events if reached <= (one.at - at(0)).seconds < now]
        )
        reached = now
        derive_operator(operator_id=operator.pk, at=at(now))
        _note(told)
        call = short_call(accounts[step % 3], start=random.randrange(10, now - 20) if now < 3600 else 2200, number=step)
        record_events(operator_id=operator.pk, events=[*call, *late[step : step + 1]])
        derive_operator(operator_id=operator.pk, at=at(now))
        _note(told)
    session = Session.objects.get(close_rule="ended")
    policy = policy_under(operator=operator, kind="leads_to", open_kind="last_focused", settings={})
    reallocate(session=session, policy=policy)
    _note(told)
    there = set(Slice.objects.values_list("pk", flat=True))
    assert len(told) > 3
    for run in AllocationRun.objects.all():
        assert said(run) == [row for row in told[run.pk] if row[0] in there], run
    checks = (allocations_sum_to_slices(), versions_follow())
    assert [(check.name, check.examples) for check in checks if check.differences] == []
    assert list(ledger_differences(at=NOW)) == []


def _note(told: dict[int, list[tuple]]) -> None:
    for run in AllocationRun.objects.filter(is_current=True):
        told[run.pk] = said(run)


def test_allocation_that_outlives_its_successor_is_named(accounts, operator):
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=at(9000))
    session = Session.objects.get()
    policy = policy_under(operator=operator, kind="home", open_kind="equal", settings={"account_id": accounts[0].pk})
    reallocate(session=session, policy=policy)
    assert allocations_sum_to_slices().differences == 0
    one = Allocation.objects.filter(until_version=2).earliest("pk")
    with transaction.atomic():
        Allocation.objects.filter(pk=one.pk).update(until_version=None)
        named = f"slice {one.slice_id}: what version 1 allocates still stands in version 2, which allocates it anew"
        assert named in allocations_sum_to_slices().examples
        transaction.set_rollback(True)
