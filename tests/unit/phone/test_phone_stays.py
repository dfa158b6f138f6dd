"""Entries into queues as two sources tell of them: what is one entry and what is a second one."""

from datetime import UTC, datetime, timedelta

import pytest

from channels_app.phone.events import EventKind, PhoneEvent, Source
from channels_app.phone.stays import stays_of

AT = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def entry(source: Source, seconds: float, queue: str = "sales") -> PhoneEvent:
    at = AT + timedelta(seconds=seconds)
    return PhoneEvent(kind=EventKind.QUEUE_ENTERED, source=source, at=at, channel_id="1.1", queue=queue)


@pytest.mark.parametrize(("apart", "count"), [(0.4, 1), (2, 1), (2.001, 2), (30, 2)])
def test_two_sources_tell_of_one_entry_up_to_two_seconds_apart(apart: float, count: int) -> None:
    stays = stays_of([entry(Source.QUEUE_LOG, 0), entry(Source.AMI, apart)])
    assert len(stays) == count


def test_one_source_tells_of_two_entries_however_near_and_another_queue_is_another_stay() -> None:
    assert len(stays_of([entry(Source.QUEUE_LOG, 0), entry(Source.QUEUE_LOG, 1)])) == 2
    assert len(stays_of([entry(Source.QUEUE_LOG, 0), entry(Source.AMI, 0, queue="help")])) == 2


def test_the_finer_source_says_when_the_entry_was() -> None:
    (stay,) = stays_of([entry(Source.QUEUE_LOG, 0), entry(Source.AMI, 0.4)])
    assert stay.enqueued_at == AT + timedelta(seconds=0.4)
