"""What holds for every backlog and every crew: R1, R3, R4 and capacity (design.md, section 5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from contactcenter.routing.matching import (
    OTHERS_TOLD,
    Decision,
    OperatorView,
    WaitingTicket,
    capacity_kind,
    choose_operator,
    demand_of,
    order_waiting,
    place_of,
    refusal,
    reserve,
)
from contactcenter.routing.planning import plan_offers
from contactcenter.routing.rules import QueueRules, Step

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CHANNELS = ("voice", "chat", "email", "sms", "social")
KINDS = ("voice", "chat", "email")
ACCOUNTS = (1, 2, 3)
LANGUAGES = ("ru", "en", "es")

seconds = st.integers(min_value=0, max_value=400)
few = st.integers(min_value=0, max_value=3)


SKILLS = (7, 8)
skills = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5))
pools = st.none() | st.frozensets(st.integers(1, 6), min_size=1)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    action = draw(st.sampled_from(["lower_level", "drop_optional", "overflow", "machine", "interpreter", "callback"]))
    return Step(
        after=timedelta(seconds=draw(seconds)),
        action=action,
        level=draw(st.integers(1, 5)) if action == "lower_level" else None,
        pool=draw(pools) if action == "overflow" else None,
    )


@st.composite
def queues(draw: st.DrawFn, queue_id: int) -> QueueRules:
    asked, found = draw(skills), draw(st.lists(steps(), max_size=4))
    return QueueRules(
        queue_id=queue_id,
        first_level=draw(st.integers(1, 5)),
        skills={skill: level for skill, level in asked.items() if skill == SKILLS[0]},
        optional={skill: level for skill, level in asked.items() if skill == SKILLS[1]},
        members=draw(pools),
        steps=tuple(sorted(found, key=lambda step: step.after)),
        sticky=timedelta(seconds=draw(seconds)),
    )


@dataclass(frozen=True)
class World:
    queues: tuple[QueueRules, ...]
    accounts: dict[int, tuple[bool, bool, dict[int, int]]]
    """Consent to machines, consent to interpreters, certifications."""


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return World(
        queues=tuple(draw(queues(queue_id=number)) for number in range(1, draw(st.integers(1, 2)) + 1)),
        accounts={
            account: (draw(st.booleans()), draw(st.booleans()), draw(st.just({}) | skills)) for account in ACCOUNTS
        },
    )


@st.composite
def tickets(draw: st.DrawFn, ticket_id: int = 1, world: World | None = None) -> WaitingTicket:
    world = world or draw(worlds())
    account = draw(st.sampled_from(ACCOUNTS))
    machine, interpreter, certifications = world.accounts[account]
    return WaitingTicket(
        ticket_id=ticket_id,
        account_id=account,
        channel=draw(st.sampled_from(CHANNELS)),
        language=draw(st.sampled_from(("", *LANGUAGES))),
        priority=draw(st.integers(0, 2)),
        enqueued_at=NOON - timedelta(seconds=draw(seconds)),
        due_at=NOON + timedelta(seconds=draw(st.integers(-2, 2))),
        rules=draw(st.sampled_from(world.queues)),
        certifications=certifications,
        machine_allowed=machine,
        interpreter_allowed=interpreter,
        last_served_at=NOON - timedelta(seconds=draw(seconds)),
        passed_by=draw(st.frozensets(st.integers(1, 6), max_size=2)),
        handed_on_by=draw(st.frozensets(st.integers(1, 6), max_size=2)),
        last_operator_id=draw(st.none() | st.integers(1, 6)),
    )


@st.composite
def crews(draw: st.DrawFn) -> list[OperatorView]:
    return [
        OperatorView(
            operator_id=operator_id,
            available=draw(st.booleans()),
            accounts=draw(st.frozensets(st.sampled_from(ACCOUNTS))),
            languages=draw(st.dictionaries(st.sampled_from(LANGUAGES), st.integers(1, 5))),
            capacity={kind: draw(few) for kind in KINDS},
            load={kind: draw(few) for kind in KINDS},
            idle_since=NOON - timedelta(seconds=draw(seconds)),
            skills=draw(skills),
            has_offer=draw(st.booleans()),
            is_wrapping=draw(st.sampled_from([False, False, True])),
            mail_is_interruptible=draw(st.booleans()),
            chat_is_interruptible=draw(st.booleans()),
        )
        for operator_id in range(1, draw(st.integers(0, 6)) + 1)
    ]


@st.composite
def backlogs(draw: st.DrawFn) -> list[WaitingTicket]:
    world = draw(worlds())
    waiting = [draw(tickets(ticket_id=number, world=world)) for number in range(1, draw(st.integers(0, 12)) + 1)]
    return draw(st.permutations(waiting))


@given(waiting=backlogs(), crew=crews())
def test_no_ticket_is_offered_twice_and_no_operator_decides_on_two(
    waiting: list[WaitingTicket], crew: list[OperatorView]
) -> None:
    planned = plan_offers(waiting=waiting, operators=crew, at=NOON)
    assert max(Counter(one.ticket_id for one, _ in planned).values(), default=1) == 1
    assert max(Counter(decision.operator_id for _, decision in planned).values(), default=1) == 1


@given(waiting=backlogs(), crew=crews())
def test_load_with_offers_stays_within_capacity_and_every_offer_is_allowed(
    waiting: list[WaitingTicket], crew: list[OperatorView]
) -> None:
    by_id = {one.operator_id: one for one in crew}
    for one, decision in plan_offers(waiting=waiting, operators=crew, at=NOON):
        assert decision.operator_id is not None
        chosen = by_id[decision.operator_id]
        kind = capacity_kind(one.channel)
        assert chosen.load[kind] + 1 <= chosen.capacity[kind]
        assert one.account_id in chosen.accounts
        assert chosen.available
        assert not chosen.has_offer
        assert chosen.operator_id not in one.passed_by | one.handed_on_by
        assert all(chosen.skills.get(skill, 0) >= level for skill, level in one.certifications.items())
        assert all(chosen.skills.get(skill, 0) >= level for skill, level in one.rules.skills.items())
        wanted = demand_of(one, at=NOON).level
        speaks = not one.language or chosen.languages.get(one.language, 0) >= wanted
        assert speaks == (decision.bridge == "")
        assert decision.bridge != "machine" or (one.machine_allowed and one.channel != "voice")
        assert decision.bridge != "interpreter" or one.interpreter_allowed


@settings(max_examples=150)
@given(waiting=backlogs(), crew=crews())
def test_no_older_equal_priority_ticket_waits_while_a_newer_one_is_offered_to_its_operator(
    waiting: list[WaitingTicket], crew: list[OperatorView]
) -> None:
    by_id = {one.operator_id: one for one in crew}
    planned = plan_offers(waiting=waiting, operators=crew, at=NOON)
    offered = {one.ticket_id for one, _ in planned}
    for newer, decision in planned:
        assert decision.operator_id is not None
        for older in waiting:
            overtaken = (
                older.ticket_id not in offered
                and place_of(older) < place_of(newer)
                and refusal(ticket=older, operator=by_id[decision.operator_id], at=NOON) is None
            )
            assert not overtaken, (older, newer)


@given(waiting=backlogs(), crew=crews())
def test_after_the_plan_nobody_left_could_take_anything_left(
    waiting: list[WaitingTicket], crew: list[OperatorView]
) -> None:
    planned = plan_offers(waiting=waiting, operators=crew, at=NOON)
    offered = {one.ticket_id for one, _ in planned}
    busy = {decision.operator_id for _, decision in planned}
    for left in waiting:
        if left.ticket_id not in offered:
            free = [one for one in crew if one.operator_id not in busy]
            assert choose_operator(ticket=left, operators=free, at=NOON).operator_id is None


@settings(max_examples=250)
@given(waiting=backlogs(), crew=crews())
def test_the_plan_says_of_each_ticket_what_is_said_of_it_alone(
    waiting: list[WaitingTicket], crew: list[OperatorView]
) -> None:
    now = {one.operator_id: one for one in crew}
    expected = []
    for each in order_waiting(waiting):
        alone = choose_operator(ticket=each, operators=now.values(), at=NOON, told=OTHERS_TOLD)
        if alone.operator_id is not None:
            now[alone.operator_id] = reserve(operator=now[alone.operator_id], channel=each.channel)
            expected.append((each, alone))
    planned = plan_offers(waiting=waiting, operators=crew, at=NOON)
    assert [_told(*one) for one in planned] == [_told(*one) for one in expected]


def _told(ticket: WaitingTicket, decision: Decision) -> tuple[object, ...]:
    """All of a decision. Who is not entitled is counted only where a whole backlog is planned: no such name is told."""
    named = tuple(verdict for verdict in decision.others if verdict.reason != "not_entitled")
    return (ticket, replace(decision, others=named, counts=dict(decision.counts)))


@given(waiting=backlogs(), crew=crews(), data=st.data())
def test_the_plan_does_not_depend_on_the_order_of_rows(
    waiting: list[WaitingTicket], crew: list[OperatorView], data: st.DataObject
) -> None:
    again = plan_offers(
        waiting=data.draw(st.permutations(waiting)),
        operators=data.draw(st.permutations(crew)),
        at=NOON,
    )
    assert plan_offers(waiting=waiting, operators=crew, at=NOON) == again


@given(one=tickets(), crew=crews(), longer=seconds)
def test_waiting_longer_never_narrows_the_choice_and_never_drops_entitlement(
    one: WaitingTicket, crew: list[OperatorView], longer: int
) -> None:
    patient = replace(one, enqueued_at=one.enqueued_at - timedelta(seconds=longer))
    before = {each.operator_id for each in crew if refusal(ticket=one, operator=each, at=NOON) is None}
    after = {each.operator_id for each in crew if refusal(ticket=patient, operator=each, at=NOON) is None}
    assert before <= after
    for each in crew:
        if each.operator_id in after:
            assert one.account_id in each.accounts
            assert all(each.skills.get(skill, 0) >= level for skill, level in one.certifications.items())


@given(one=tickets(), crew=crews())
def test_every_operator_is_chosen_or_told_why_not(one: WaitingTicket, crew: list[OperatorView]) -> None:
    decision = choose_operator(ticket=one, operators=crew, at=NOON)
    told = [verdict.operator_id for verdict in decision.others]
    if decision.operator_id is not None:
        told.append(decision.operator_id)
    assert sorted(told) == [each.operator_id for each in crew]
    assert sum(decision.counts.values()) == len(decision.others)


@given(waiting=backlogs())
def test_order_is_total(waiting: list[WaitingTicket]) -> None:
    ordered = order_waiting(waiting)
    for first, second in pairwise(ordered):
        assert first.priority > second.priority or (
            first.priority == second.priority
            and (first.due_at, first.enqueued_at, first.ticket_id)
            < (second.due_at, second.enqueued_at, second.ticket_id)
        )
