"""The clocks of a ticket, by hand calculation, and what holds for every history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.kernel.business_time import hours_from
from contactcenter.tickets.sla import FIRST_REPLY, NEXT_REPLY, RESOLUTION, Clock, Facts, keep_clocks, next_due

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
TARGETS = {FIRST_REPLY: timedelta(hours=1), NEXT_REPLY: timedelta(hours=2), RESOLUTION: timedelta(hours=8)}
OFFICE = hours_from(time_zone="UTC", week=[[["09:00", "17:00"]]] * 5 + [[], []])


def after(hours: float) -> datetime:
    return OPENED + timedelta(hours=hours)


def facts(status: str = "new", **given_facts: Any) -> Facts:
    values: dict[str, Any] = {
        "opened_at": OPENED,
        "first_message_at": OPENED,
        "unanswered_since": OPENED,
        **given_facts,
    }
    return Facts(status=status, **values)


def keep(clocks: list[Clock], told: Facts, hours: float, *, targets=TARGETS, office=None) -> dict[str, Clock]:
    kept = keep_clocks(clocks, facts=told, targets=targets, hours=office, at=after(hours))
    assert keep_clocks(kept, facts=told, targets=targets, hours=office, at=after(hours)) == kept
    return {clock.kind: clock for clock in kept}


def test_a_new_ticket_is_due_for_its_first_reply_and_its_resolution() -> None:
    clocks = keep([], facts(), 0.1)
    assert clocks[FIRST_REPLY].due_at == after(1)
    assert clocks[RESOLUTION].due_at == after(8)
    assert NEXT_REPLY not in clocks
    assert next_due(clocks.values()) == clocks[FIRST_REPLY]


def test_a_reply_ends_the_first_clock_and_the_resolution_stands_while_the_contact_has_the_word() -> None:
    clocks = keep([], facts(), 0)
    told = facts("pending", first_reply_at=after(0.5), last_reply_at=after(0.5), unanswered_since=None)
    clocks = keep([*clocks.values()], told, 0.5)
    assert clocks[FIRST_REPLY].met_at == after(0.5)
    assert clocks[FIRST_REPLY].breached_at is None
    assert clocks[FIRST_REPLY].elapsed == timedelta(minutes=30)
    assert clocks[RESOLUTION].due_at is None
    assert clocks[RESOLUTION].elapsed == timedelta(minutes=30)
    # two days later the contact answers: 7.5 of 8 hours are left, and the next reply is due in two
    back = facts("open", first_reply_at=after(0.5), last_reply_at=after(0.5), unanswered_since=after(48))
    clocks = keep([*clocks.values()], back, 48.1)
    assert clocks[RESOLUTION].due_at == after(55.5)
    assert clocks[NEXT_REPLY].started_at == after(48)
    assert clocks[NEXT_REPLY].due_at == after(50)
    answered = facts("pending", first_reply_at=after(0.5), last_reply_at=after(51), unanswered_since=None)
    clocks = keep([*clocks.values()], answered, 51)
    assert clocks[NEXT_REPLY].met_at == after(51)
    assert clocks[NEXT_REPLY].breached_at == after(50)
    assert clocks[RESOLUTION].elapsed == timedelta(hours=3.5)


def test_a_reply_at_the_last_instant_is_in_time() -> None:
    told = facts("pending", first_reply_at=after(1), last_reply_at=after(1), unanswered_since=None)
    assert keep([*keep([], facts(), 0).values()], told, 1)[FIRST_REPLY].breached_at is None


def test_time_that_ran_out_is_flagged_with_its_instant_before_anybody_replies() -> None:
    clocks = keep([*keep([], facts(), 0).values()], facts("open"), 1.01)
    assert clocks[FIRST_REPLY].breached_at == after(1)
    assert clocks[FIRST_REPLY].met_at is None
    assert clocks[RESOLUTION].breached_at is None


def test_clocks_run_in_business_time() -> None:
    # eight hours from Monday 16:00 within 9 to 17: one on Monday, seven on Tuesday
    late = facts(opened_at=after(7), first_message_at=after(7), unanswered_since=after(7))
    clocks = keep([], late, 7, office=OFFICE)
    assert clocks[RESOLUTION].due_at == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    assert clocks[FIRST_REPLY].due_at == after(8)


def test_time_on_hold_before_opening_does_not_start_the_clock_again() -> None:
    saturday = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
    told = facts("new", opened_at=saturday, first_message_at=saturday, unanswered_since=saturday)
    targets = {RESOLUTION: timedelta(hours=8)}
    hours = (saturday - OPENED) / timedelta(hours=1)
    clocks = keep([], told, hours, targets=targets, office=OFFICE)
    clocks = keep([*clocks.values()], replace(told, status="pending"), hours + 1, targets=targets, office=OFFICE)
    assert clocks[RESOLUTION].elapsed == timedelta(0)
    # Monday 12:00 it is opened by hand: eight hours from then are Tuesday 12:00, the morning does not count
    reopened = keep_clocks(
        clocks.values(),
        facts=replace(told, status="open", unanswered_since=None),
        targets=targets,
        hours=OFFICE,
        at=datetime(2026, 3, 9, 12, 0, tzinfo=UTC),
    )
    assert reopened[0].due_at == datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def test_clocks_stand_on_hold_and_go_on_when_it_ends_not_from_an_older_word() -> None:
    # the contact wrote at 0:00 and waits for the first reply; from 0:30 to 2:30 the ticket is on hold
    clocks = keep([*keep([], facts("open"), 0).values()], facts("open", stands=True), 0.5)
    assert {clock.elapsed for clock in clocks.values()} == {timedelta(minutes=30)}
    assert {clock.due_at for clock in clocks.values()} == {None}
    # looked at while it stands: an hour for the first reply has long passed, and is not broken
    clocks = keep([*clocks.values()], facts("open", stands=True), 2)
    assert clocks[FIRST_REPLY].breached_at is None
    # half an hour of one and seven and a half of eight hours are left
    clocks = keep([*clocks.values()], facts("open", resumed_at=after(2.5)), 2.5)
    assert (clocks[FIRST_REPLY].due_at, clocks[RESOLUTION].due_at) == (after(3), after(10))
    # whoever looks later sees the same
    assert keep([*clocks.values()], facts("open"), 2.75)[FIRST_REPLY].due_at == after(3)
    assert keep([*clocks.values()], facts("open"), 3.5)[FIRST_REPLY].breached_at == after(3)


def test_word_of_the_contact_while_on_hold_is_owed_an_answer_from_the_end_of_the_hold() -> None:
    clocks = keep([], facts("open"), 0)
    told = facts("open", first_reply_at=after(0.5), last_reply_at=after(0.5), unanswered_since=None)
    clocks = keep([*clocks.values()], replace(told, stands=True), 1)
    # the contact writes at 2:00, the hold ends at 3:00: two hours from then
    again = replace(told, unanswered_since=after(2))
    clocks = keep([*clocks.values()], replace(again, stands=True), 2)
    assert (clocks[NEXT_REPLY].started_at, clocks[NEXT_REPLY].elapsed) == (after(2), timedelta(0))
    clocks = keep([*clocks.values()], replace(again, resumed_at=after(3)), 3)
    assert clocks[NEXT_REPLY].due_at == after(5)
    assert clocks[RESOLUTION].due_at == after(10)


def test_ticket_that_waits_for_the_contact_stands_on_after_its_hold() -> None:
    told = facts("pending", first_reply_at=after(0.5), last_reply_at=after(0.5), unanswered_since=None)
    clocks = keep([*keep([], facts(), 0).values()], replace(told, stands=True), 0.5)
    clocks = keep([*clocks.values()], replace(told, resumed_at=after(3)), 3)
    assert (clocks[RESOLUTION].due_at, clocks[RESOLUTION].elapsed) == (None, timedelta(minutes=30))


def test_a_solved_ticket_owes_nothing_and_one_opened_again_goes_on_where_it_stopped() -> None:
    clocks = keep([*keep([], facts(), 0).values()], facts("solved", solved_at=after(0.75)), 0.75)
    assert {clock.met_at for clock in clocks.values()} == {after(0.75)}
    again = facts("open", unanswered_since=after(20))
    clocks = keep([*clocks.values()], again, 20)
    assert clocks[RESOLUTION].due_at == after(27.25)
    assert clocks[FIRST_REPLY].met_at == after(0.75)


def test_a_changed_target_moves_what_is_due_and_takes_a_breach_back() -> None:
    clocks = keep([*keep([], facts(), 0).values()], facts("open"), 1.5)
    assert clocks[FIRST_REPLY].breached_at == after(1)
    longer = {**TARGETS, FIRST_REPLY: timedelta(hours=4)}
    clocks = keep([*clocks.values()], facts("open"), 1.5, targets=longer)
    assert clocks[FIRST_REPLY].due_at == after(4)
    assert clocks[FIRST_REPLY].breached_at is None


def test_without_a_promise_there_is_no_clock() -> None:
    assert keep([*keep([], facts(), 0).values()], facts("open"), 1, targets={}) == {}


@given(
    gaps=st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 3000)), min_size=1, max_size=8),
    office=st.sampled_from([None, OFFICE]),
)
def test_what_a_clock_ran_is_the_time_that_was_ours_however_often_it_stood(
    gaps: list[tuple[int, int]], office: object
) -> None:
    """The ticket is ours, then the contact's, in turn; the resolution counts the first kind only."""
    from contactcenter.kernel.business_time import business_time_between

    at, ours, clocks = OPENED, timedelta(0), []
    told = facts("open", first_reply_at=None)
    targets = {RESOLUTION: timedelta(hours=8)}
    for mine, theirs in gaps:
        clocks = keep_clocks(clocks, facts=replace(told, status="open", unanswered_since=at), targets=targets,
                             hours=office, at=at)  # fmt: skip
        until = at + timedelta(minutes=mine)
        ours += business_time_between(office, start=at, end=until)
        clocks = keep_clocks(clocks, facts=replace(told, status="pending", unanswered_since=None), targets=targets,
                             hours=office, at=until)  # fmt: skip
        assert clocks[0].elapsed == ours
        assert (clocks[0].breached_at is not None) == (ours > timedelta(hours=8))
        at = until + timedelta(minutes=theirs)
