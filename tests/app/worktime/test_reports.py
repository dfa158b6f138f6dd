"""Sums by operator, and by account and day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    hours = 3_600_000
    parts = by_day(shares=[(1, 20 * hours), (2, 10 * hours)], start=start, end=start + timedelta(hours=30), zone=MADRID)
    # 1 h, 24 h and 5 h of 30, two thirds of each are the first share's
    assert parts == {
        date(2026, 6, 15): {1: 2_400_000, 2: 1_200_000},
        date(2026, 6, 16): {1: 16 * hours, 2: 8 * hours},
        date(2026, 6, 17): {1: 12_000_000, 2: 6_000_000},
    }


def test_slice_that_ends_at_midnight_belongs_to_one_day():
    start = datetime(2026, 6, 15, 21, 0, tzinfo=UTC)
    parts = by_day(shares=[(7, 3_600_000)], start=start, end=start + timedelta(hours=1), zone=MADRID)
    assert parts == {date(2026, 6, 15): {7: 3_600_000}}


def test_day_on_which_clocks_change_has_its_own_length():
    # Madrid 2026: 29 March has 23 hours, 25 October has 25
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=1)
        length = 72 * 3_600_000
        parts = by_day(shares=[(1, length)], start=start, end=start + timedelta(hours=72), zone=MADRID)
        assert parts[day] == {1: hours * 3_600_000}
        assert sum(part[1] for part in parts.values()) == length


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
def test_days_and_months_of_every_zone_keep_the_totals(zone, moment, later, given_shares):
    start = moment + timedelta(milliseconds=later)
    end = start + timedelta(milliseconds=sum(given_shares))
    shares = list(enumerate(given_shares))
    parts = by_day(shares=shares, start=start, end=end, zone=ZoneInfo(zone))
    assert {key: sum(part.get(key, 0) for part in parts.values()) for key, _ in shares} == dict(shares)
    months = Counter()
    for day, part in parts.items():
        bounds = [
            datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for on in (day, day + timedelta(days=1))
        ]
        within = (min(end, bounds[1]) - max(start, bounds[0])) // timedelta(milliseconds=1)
        assert sum(part.values()) == within
        months[day.year, day.month] += within
    assert sum(months.values()) == sum(given_shares)
