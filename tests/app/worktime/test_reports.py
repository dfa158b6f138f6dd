"""Sums by operator, and the bounds of days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.day_queries import day_bounds
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.reports import operator_clocks
from contactcenter.worktime.sharing import deal
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


ZONES = (
    "UTC", "Europe/Madrid", "America/New_York", "America/Havana", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "America/Sao_Paulo", "Africa/Casablanca",
)  # fmt: skip
# around changes of clocks in these zones: Havana and Beirut change at midnight, Apia left out 30 December 2011
MOMENTS = tuple(
    datetime(*day, tzinfo=UTC)
    for day in (
        (2026, 3, 28), (2026, 10, 24), (2026, 3, 7), (2026, 10, 31), (2018, 11, 3), (2018, 2, 17), (2011, 12, 29),
        (2026, 4, 4), (2026, 12, 31), (2026, 2, 27),
    )
)  # fmt: skip


@given(
    st.sampled_from(ZONES),
    st.sampled_from(MOMENTS),
    st.integers(0, 86_400_000),
    st.lists(st.integers(1, 40_000_000), min_size=1, max_size=5),
)
def test_days_and_months_of_every_zone_keep_the_totals(zone, moment, later, shares):
    start = moment + timedelta(milliseconds=later)
    end = start + timedelta(milliseconds=sum(shares))
    first, last = (at.astimezone(ZoneInfo(zone)).date() for at in (start, end))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    bounds = [day_bounds(on=day, zone=ZoneInfo(zone)) for day in days]
    # days lie side by side, and the slice in them
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert bounds[0][0] <= start
    assert end <= bounds[-1][1]
    lengths = [max(0, (min(end, till) - max(start, since)) // timedelta(milliseconds=1)) for since, till in bounds]
    dealt = deal(lengths=lengths, among=list(enumerate(shares)))
    assert [sum(part.values()) for part in dealt] == lengths
    assert [sum(part.get(key, 0) for part in dealt) for key in range(len(shares))] == shares
    months = {(day.year, day.month): 0 for day in days}
    for day, length in zip(days, lengths, strict=True):
        months[day.year, day.month] += length
    assert sum(months.values()) == sum(shares)
