"""What cannot all be true is found and named; what merely looks odd is not."""

from contactcenter.worktime.contradictions import Contrary, Found, contradictions_in
from contactcenter.worktime.derivation import derive_stretches
from contactcenter.worktime.events import EventKind
from contactcenter.worktime.segments import HOUR, SECOND, Event

E = EventKind
MINUTE = 60 * SECOND


def event(at: int, kind: EventKind, interaction: int | None = None, **fields: object) -> Event:
    subject = f"interaction {interaction}" if interaction else ""
    given = {"account": 1 if interaction else None, "interaction": interaction, "subject": subject} | fields
    return Event(at=at, kind=kind, key=f"{at} {kind} {interaction}", **given)  # type: ignore[arg-type]


def found(events: list[Event], until: int = 30 * HOUR) -> list[Found]:
    return [
        contradiction
        for stretch in derive_stretches(events=events, until=until)
        for contradiction in contradictions_in(
            events=stretch.events, segments=stretch.segments, stays=stretch.stays, until=until
        )
    ]


def stay(*events: Event) -> list[Event]:
    return [event(0, E.SESSION_STARTED), *events, event(HOUR, E.SESSION_ENDED)]


def test_orderly_session_contradicts_nothing() -> None:
    events = stay(
        event(MINUTE, E.CALL_TALK_STARTED, 1),
        event(2 * MINUTE, E.CALL_ENDED, 1),
        event(3 * MINUTE, E.PRESENCE_BREAK),
        event(4 * MINUTE, E.PRESENCE_AVAILABLE),
    )
    assert found(events) == []


def test_two_calls_at_once_contradict_each_other_unless_one_is_on_hold() -> None:
    overlap = [
        event(MINUTE, E.CALL_TALK_STARTED, 1),
        event(2 * MINUTE, E.CALL_TALK_STARTED, 2),
        event(3 * MINUTE, E.CALL_ENDED, 1),
        event(4 * MINUTE, E.CALL_ENDED, 2),
    ]
    assert found(stay(*overlap)) == [Found(2 * MINUTE, 3 * MINUTE, Contrary.TWO_CALLS, "interactions 1 and 2")]
    held = [event(2 * MINUTE, E.CALL_HOLD_STARTED, 1), event(3 * MINUTE, E.CALL_HOLD_ENDED, 1)]
    assert found(stay(*overlap, *held)) == []


def test_overlap_of_a_second_is_rounding() -> None:
    events = [
        event(MINUTE, E.CALL_TALK_STARTED, 1),
        event(2 * MINUTE, E.CALL_TALK_STARTED, 2),
        event(2 * MINUTE + SECOND, E.CALL_ENDED, 1),
        event(4 * MINUTE, E.CALL_ENDED, 2),
    ]
    assert found(stay(*events)) == []


def test_call_during_a_break_is_listed_with_its_reason() -> None:
    events = [
        event(MINUTE, E.PRESENCE_BREAK, reason="meal"),
        event(2 * MINUTE, E.CALL_TALK_STARTED, 1),
        event(3 * MINUTE, E.CALL_ENDED, 1),
        event(4 * MINUTE, E.PRESENCE_AVAILABLE),
    ]
    assert found(stay(*events)) == [Found(2 * MINUTE, 3 * MINUTE, Contrary.CALL_IN_BREAK, "meal")]


def test_work_without_a_log_in_is_listed() -> None:
    events = [event(MINUTE, E.CALL_TALK_STARTED, 1), event(2 * MINUTE, E.CALL_ENDED, 1)]
    assert found(events) == [Found(MINUTE, 2 * MINUTE, Contrary.NO_LOG_IN)]


def test_log_out_that_never_came_is_listed_where_the_rule_put_it() -> None:
    events = [event(0, E.SESSION_STARTED), event(MINUTE, E.PRESENCE_AVAILABLE)]
    assert found(events) == [Found(MINUTE, MINUTE, Contrary.NO_LOG_OUT, "silence")]


def test_call_that_never_ended_is_listed_up_to_where_the_rule_ended_it() -> None:
    events = [
        event(MINUTE, E.CALL_TALK_STARTED, 1),
        event(3 * MINUTE, E.CALL_TALK_STARTED, 2),
        event(4 * MINUTE, E.CALL_ENDED, 2),
    ]
    assert found(stay(*events)) == [Found(MINUTE, 3 * MINUTE, Contrary.END_MISSING, "talk interaction 1")]


def test_running_call_is_no_contradiction() -> None:
    assert found([event(0, E.SESSION_STARTED), event(MINUTE, E.CALL_TALK_STARTED, 1)], until=2 * MINUTE) == []


def test_event_told_before_its_instant_comes_from_a_clock_ahead() -> None:
    told = event(10 * MINUTE, E.CALL_TALK_STARTED, 1, told_at=9 * MINUTE)
    events = stay(told, event(11 * MINUTE, E.CALL_ENDED, 1, told_at=11 * MINUTE - 2 * SECOND))
    assert found(events) == [Found(9 * MINUTE, 10 * MINUTE, Contrary.AHEAD_OF_CLOCK, told.key)]
