"""The facts: every unit of a session has one class, by precedence."""

import pytest

from contactcenter.worktime.ledger import Candidate, Kind, Segment, Slice, slice_session

A, B, C = 1, 2, 3


def test_empty_session_has_no_slices() -> None:
    assert slice_session(start=5, end=5, segments=[Segment(0, 10, Kind.TALK, A)]) == []


def test_session_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="session: ends at 4"):
        slice_session(start=5, end=4, segments=[])


def test_session_without_segments_is_one_idle_slice() -> None:
    assert slice_session(start=0, end=60, segments=[]) == [Slice(0, 60, Kind.IDLE)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Kind.HOLD, Kind.TALK),
        (Kind.TALK, Kind.FOCUS),
        (Kind.FOCUS, Kind.WRAP),
        (Kind.WRAP, Kind.OFFER),
        (Kind.OFFER, Kind.BREAK),
        (Kind.BREAK, Kind.OPEN),
    ],
)
def test_higher_class_owns_the_moment_even_if_it_started_later(first: Kind, second: Kind) -> None:
    segments = [Segment(0, 100, second, A, id="low"), Segment(40, 60, first, B, id="high")]
    kinds = [(s.start, s.end, s.kind) for s in slice_session(start=0, end=100, segments=segments)]
    assert kinds == [(0, 40, second), (40, 60, first), (60, 100, second)]


def test_earliest_start_wins_within_a_class() -> None:
    segments = [Segment(10, 30, Kind.FOCUS, B, id="a"), Segment(0, 20, Kind.FOCUS, A, id="z")]
    assert slice_session(start=0, end=30, segments=segments) == [
        Slice(0, 20, Kind.FOCUS, A),
        Slice(20, 30, Kind.FOCUS, B),
    ]


def test_lower_id_wins_when_both_start_together() -> None:
    segments = [Segment(0, 20, Kind.WRAP, B, id="2"), Segment(0, 20, Kind.WRAP, A, id="1")]
    assert slice_session(start=0, end=20, segments=segments) == [Slice(0, 20, Kind.WRAP, A)]


def test_break_without_account_is_nobodys_and_with_account_is_the_accounts() -> None:
    segments = [Segment(0, 10, Kind.BREAK, reason="lunch"), Segment(20, 30, Kind.BREAK, C, reason="training")]
    assert slice_session(start=0, end=30, segments=segments) == [
        Slice(0, 10, Kind.BREAK, reason="lunch"),
        Slice(10, 20, Kind.IDLE),
        Slice(20, 30, Kind.BREAK, C, reason="training"),
    ]


def test_open_chats_do_not_compete_but_are_all_candidates() -> None:
    segments = [Segment(0, 20, Kind.OPEN, B, 8), Segment(10, 30, Kind.OPEN, A, 7)]
    assert slice_session(start=0, end=30, segments=segments) == [
        Slice(0, 10, Kind.OPEN, candidates=(Candidate(B, 8),)),
        Slice(10, 20, Kind.OPEN, candidates=(Candidate(A, 7), Candidate(B, 8))),
        Slice(20, 30, Kind.OPEN, candidates=(Candidate(A, 7),)),
    ]


def test_open_segment_without_account_is_refused() -> None:
    with pytest.raises(ValueError, match="account: the open segment chat 9 names none"):
        slice_session(start=0, end=30, segments=[Segment(0, 20, Kind.OPEN, id="chat 9")])


def test_segments_are_cut_at_the_session_and_empty_ones_vanish() -> None:
    segments = [Segment(-10, 5, Kind.TALK, A), Segment(50, 50, Kind.TALK, B), Segment(95, 120, Kind.WRAP, A)]
    assert slice_session(start=0, end=100, segments=segments) == [
        Slice(0, 5, Kind.TALK, A),
        Slice(5, 95, Kind.IDLE),
        Slice(95, 100, Kind.WRAP, A),
    ]
