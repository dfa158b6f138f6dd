"""Writers of events, and the derivation, on connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from contactcenter.worktime import actions, rewriting
from contactcenter.worktime.actions import derive_behind, derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.models import OperatorEvent, Session, UnderivedStretch
from tests.app.factories import make_account, make_operator

NINE = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def event(second: int, kind: EventKind, key: str) -> EventInput:
    return EventInput(kind=kind, at=NINE + timedelta(seconds=second), source="test", source_key=key)


@pytest.mark.django_db(transaction=True)
def test_transactions_that_tell_of_the_same_operators_in_other_orders_do_not_lock_each_other_out():
    account = make_account()
    operators = [make_operator(account).pk for _ in range(2)]
    both_inside = Barrier(2, timeout=10)

    def write(order: list[int], second: int) -> None:
        try:
            with transaction.atomic():
                first = event(second, EventKind.SESSION_STARTED, f"{second} {order[0]}")
                record_events(operator_id=order[0], events=[first])
                both_inside.wait()
                then = event(second, EventKind.SESSION_STARTED, f"{second} {order[1]}")
                record_events(operator_id=order[1], events=[then])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, operators, 0), pool.submit(write, operators[::-1], 1)]:
            done.result(timeout=20)
    assert OperatorEvent.objects.count() == 4
    assert derive_behind(at=NINE + timedelta(minutes=1)) == 2
    assert not UnderivedStretch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_event_recorded_while_the_ledger_is_derived_is_not_forgotten(monkeypatch):
    operator_id = make_operator(make_account()).pk
    record_events(operator_id=operator_id, events=[event(0, EventKind.SESSION_STARTED, "in")])
    rewrite = rewriting.rewrite_span

    def write() -> None:
        try:
            record_events(operator_id=operator_id, events=[event(30, EventKind.SESSION_ENDED, "out")])
        finally:
            connection.close()

    def rewrite_while_another_writes(**stretch):
        rewrite(**stretch)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(write).result(timeout=20)

    with monkeypatch.context() as patched:
        patched.setattr(actions, "rewrite_span", rewrite_while_another_writes)
        assert not derive_operator(operator_id=operator_id, at=NINE + timedelta(minutes=1))
    assert UnderivedStretch.objects.get().first_at == NINE + timedelta(seconds=30)
    assert derive_operator(operator_id=operator_id, at=NINE + timedelta(minutes=2))
    assert Session.objects.get().ended_at == NINE + timedelta(seconds=30)
