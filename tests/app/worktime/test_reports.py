"""Sums by operator, and by account and day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contactcenter.kernel.errors import NotFound
from contactcenter.tenancy.doors import open_account
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.reports import account_days, by_day, operator_clocks
from tests.app.factories import make_account, make_operator

MADRID = ZoneInfo("Europe/Madrid")
EVENING = datetime(2026, 6, 15, 21, 0, tzinfo=UTC)  # 23:00 in Madrid


@pytest.fixture
def night(db):
    """A session from 23:00 to 01:00 in Madrid with one call from 23:50 to 00:20."""
    account = make_account()
    operator = make_operator(account)

    def event(minutes: int, kind: EventKind, interaction: int | None = None) -> EventInput:
        return EventInput(
            kind=kind,
            at=EVENING + timedelta(minutes=minutes),
            source="test",
            source_key=f"{minutes} {kind}",
            account_id=account.pk if interaction else None,
            interaction_id=interaction,
        )

    events = [
        event(0, EventKind.SESSION_STARTED),
        event(10, EventKind.CALL_TALK_STARTED, 1),
        event(20, EventKind.CALL_ENDED, 1),
        event(50, EventKind.CALL_TALK_STARTED, 2),
        event(80, EventKind.CALL_ENDED, 2),
        event(120, EventKind.SESSION_ENDED),
    ]
    record_events(operator_id=operator.pk, events=events)
    derive_operator(operator_id=operator.pk, at=EVENING + timedelta(days=1))
    return account, operator


def test_time_of_an_account_is_cut_at_local_midnight(night):
    account, _ = night
    with open_account(account.pk):
        days = account_days(account_id=account.pk, start=EVENING, end=EVENING + timedelta(days=2), zone=MADRID)
    assert days == {
        date(2026, 6, 15): {"talk": 20 * 60_000},
        date(2026, 6, 16): {"talk": 20 * 60_000},
    }


def test_another_accounts_time_is_out_of_reach(night):
    account, _ = night
    with open_account(make_account().pk), pytest.raises(NotFound):
        account_days(account_id=account.pk, start=EVENING, end=EVENING, zone=MADRID)


def test_operators_clock_is_cut_at_the_bounds_asked_for(night):
    _, operator = night
    start, end = EVENING + timedelta(minutes=15), EVENING + timedelta(minutes=60)
    assert operator_clocks(operator_ids=[operator.pk], start=start, end=end) == {
        operator.pk: {"talk": 15 * 60_000, "idle": 30 * 60_000}
    }


def test_shared_slice_over_three_days_is_split_without_losing_a_millisecond():
    start = datetime(2026, 6, 15, 21, 0, tzinfo=UTC)
    parts = by_day(ms=100, start=start, end=start + timedelta(hours=30), zone=MADRID)
    # 1 h, 24 h and 5 h of 30: 3.33, 80, 16.67
    assert parts == {date(2026, 6, 15): 3, date(2026, 6, 16): 80, date(2026, 6, 17): 17}


def test_slice_that_ends_at_midnight_belongs_to_one_day():
    start = datetime(2026, 6, 15, 21, 0, tzinfo=UTC)
    assert by_day(ms=7, start=start, end=start + timedelta(hours=1), zone=MADRID) == {date(2026, 6, 15): 7}
