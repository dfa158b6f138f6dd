"""Signs of attention: the ledger is told few of them and says the same to the millisecond as if told all."""

from hypothesis import example, given
from hypothesis import strategies as st

from contactcenter.worktime.events import EventKind
from contactcenter.worktime.focusing import STEP, Attention, Taken, flush, forget, take
from contactcenter.worktime.ledger import Kind, Segment
from contactcenter.worktime.segments import Event, segments_of

SECOND = 1000
LAPSES = 90 * SECOND
"""Focus lasts 90 s from the last key or pointer (anchors/operations.md, class 2)."""
HOURS = 3600 * SECOND


def event(subject: str, at: int, *, active: bool = True) -> Event:
    kind = EventKind.FOCUS_STARTED if active else EventKind.FOCUS_ENDED
    return Event(at=at, kind=kind, key=f"{subject} {at} {kind}", subject=subject, account=1)


class Console:
    """Takes signs as an action does, and keeps what it would have recorded beside all that it was told."""

    def __init__(self) -> None:
        self.attention: Attention | None = None
        self.told: list[Event] = []
        self.recorded: list[Event] = []

    def sign(self, subject: str, at: int, *, active: bool = True) -> Taken:
        self.told.append(event(subject, at, active=active))
        before = self.attention
        taken = take(before, subject=subject, at=at, active=active)
        if taken.held is not None and before is not None:
            self.recorded.append(event(before.subject, taken.held))
        if taken.told is not None:
            self.recorded.append(event(subject, taken.told, active=active))
        self.attention = taken.after
        return taken

    def flush(self, at: int) -> None:
        if self.attention is None:
            return
        held = flush(self.attention, at=at)
        if held is not None:
            self.recorded.append(event(self.attention.subject, held))
            self.attention = Attention(self.attention.subject, held)

    def finish(self, subject: str, at: int) -> None:
        """The conversation ends, and with it the attention to it, as routing tells the ledger."""
        if self.attention is not None:
            after, held = forget(self.attention, subject=subject, at=at)
            if held is not None:
                self.recorded.append(event(self.attention.subject, held))
            self.attention = after
        for events in (self.told, self.recorded):
            events.append(event(subject, at, active=False))


def focus(events: list[Event], until: int) -> list[Segment]:
    ordered = sorted(events, key=lambda e: (e.at, e.key))
    return sorted(
        (s for s in segments_of(events=ordered, until=until) if s.kind is Kind.FOCUS), key=lambda s: (s.start, s.end)
    )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["sign", "sign", "sign", "sign", "leave", "finish", "flush"]),
        st.sampled_from(["a", "b"]),
        # also the very bounds of the step and of the lapse
        st.one_of(
            st.integers(1, 200 * SECOND),
            st.sampled_from([STEP - 1, STEP, STEP + 1, LAPSES - 1, LAPSES, LAPSES + 1, 25 * SECOND, 1]),
        ),
    ),
    max_size=60,
)


@given(steps=STEPS)
@example(steps=[("sign", "a", 1), ("sign", "a", 1), ("finish", "b", 1)])
def test_derived_focus_is_the_same_to_the_millisecond_as_from_every_single_sign(steps):
    console, now = Console(), 0
    for what, subject, gap in steps:
        now += gap
        if what == "sign":
            console.sign(subject, now)
        elif what == "leave":
            console.sign(subject, now, active=False)
        elif what == "finish":
            console.finish(subject, now)
        else:
            console.flush(now)
    # held signs are flushed once they have waited for the step
    console.flush(now + STEP)
    assert focus(console.recorded, now + HOURS) == focus(console.told, now + HOURS)


@given(steps=STEPS)
def test_while_a_sign_is_held_back_what_has_been_derived_so_far_is_right_already(steps):
    console, now = Console(), 0
    for what, subject, gap in steps:
        now += min(gap, STEP)
        console.flush(now)
        console.sign(subject, now, active=what != "leave")
        assert focus(console.recorded, now) == focus(console.told, now)


@given(gaps=st.lists(st.integers(1, 5 * SECOND), min_size=1, max_size=400))
def test_however_often_a_console_tells_of_one_ticket_one_event_a_step_is_recorded(gaps):
    console, now = Console(), 0
    console.sign("a", 0)
    for gap in gaps:
        now += gap
        console.sign("a", now)
    assert len(console.recorded) <= now // STEP + 1
    console.flush(now + STEP)
    assert focus(console.recorded, now + HOURS) == [
        Segment(0, now + LAPSES, Kind.FOCUS, account=1, id=f"a 0 {EventKind.FOCUS_STARTED}")
    ]


def test_last_sign_of_all_lengthens_the_focus_though_it_came_within_the_step():
    console = Console()
    console.sign("a", 0)
    console.sign("a", 30 * SECOND)
    assert len(console.recorded) == 1
    console.flush(STEP - 1)
    assert len(console.recorded) == 1
    console.flush(STEP)
    assert [(s.start, s.end) for s in focus(console.recorded, HOURS)] == [(0, 120 * SECOND)]


def test_sign_that_arrives_after_a_later_one_counts_from_that_one_on():
    console = Console()
    console.sign("a", 10 * SECOND)
    console.sign("a", 20 * SECOND)
    assert console.sign("a", 5 * SECOND).told is None
    # turned to another ticket, told with an instant before the first one's latest sign
    assert console.sign("b", 15 * SECOND).told == 20 * SECOND + 1
    assert [(s.start, s.end) for s in focus(console.recorded, HOURS)] == [
        (10 * SECOND, 20 * SECOND + 1),
        (20 * SECOND + 1, 110 * SECOND + 1),
    ]


def test_ticket_left_and_the_next_one_looked_at_in_the_same_millisecond_leave_no_gap():
    console = Console()
    console.sign("a", 0)
    console.sign("a", 7, active=False)
    console.sign("b", 7)
    assert [(s.start, s.end) for s in focus(console.recorded, HOURS)] == [(0, 7), (7, LAPSES + 7)]


def test_leaving_a_ticket_that_had_no_attention_is_not_recorded():
    console = Console()
    console.sign("a", 0)
    for at in range(1, 100):
        assert console.sign("b", at, active=False) == Taken(Attention("a", 0))
    assert len(console.recorded) == 1
