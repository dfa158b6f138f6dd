"""Every policy in the database: as a session grows, under late events, and proven again."""

from random import Random

import pytest
from django.db import IntegrityError, transaction

from contactcenter.routing.ledger_events import presence
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.models import Allocation, AllocationRun, BreakReason, IdlePolicy, OperatorEvent, Session
from contactcenter.worktime.proof import ledger_differences
from tests.app.factories import make_operator
from tests.app.worktime.golden import E, at, buckets, event, golden

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(accounts):
    return make_operator(*accounts)


def idle_and_open(session: Session) -> dict[tuple[str, str], int]:
    return {key: ms for key, ms in buckets(session).items() if key[1] in ("idle", "open")}


# Hand calculation of the golden session, which runs from 9:00 to 10:00 UTC (one hour of the clock).
LEADS_TO = {("A", "idle"): 450_000, ("B", "idle"): 200_000, ("unallocated", "idle"): 1_200_000}
# handled A 402.5 s, B 600.5 s + 12 s of offer that does not count, C 135 s, together 1138 s:
# 1,850,000 * 402,500 / 1,138,000 = 654,327.77; * 600,500 = 976,208.26; * 135,000 = 219,463.97
PROPORTIONAL = {("A", "idle"): 654_328, ("B", "idle"): 976_208, ("C", "idle"): 219_464}
EQUAL_OPEN = {("A", "open"): 252_500, ("B", "open"): 252_500}


@pytest.mark.parametrize(
    ("kind", "open_kind", "settings", "expected"),
    [
        ("leads_to", "equal", {}, LEADS_TO | EQUAL_OPEN),
        ("proportional", "equal", {}, PROPORTIONAL | EQUAL_OPEN),
        (
            "none",
            "last_focused",
            {},
            {("unallocated", "idle"): 1_850_000, ("A", "open"): 150_000, ("B", "open"): 355_000},
        ),
        (
            "none",
            "weighted",
            {"A": 3},
            {("unallocated", "idle"): 1_850_000, ("A", "open"): 328_750, ("B", "open"): 176_250},
        ),
        (
            "leads_to",
            "as_idle",
            {},
            LEADS_TO | {("B", "open"): 465_000, ("C", "open"): 40_000},
        ),
    ],
)
def test_policy_gives_the_same_however_the_session_grew(accounts, operator, kind, open_kind, settings, expected):
    ids = {account.name: account.pk for account in accounts}
    given = {"open_weights": {str(ids[name]): part for name, part in settings.items()}}
    IdlePolicy.objects.create(operator=operator, kind=kind, open_kind=open_kind, settings=given)
    for told in golden(*accounts):
        record_events(operator_id=operator.pk, events=[told])
        derive_operator(operator_id=operator.pk, at=told.at)
        assert list(ledger_differences(at=told.at)) == []
    session = Session.objects.get()
    assert idle_and_open(session) == expected
    assert AllocationRun.objects.get().version == 1


@pytest.mark.parametrize("kind", ["leads_to", "proportional"])
def test_late_event_under_a_policy_that_looks_ahead_gives_what_the_events_in_order_give(accounts, operator, kind):
    IdlePolicy.objects.create(operator=operator, kind=kind)
    events = golden(*accounts)
    Random(7).shuffle(events)
    for told in events:
        record_events(operator_id=operator.pk, events=[told])
        derive_operator(operator_id=operator.pk, at=at(9000))
    session = Session.objects.exclude(close_rule="void").get()
    wanted = LEADS_TO if kind == "leads_to" else PROPORTIONAL
    assert idle_and_open(session) == wanted | EQUAL_OPEN
    assert list(ledger_differences(at=at(9000))) == []


def test_growing_session_writes_only_the_idle_time_that_moved(accounts, operator):
    IdlePolicy.objects.create(operator=operator, kind="leads_to")
    a = accounts[0]
    events = [event(0, E.SESSION_STARTED)]
    for number in range(5):
        events += [event(100 * number + 50, E.CALL_TALK_STARTED, number + 1, a)]
        events += [event(100 * number + 80, E.CALL_ENDED, number + 1, a)]
    record_events(operator_id=operator.pk, events=events)
    derive_operator(operator_id=operator.pk, at=at(500))
    before = set(Allocation.objects.values_list("pk", "slice_id", "account_id", "ms"))
    record_events(operator_id=operator.pk, events=[event(520, E.CALL_TALK_STARTED, 9, a)])
    derive_operator(operator_id=operator.pk, at=at(530))
    after = set(Allocation.objects.values_list("pk", "slice_id", "account_id", "ms"))
    assert len(before - after) == 1  # the idle time that grew and now leads to A
    assert {(account, ms) for _, _, account, ms in after - before} == {(a.pk, 40_000), (a.pk, 10_000)}


def test_break_is_for_the_account_that_its_reason_names(accounts, operator):
    BreakReason.objects.update_or_create(reason="training", defaults={"account": accounts[1]})
    presence(operator_id=operator.pk, at=at(0), kinds=[E.SESSION_STARTED, E.PRESENCE_BREAK], reason="training")
    presence(operator_id=operator.pk, at=at(600), kinds=[E.PRESENCE_BREAK], reason="lunch")
    presence(operator_id=operator.pk, at=at(900), kinds=[E.SESSION_ENDED])
    derive_operator(operator_id=operator.pk, at=at(1000))
    assert buckets(Session.objects.get()) == {("B", "break"): 600_000, ("unallocated", "break"): 300_000}
    assert OperatorEvent.objects.get(kind="session.started").account_id is None


def test_reason_names_one_account(accounts):
    BreakReason.objects.create(reason="Audit", account=accounts[1])
    with pytest.raises(IntegrityError), transaction.atomic():
        BreakReason.objects.create(reason="audit", account=accounts[0])
