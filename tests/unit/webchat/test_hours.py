"""Business hours of a chat; the expected openness is worked out by hand from the calendar of November 2026."""

from datetime import UTC, datetime

import pytest

from channels_app.webchat.hours import is_open

MADRID = {
    "time_zone": "Europe/Madrid",
    "days": {"mon": ["09:00-14:00", "15:00-18:00"], "fri": ["22:00-24:00"], "sat": ["00:00-01:00"]},
}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # Monday 23 November 2026; Madrid is one hour ahead of UTC in winter
        ("2026-11-23T07:59:59+00:00", False),
        ("2026-11-23T08:00:00+00:00", True),
        ("2026-11-23T12:59:59+00:00", True),
        ("2026-11-23T13:00:00+00:00", False),
        ("2026-11-23T14:00:00+00:00", True),
        ("2026-11-23T17:00:00+00:00", False),
        ("2026-11-24T10:00:00+00:00", False),
        # over midnight: two days' spans meet
        ("2026-11-27T22:59:59+00:00", True),
        ("2026-11-27T23:30:00+00:00", True),
        ("2026-11-28T00:00:00+00:00", False),
        # Monday 24 August 2026: two hours ahead in summer
        ("2026-08-24T07:00:00+00:00", True),
        ("2026-08-24T06:59:00+00:00", False),
    ],
)
def test_hours_are_local(at: str, expected: bool) -> None:
    assert is_open(hours=MADRID, at=datetime.fromisoformat(at)) is expected


def test_without_hours_it_is_always_open() -> None:
    assert is_open(hours={}, at=datetime(2026, 11, 22, 3, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"time_zone": "Europe/Atlantis", "days": {}}, "is no time zone"),
        ({"time_zone": "UTC"}, "hours.days"),
        ({"days": {"monday": ["09:00-18:00"]}}, "hours.days"),
        ({"days": {"mon": ["9-18"]}}, "is no span"),
    ],
)
def test_what_cannot_be_understood_is_named(hours: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        is_open(hours=hours, at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
