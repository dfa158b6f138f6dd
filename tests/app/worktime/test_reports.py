"""Sums by operator, and the bounds of days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.day_queries import day_bounds
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.reports import operator_clocks
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


def test_operators_clock_is_cut_at_the_bounds_asked_for(night):
    _, operator = night
    start, end = EVENING + timedelta(minutes=15), EVENING + timedelta(minutes=60)
    assert operator_clocks(operator_ids=[operator.pk], start=start, end=end) == {
        operator.pk: {"talk": 15 * 60_000, "idle": 30 * 60_000}
    }


def test_day_on_which_clocks_change_has_its_own_length():
    # Madrid 2026: 29 March has 23 hours, 25 October has 25
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        start, end = day_bounds(on=day, zone=MADRID)
        assert end - start == timedelta(hours=hours)
