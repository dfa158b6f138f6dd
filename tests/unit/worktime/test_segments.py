"""Events become what the operator did and when they were there, whatever the order they arrived in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.worktime.derivation import DerivedSession, compare, derive
from contactcenter.worktime.events import EventKind
from contactcenter.worktime.ledger import Kind, Segment, Slice
from contactcenter.worktime.segments import HOUR, SECOND, SILENCE, Event, Stay, segments_of, standing, stays_of

MINUTE = 60 * SECOND
DAY = 24 * HOUR
E = EventKind


def event(at: int, kind: EventKind, subject: str = "i1", **fields: object) -> Event:
    given = {"account": 1, "interaction": 1} | fields
    return Event(at=at, kind=kind, key=f"{at} {kind} {subject}", subject=subject, **given)  # type: ignore[arg-type]


def presence(at: int, kind: EventKind, **fields: object) -> Event:
    return Event(at=at, kind=kind, key=f"{at} {kind}", **fields)  # type: ignore[arg-type]


def spans(events: list[Event], until: int = DAY) -> list[tuple[int, int, Kind]]:
    found = segments_of(events=standing(events), until=until)
    return sorted((s.start, s.end, s.kind) for s in found)


def stays(events: list[Event], until: int = DAY) -> list[Stay]:
    known = standing(events)
    return stays_of(events=known, segments=segments_of(events=known, until=until), until=until)


def test_call_with_a_hold_gives_talk_and_hold() -> None:
    events = [
        event(10, E.CALL_TALK_STARTED),
        event(20, E.CALL_HOLD_STARTED),
        event(30, E.CALL_HOLD_ENDED),
        event(50, E.CALL_ENDED),
    ]
    assert spans(events) == [(10, 50, Kind.TALK), (20, 30, Kind.HOLD)]


def test_hanging_up_ends_an_open_hold() -> None:
    events = [event(10, E.CALL_TALK_STARTED), event(20, E.CALL_HOLD_STARTED), event(50, E.CALL_ENDED)]
    assert spans(events) == [(10, 50, Kind.TALK), (20, 50, Kind.HOLD)]


def test_running_call_lasts_until_now() -> None:
    assert spans([event(10, E.CALL_TALK_STARTED)], until=MINUTE) == [(10, MINUTE, Kind.TALK)]


def test_call_that_never_ended_ends_with_the_next_call() -> None:
    events = [event(0, E.CALL_TALK_STARTED, "i1"), event(MINUTE, E.CALL_TALK_STARTED, "i2")]
    events.append(event(2 * MINUTE, E.CALL_ENDED, "i2"))
    assert spans(events) == [(0, MINUTE, Kind.TALK), (MINUTE, 2 * MINUTE, Kind.TALK)]


def test_call_that_has_not_ended_after_four_hours_counts_for_nothing() -> None:
    started = event(0, E.CALL_TALK_STARTED)
    assert spans([started], until=4 * HOUR - 1) == [(0, 4 * HOUR - 1, Kind.TALK)]
    assert spans([started], until=4 * HOUR) == []
    assert spans([started, event(7 * HOUR, E.CALL_TALK_STARTED, "i2"), event(8 * HOUR, E.CALL_ENDED, "i2")]) == [
        (7 * HOUR, 8 * HOUR, Kind.TALK)
    ]


def test_chat_that_was_never_closed_is_open_for_a_day_at_most() -> None:
    assert spans([event(0, E.CHAT_OPENED)], until=3 * DAY) == [(0, DAY, Kind.OPEN)]


def test_long_call_that_did_end_keeps_its_length() -> None:
    assert spans([event(0, E.CALL_TALK_STARTED), event(5 * HOUR, E.CALL_ENDED)]) == [(0, 5 * HOUR, Kind.TALK)]


def test_two_calls_at_once_each_have_their_own_end() -> None:
    events = [
        event(0, E.CALL_TALK_STARTED, "i1"),
        event(10, E.CALL_TALK_STARTED, "i2"),
        event(20, E.CALL_ENDED, "i1"),
        event(30, E.CALL_ENDED, "i2"),
    ]
    assert spans(events) == [(0, 20, Kind.TALK), (10, 30, Kind.TALK)]


def test_end_without_a_start_is_ignored() -> None:
    assert spans([event(10, E.CALL_ENDED), event(20, E.CHAT_CLOSED), event(30, E.FOCUS_ENDED)]) == []


def test_call_that_starts_and_ends_in_the_same_instant_takes_no_time() -> None:
    assert spans([event(10, E.CALL_TALK_STARTED), event(10, E.CALL_ENDED)]) == []


def test_call_handed_back_in_the_same_instant_goes_on() -> None:
    events = [
        event(10, E.CALL_TALK_STARTED),
        event(20, E.CALL_ENDED),
        Event(at=20, kind=E.CALL_TALK_STARTED, key="back", subject="i1", account=1, interaction=2),
        event(30, E.CALL_ENDED),
    ]
    assert spans(events) == [(10, 20, Kind.TALK), (20, 30, Kind.TALK)]


def test_focus_lapses_ninety_seconds_after_the_last_activity() -> None:
    events = [event(0, E.FOCUS_STARTED), event(60 * SECOND, E.FOCUS_STARTED)]
    assert spans(events) == [(0, 150 * SECOND, Kind.FOCUS)]


def test_focus_resumed_after_it_lapsed_is_a_second_segment() -> None:
    events = [event(0, E.FOCUS_STARTED), event(200 * SECOND, E.FOCUS_STARTED), event(210 * SECOND, E.FOCUS_ENDED)]
    assert spans(events) == [(0, 90 * SECOND, Kind.FOCUS), (200 * SECOND, 210 * SECOND, Kind.FOCUS)]


def test_focus_moves_to_the_next_ticket() -> None:
    events = [event(0, E.FOCUS_STARTED, "i1"), event(30 * SECOND, E.FOCUS_STARTED, "i2")]
    events.append(event(40 * SECOND, E.FOCUS_ENDED, "i1"))
    assert spans(events) == [(0, 30 * SECOND, Kind.FOCUS), (30 * SECOND, 120 * SECOND, Kind.FOCUS)]


def test_break_lasts_until_the_next_word_on_presence_and_keeps_its_reason() -> None:
    events = [presence(0, E.SESSION_STARTED), presence(10, E.PRESENCE_BREAK, reason="lunch")]
    events.append(presence(50, E.PRESENCE_AVAILABLE))
    assert segments_of(events=standing(events), until=DAY) == [
        Segment(10, 50, Kind.BREAK, id="10 presence.break", reason="lunch")
    ]


def test_correction_takes_an_event_back_and_can_be_taken_back_itself() -> None:
    start, end = event(0, E.CALL_TALK_STARTED), event(100, E.CALL_ENDED)
    first = Event(at=100, kind=E.CORRECTION, key="z", voids=end.key)
    second = Event(at=100, kind=E.CORRECTION, key="a", voids="z")
    right = Event(at=40, kind=E.CALL_ENDED, key="right", subject="i1")
    assert spans([start, end, right, first]) == [(0, 40, Kind.TALK)]
    assert standing([start, end, first]) == [start]
    assert standing([start, end, first, second]) == [start, end]


def test_session_lasts_from_login_to_logout() -> None:
    assert stays([presence(0, E.SESSION_STARTED), presence(HOUR, E.SESSION_ENDED)]) == [Stay(0, HOUR, "ended")]


def test_session_without_logout_runs() -> None:
    assert stays([presence(0, E.SESSION_STARTED)], until=HOUR) == [Stay(0, None, "")]


def test_second_login_in_between_changes_nothing() -> None:
    events = [presence(0, E.SESSION_STARTED), presence(MINUTE, E.SESSION_STARTED), presence(HOUR, E.SESSION_ENDED)]
    assert stays(events) == [Stay(0, HOUR, "ended")]


def test_login_after_a_lapse_closes_the_session_that_was_never_ended_with_its_last_event() -> None:
    events = [
        presence(0, E.SESSION_STARTED),
        presence(HOUR, E.PRESENCE_AVAILABLE),
        presence(9 * HOUR, E.SESSION_STARTED),
    ]
    assert stays(events, until=10 * HOUR) == [Stay(0, HOUR, "lapse"), Stay(9 * HOUR, None, "")]


def test_session_without_any_event_for_sixteen_hours_ended_with_the_last_one() -> None:
    events = [presence(0, E.SESSION_STARTED), presence(HOUR, E.PRESENCE_AVAILABLE)]
    assert stays(events, until=17 * HOUR - 1) == [Stay(0, None, "")]
    assert stays(events, until=17 * HOUR) == [Stay(0, HOUR, "silence")]


def test_work_without_a_login_is_a_session_just_as_long_as_the_work() -> None:
    events = [
        event(0, E.CALL_TALK_STARTED),
        event(MINUTE, E.CALL_ENDED),
        event(MINUTE, E.WRAP_STARTED),
        event(2 * MINUTE, E.WRAP_ENDED),
        event(5 * MINUTE, E.CHAT_OPENED, "i2"),
    ]
    assert stays(events) == [Stay(0, 2 * MINUTE, "work")]


def test_work_that_sticks_out_of_a_login_is_added_around_it() -> None:
    events = [
        event(0, E.CALL_TALK_STARTED),
        presence(MINUTE, E.SESSION_STARTED),
        event(2 * MINUTE, E.CALL_ENDED),
        event(4 * MINUTE, E.CALL_TALK_STARTED, "i2"),
        presence(5 * MINUTE, E.SESSION_ENDED),
        event(6 * MINUTE, E.CALL_ENDED, "i2"),
    ]
    assert stays(events) == [
        Stay(0, MINUTE, "work"),
        Stay(MINUTE, 5 * MINUTE, "ended"),
        Stay(5 * MINUTE, 6 * MINUTE, "work"),
    ]


def test_running_work_without_a_login_is_a_running_session() -> None:
    assert stays([event(0, E.CALL_TALK_STARTED)], until=MINUTE) == [Stay(0, None, "")]


def test_derived_session_is_tiled_up_to_now_while_it_runs() -> None:
    events = [presence(0, E.SESSION_STARTED), event(10, E.CALL_TALK_STARTED), event(30, E.CALL_ENDED)]
    assert derive(events=events, until=100) == [
        DerivedSession(
            Stay(0, None, ""),
            100,
            [Slice(0, 10, Kind.IDLE), Slice(10, 30, Kind.TALK, 1, 1), Slice(30, 100, Kind.IDLE)],
        )
    ]


def test_growing_slice_is_replaced_without_touching_settled_ones() -> None:
    idle, talk = Slice(0, 10, Kind.IDLE), Slice(10, 30, Kind.TALK, 1, 1)
    change = compare(
        stored=[(7, idle), (8, talk), (9, Slice(30, 100, Kind.IDLE))],
        wanted=[idle, talk, Slice(30, 120, Kind.IDLE)],
        growing_end=100,
    )
    assert (change.kept, change.gone, change.new, change.extends) == ({0: 7, 1: 8}, [9], [2], True)


def test_changed_settled_slice_is_no_extension() -> None:
    idle, talk = Slice(0, 10, Kind.IDLE), Slice(10, 30, Kind.TALK, 1, 1)
    change = compare(stored=[(7, idle), (8, talk)], wanted=[idle, Slice(10, 30, Kind.TALK, 2, 2)], growing_end=None)
    assert (change.gone, change.new, change.extends) == ([8], [1], False)


def test_same_slices_are_no_change() -> None:
    idle = Slice(0, 10, Kind.IDLE)
    assert compare(stored=[(7, idle)], wanted=[idle], growing_end=None).is_empty


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(EventKind))
    at = draw(st.integers(0, 30)) * draw(st.sampled_from([SECOND, MINUTE, HOUR]))
    subject = draw(st.sampled_from(["i1", "i2", "i3"]))
    key = f"{at} {kind} {subject}"
    voids = draw(st.sampled_from(["0 session.started i1", f"{at} call.ended i1"])) if kind is E.CORRECTION else ""
    account = int(subject[1])
    return Event(at=at, kind=kind, key=key, subject=subject, account=account, interaction=account, voids=voids)


events_in_any_order = st.lists(any_event(), max_size=30)


@given(st.data(), events_in_any_order)
def test_order_and_repetition_of_events_do_not_matter(data: st.DataObject, events: list[Event]) -> None:
    shuffled = data.draw(st.permutations(events + events[:7]))
    assert derive(events=shuffled, until=40 * HOUR) == derive(events=events, until=40 * HOUR)


@given(events_in_any_order, st.integers(0, 40 * HOUR))
def test_sessions_do_not_overlap_and_are_tiled(events: list[Event], until: int) -> None:
    sessions = derive(events=events, until=until)
    for session in sessions:
        assert sum(piece.units for piece in session.slices) == session.until - session.stay.start
    for before, after in pairwise(sessions):
        assert before.stay.end is not None
        assert before.stay.end <= after.stay.start


@given(events_in_any_order)
def test_worked_time_is_never_lost(events: list[Event]) -> None:
    until = 40 * HOUR
    talked: set[tuple[int, int]] = set()
    for segment in segments_of(events=standing(events), until=until):
        if segment.kind is Kind.TALK:
            talked.add((segment.start, segment.end))
    voiced = [
        (piece.start, piece.end)
        for session in derive(events=events, until=until)
        for piece in session.slices
        if piece.kind in (Kind.TALK, Kind.HOLD)
    ]
    told = sorted(event.at for event in standing(events))
    silences = [(a, b) for a, b in pairwise(told) if b - a >= SILENCE]
    for start, end in talked:
        if any(start <= a and b <= end for a, b in silences):
            continue  # sixteen hours without a word end a session: no call lasts as long
        covered = sum(max(0, min(end, b) - max(start, a)) for a, b in voiced)
        assert covered == end - start


@given(events_in_any_order, st.integers(0, 20), st.integers(0, 20))
def test_time_going_on_only_extends_what_is_settled(events: list[Event], first: int, more: int) -> None:
    past = [event for event in events if event.at <= first * MINUTE and event.kind is not E.CORRECTION]
    early = derive(events=past, until=first * MINUTE)
    late = derive(events=past, until=(first + more) * MINUTE)
    for before, after in zip(early, late, strict=False):
        stored = list(enumerate(before.slices))
        growing = before.until if before.stay.end is None else None
        assert compare(stored=stored, wanted=after.slices, growing_end=growing).extends


def voice(events: list[Event], until: int = DAY) -> list[tuple[int, int, Kind, str]]:
    found = segments_of(events=standing(events), until=until)
    return sorted((s.start, s.end, s.kind, s.reason) for s in found)


def test_consult_is_talk_and_not_the_hold_of_the_contact_who_waits() -> None:
    events = [
        event(10, E.CALL_TALK_STARTED),
        event(20, E.CALL_HOLD_STARTED),
        event(25, E.CALL_CONSULT_STARTED),
        event(40, E.CALL_CONSULT_ENDED),
        event(45, E.CALL_HOLD_ENDED),
        event(60, E.CALL_ENDED),
    ]
    assert voice(events) == [
        (10, 25, Kind.TALK, ""),
        (20, 25, Kind.HOLD, ""),
        (25, 40, Kind.TALK, "consult"),
        (40, 45, Kind.HOLD, ""),
        (40, 60, Kind.TALK, ""),
    ]


def test_consult_ends_with_the_call() -> None:
    events = [event(10, E.CALL_TALK_STARTED), event(20, E.CALL_CONSULT_STARTED), event(50, E.CALL_ENDED)]
    assert voice(events) == [(10, 20, Kind.TALK, ""), (20, 50, Kind.TALK, "consult")]


def test_dispatch_after_the_contact_hung_up_is_talk() -> None:
    events = [
        event(10, E.CALL_TALK_STARTED),
        event(50, E.CALL_ENDED),
        event(60, E.CALL_DISPATCH_STARTED),
        event(90, E.CALL_DISPATCH_ENDED),
    ]
    assert voice(events) == [(10, 50, Kind.TALK, ""), (60, 90, Kind.TALK, "dispatch")]


def test_patch_ends_the_operators_time_and_leaves_the_call_its_own() -> None:
    events = [
        event(10, E.CALL_TALK_STARTED),
        event(20, E.CALL_HOLD_STARTED),
        event(25, E.CALL_DISPATCH_STARTED),
        event(40, E.CALL_PATCHED),
        event(400, E.CALL_ENDED),
    ]
    assert voice(events) == [(10, 25, Kind.TALK, ""), (20, 25, Kind.HOLD, ""), (25, 40, Kind.TALK, "dispatch")]


def assigned(at: int, until: int, kind: Kind, serial: int, **fields: object) -> Event:
    given = {"account": 2, "interaction": None, "reason": "corrected"} | fields
    return Event(
        at=at,
        kind=E.TIME_ASSIGNED,
        key=f"assigned {serial}",
        until=until,
        assigns=kind,
        serial=serial,
        **given,  # type: ignore[arg-type]
    )


def test_assigned_time_lies_over_what_the_events_say_and_the_latest_over_the_earlier() -> None:
    events = [
        presence(0, E.SESSION_STARTED),
        event(10, E.CALL_TALK_STARTED),
        event(50, E.CALL_ENDED),
        assigned(40, 80, Kind.WRAP, 2),
        assigned(60, 90, Kind.BREAK, 1, account=None),
        presence(100, E.SESSION_ENDED),
    ]
    session = derive(events=events, until=DAY)[0]
    assert [(s.start, s.end, s.kind, s.account, s.reason) for s in session.slices] == [
        (0, 10, Kind.IDLE, None, ""),
        (10, 40, Kind.TALK, 1, ""),
        (40, 80, Kind.WRAP, 2, "corrected"),
        (80, 90, Kind.BREAK, None, "corrected"),
        (90, 100, Kind.IDLE, None, ""),
    ]


def test_assigned_work_outside_every_log_in_makes_a_session() -> None:
    assert [
        (s.stay.start, s.stay.end, s.stay.rule) for s in derive(events=[assigned(40, 80, Kind.TALK, 1)], until=DAY)
    ] == [(40, 80, "work")]


def test_assignment_that_is_taken_back_counts_no_more() -> None:
    events = [
        presence(0, E.SESSION_STARTED),
        assigned(40, 80, Kind.WRAP, 1),
        Event(at=40, kind=E.CORRECTION, key="void", voids="assigned 1"),
        presence(100, E.SESSION_ENDED),
    ]
    assert [(s.start, s.end, s.kind) for s in derive(events=events, until=DAY)[0].slices] == [(0, 100, Kind.IDLE)]
