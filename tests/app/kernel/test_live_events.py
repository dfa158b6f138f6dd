"""The cursor of live events never skips an event whose transaction commits late."""

import threading

import pytest
from django.db import connection, transaction

from contactcenter.kernel.models import LiveEvent
from contactcenter.kernel.push import Cursor, current_cursor, events_after, push_on_commit

pytestmark = pytest.mark.django_db(transaction=True)


def test_event_of_a_slow_transaction_is_read_after_its_commit_in_order():
    start = current_cursor()
    written, proceed = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            push_on_commit("staff", kind="test.slow", payload={})
            written.set()
            assert proceed.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    with transaction.atomic():
        push_on_commit("staff", kind="test.fast", payload={})

    assert events_after(after=start, audiences=["staff"]) == []

    proceed.set()
    thread.join()
    kinds = [event.kind for event in events_after(after=start, audiences=["staff"])]
    assert kinds == ["test.slow", "test.fast"]


def test_events_of_another_audience_are_not_served():
    start = current_cursor()
    with transaction.atomic():
        push_on_commit("account:1", kind="test.one", payload={})
        push_on_commit("account:2", kind="test.two", payload={})

    assert [event.kind for event in events_after(after=start, audiences=["account:2"])] == ["test.two"]


def test_cursor_reads_back_what_it_writes():
    event = LiveEvent.objects.create(audience="staff", kind="test", payload={})
    event.refresh_from_db()
    cursor = Cursor(event.transaction, event.pk)
    assert Cursor.parse(str(cursor)) == cursor
