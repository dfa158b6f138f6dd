"""Corrections are proposed by one person, approved by another, and become new events; nothing is edited."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from contactcenter.kernel.errors import Conflict, Invalid, PermissionDenied
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.correction_actions import approve_correction, propose_correction, reject_correction
from contactcenter.worktime.correction_queries import correction_effect
from contactcenter.worktime.models import AllocationRun, Contradiction, OperatorEvent, Session, TimeCorrection
from contactcenter.worktime.proof import ledger_differences
from tests.app.factories import make_operator, make_user
from tests.app.worktime.golden import GOLDEN, E, at, buckets, event, golden

pytestmark = pytest.mark.django_db
NOW = at(9000)


@pytest.fixture(autouse=True)
def every_account(db):
    with open_every_account(reason="supervisors correct"):
        yield


@pytest.fixture
def operator(accounts):
    operator = make_operator(*accounts)
    record_events(operator_id=operator.pk, events=golden(*accounts))
    derive_operator(operator_id=operator.pk, at=NOW)
    return operator


@pytest.fixture
def author():
    return make_user("supervisor")


def assign(start: float, end: float, kind: str, account=None, **fields) -> dict:
    given = {"do": "assign", "start": at(start).isoformat(), "end": at(end).isoformat(), "class": kind}
    return given | ({"account_id": account.pk} if account else {}) | fields


def totals(lines) -> dict:
    return {(line["account"], line["kind"]): line["ms"] for line in lines}


def propose(operator, author, *documents) -> TimeCorrection:
    return propose_correction(
        operator_id=operator.pk, documents=documents, reason="forgot to say so", author_id=author.pk, at=NOW
    )


def test_preview_tells_before_and_after_and_writes_nothing(accounts, operator):
    a, _, c = accounts
    events = OperatorEvent.objects.count()
    # of the idle time after the break ten minutes were wrap-up for C
    effect = correction_effect(operator_id=operator.pk, documents=[assign(3000, 3600, "wrap", c)], at=NOW)
    before, after = totals(effect.before), totals(effect.after)
    assert before[None, "idle"] - after[None, "idle"] == 600_000
    assert (before[c.pk, "wrap"], after[c.pk, "wrap"]) == (15_000, 615_000)
    assert sum(before.values()) == sum(after.values()) == 3_600_000
    assert before[a.pk, "open"] == 252_500
    assert (OperatorEvent.objects.count(), TimeCorrection.objects.count()) == (events, 0)


def test_correction_takes_effect_once_another_person_approves(accounts, operator, author):
    c = accounts[2]
    correction = propose(operator, author, assign(3000, 3600, "wrap", c))
    derive_operator(operator_id=operator.pk, at=NOW)
    session = Session.objects.get()
    assert buckets(session) == GOLDEN
    stored = list(OperatorEvent.objects.order_by("pk").values_list("pk", "kind", "at"))
    approve_correction(correction_id=correction.pk, approver_id=make_user("admin").pk, at=NOW)
    assert buckets(session) == GOLDEN | {("C", "wrap"): 615_000, ("unallocated", "idle"): 1_250_000}
    assert list(OperatorEvent.objects.order_by("pk").values_list("pk", "kind", "at"))[:-1] == stored
    told = OperatorEvent.objects.latest("pk")
    assert (told.kind, told.author_id, told.reason) == ("time.assigned", author.pk, "forgot to say so")
    assert list(AllocationRun.objects.order_by("version").values_list("version", "is_current")) == [
        (1, False),
        (2, True),
    ]
    assert list(ledger_differences(at=NOW)) == []
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "worktime.correction.propose",
        "worktime.correction.approved",
    ]


def test_author_and_the_operator_concerned_approve_nothing(accounts, operator, author):
    correction = propose(operator, author, assign(3000, 3600, "break"))
    for person in (author.pk, operator.user_id):
        with pytest.raises(PermissionDenied):
            approve_correction(correction_id=correction.pk, approver_id=person, at=NOW)
    correction.refresh_from_db()
    assert (correction.state, correction.decided_by_id) == ("pending", None)
    assert buckets(Session.objects.get()) == GOLDEN


def test_database_refuses_an_approval_by_the_author(operator, author):
    correction = propose(operator, author, assign(3000, 3600, "break"))
    with pytest.raises(IntegrityError), transaction.atomic():
        TimeCorrection.objects.filter(pk=correction.pk).update(state="approved", decided_by=author, decided_at=NOW)


def test_decided_correction_is_decided_once(operator, author):
    correction = propose(operator, author, assign(3000, 3600, "break"))
    approver = make_user("supervisor")
    with pytest.raises(Invalid) as refused:
        reject_correction(correction_id=correction.pk, decider_id=approver.pk, note=" ", at=NOW)
    assert refused.value.field == "note"
    rejected = reject_correction(correction_id=correction.pk, decider_id=approver.pk, note="It was idle.", at=NOW)
    assert rejected.state == "rejected"
    with pytest.raises(Conflict):
        approve_correction(correction_id=correction.pk, approver_id=approver.pk, at=NOW)
    assert buckets(Session.objects.get()) == GOLDEN


def test_author_withdraws_without_giving_a_reason(operator, author):
    correction = propose(operator, author, assign(3000, 3600, "break"))
    assert reject_correction(correction_id=correction.pk, decider_id=author.pk, note="", at=NOW).state == "withdrawn"


def test_later_correction_lies_over_the_earlier_and_can_be_taken_back(accounts, operator, author):
    c = accounts[2]
    approver = make_user("admin")
    for documents in ([assign(3000, 3600, "wrap", c)], [assign(3300, 3600, "break")]):
        correction = propose(operator, author, *documents)
        approve_correction(correction_id=correction.pk, approver_id=approver.pk, at=NOW)
    session = Session.objects.get()
    assert buckets(session) == GOLDEN | {
        ("C", "wrap"): 315_000,
        ("unallocated", "break"): 900_000,
        ("unallocated", "idle"): 1_250_000,
    }
    last = OperatorEvent.objects.latest("pk").source_key
    correction = propose(operator, author, {"do": "void", "source_key": last})
    approve_correction(correction_id=correction.pk, approver_id=approver.pk, at=NOW)
    assert buckets(session) == GOLDEN | {("C", "wrap"): 615_000, ("unallocated", "idle"): 1_250_000}


def test_forgotten_log_out_is_said_afterwards(accounts, author):
    operator = make_operator(*accounts)
    record_events(operator_id=operator.pk, events=[event(0, E.SESSION_STARTED, key="in"), event(60, E.PRESENCE_BREAK)])
    later = at(60) + timedelta(hours=17)
    derive_operator(operator_id=operator.pk, at=later)
    assert Session.objects.get().close_rule == "silence"
    assert Contradiction.objects.get().kind == "no_log_out"
    correction = propose_correction(
        operator_id=operator.pk,
        documents=[{"do": "end", "at": at(1800).isoformat()}],
        reason="went home",
        author_id=author.pk,
        at=later,
    )
    approve_correction(correction_id=correction.pk, approver_id=make_user("admin").pk, at=later)
    session = Session.objects.get()
    assert (session.ended_at, session.close_rule) == (at(1800), "ended")
    assert not Contradiction.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"do": "assign", "start": "2026-06-15T09:00:00", "end": "2026-06-15T10:00:00+00:00"}, "changes[0].start"),
        ({"do": "assign", "start": at(10).isoformat(), "end": at(10).isoformat()}, "changes[0].end"),
        ({"do": "assign", "start": at(10).isoformat(), "end": at(90_000).isoformat()}, "changes[0].end"),
        (assign(0, 10, "offer"), "changes[0].class"),
        (assign(0, 10, "talk"), "changes[0].account_id"),
        (assign(0, 10, "talk", account_id=999_999), "changes[0].account_id"),
        (assign(0, 10, "break", interaction_id=999_999), "changes[0].interaction_id"),
        ({"do": "void", "source_key": "unheard of"}, "changes[0].source_key"),
        ({"do": "end", "at": "yesterday"}, "changes[0].at"),
        ({"do": "erase"}, "changes[0].do"),
        (assign(3000, 3600, "idle"), "changes"),
    ],
)
def test_change_that_cannot_be_made_is_refused_by_name(operator, author, change, field):
    with pytest.raises(Invalid) as refused:
        propose(operator, author, change)
    assert refused.value.field == field
    assert not TimeCorrection.objects.exists()


def test_correction_without_a_reason_is_refused(operator, author):
    with pytest.raises(Invalid) as refused:
        propose_correction(
            operator_id=operator.pk,
            documents=[assign(3000, 3600, "break")],
            reason="  ",
            author_id=author.pk,
            at=NOW,
        )
    assert refused.value.field == "reason"
