"""The ledger's background work, and what it does while a simulation drives the clock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contactcenter.worktime import actions, rewriting, tasks
from contactcenter.worktime.actions import record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import Session, UnderivedStretch
from tests.app.factories import make_account, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    operator = make_operator(make_account())
    at = timezone.now() - timedelta(minutes=3)
    event = EventInput(kind=EventKind.SESSION_STARTED, at=at, source="test", source_key="login")
    record_events(operator_id=operator.pk, events=[event])
    return operator


def test_recording_asks_for_the_derivation_once_per_burst(operator, django_capture_on_commit_callbacks):
    def break_at(second: int) -> EventInput:
        at = timezone.now() - timedelta(seconds=second)
        return EventInput(kind=EventKind.PRESENCE_BREAK, at=at, source="test", source_key=f"break {second}")

    tasks.derive_operator(operator_id=operator.pk)
    with django_capture_on_commit_callbacks() as jobs:
        record_events(operator_id=operator.pk, events=[break_at(30)])
        record_events(operator_id=operator.pk, events=[break_at(20)])
        record_events(operator_id=operator.pk, events=[break_at(20)])
    assert len(jobs) == 1


@pytest.mark.parametrize("run", ["operator", "session", "sweep"])
def test_tasks_bring_the_ledger_up_to_now(operator, run):
    tasks.derive_operator(operator_id=operator.pk)
    session = Session.objects.get()
    Session.objects.update(derived_until=session.started_at)
    UnderivedStretch.objects.create(
        operator=operator, first_at=session.started_at, last_at=session.started_at, events=1
    )
    before = timezone.now() - timedelta(milliseconds=1)
    if run == "operator":
        tasks.derive_operator(operator_id=operator.pk)
    elif run == "session":
        tasks.derive_session(session_id=session.pk)
    else:
        assert tasks.sweep() == 1
    assert Session.objects.get(derived_until__gte=before).pk == session.pk
    assert not UnderivedStretch.objects.exists()


def test_unknown_session_is_no_error():
    tasks.derive_session(session_id=12345)


def test_while_the_clock_is_held_nothing_is_derived_by_the_present(operator, monkeypatch):
    monkeypatch.setattr(tasks, "clock_is_held", lambda: True)
    tasks.derive_operator(operator_id=operator.pk)
    assert tasks.sweep() == 0
    assert not Session.objects.exists()


def test_one_operator_that_cannot_be_derived_keeps_nobody_waiting(operator, monkeypatch, caplog):
    other = make_operator(make_account())
    at = timezone.now() - timedelta(minutes=1)
    record_events(
        operator_id=other.pk,
        events=[EventInput(kind=EventKind.SESSION_STARTED, at=at, source="test", source_key="other login")],
    )
    rewrite = rewriting.rewrite_span

    def broken(*, operator_id, **stretch):
        if operator_id == operator.pk:
            raise ValueError("broken")
        rewrite(operator_id=operator_id, **stretch)

    monkeypatch.setattr(actions, "rewrite_span", broken)
    assert tasks.sweep() == 1
    assert Session.objects.get().operator_id == other.pk
    assert f"the ledger of operator {operator.pk} could not be derived" in caplog.text
