"""The choice of an operator, step by step (anchors/operations.md, "Routing")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contactcenter.routing.matching import (
    OperatorView,
    WaitingTicket,
    choose_operator,
    demand_of,
    order_waiting,
    refusal,
)
from contactcenter.routing.planning import plan_offers
from contactcenter.routing.rules import QueueRules, Step, default_steps

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CLINIC, SHOP = 1, 2
ORDERS, RETURNS = 11, 12
"""Skills."""


def rules(*, first_level: int = 3, steps: tuple[Step, ...] | None = None, **asked) -> QueueRules:
    return QueueRules(first_level=first_level, steps=default_steps(first_level) if steps is None else steps, **asked)


def step(seconds: int, action: str, **more) -> Step:
    return Step(after=timedelta(seconds=seconds), action=action, **more)


def ticket(
    ticket_id: int = 1,
    *,
    account_id: int = CLINIC,
    channel: str = "chat",
    language: str = "ru",
    priority: int = 0,
    waited_s: int = 0,
    passed_by: frozenset[int] = frozenset(),
    handed_on_by: frozenset[int] = frozenset(),
    last_operator_id: int | None = None,
    queue: QueueRules | None = None,
    due_s: int = 86_400,
    served_s: int = 3600,
    **more,
) -> WaitingTicket:
    return WaitingTicket(
        ticket_id=ticket_id,
        account_id=account_id,
        channel=channel,
        language=language,
        priority=priority,
        enqueued_at=NOON - timedelta(seconds=waited_s),
        due_at=NOON - timedelta(seconds=waited_s - due_s),
        rules=queue or rules(),
        passed_by=passed_by,
        handed_on_by=handed_on_by,
        last_operator_id=last_operator_id,
        last_served_at=NOON - timedelta(seconds=served_s),
        **more,
    )


def operator(
    operator_id: int = 1,
    *,
    available: bool = True,
    accounts: frozenset[int] = frozenset({CLINIC}),
    level: int = 5,
    load: int = 0,
    capacity: int = 4,
    idle_s: int = 0,
    has_offer: bool = False,
    voice: int = 0,
    mails: int = 0,
    **more,
) -> OperatorView:
    return OperatorView(
        operator_id=operator_id,
        available=available,
        accounts=accounts,
        languages={"ru": level} if level else {},
        capacity={"voice": 1, "chat": capacity, "email": 6},
        load={"chat": load, "voice": voice, "email": mails},
        idle_since=NOON - timedelta(seconds=idle_s),
        has_offer=has_offer,
        **more,
    )


def reason(one: OperatorView, waiting: WaitingTicket) -> str | None:
    verdict = refusal(ticket=waiting, operator=one, at=NOON)
    return verdict.reason if verdict else None


def test_higher_priority_goes_first_then_the_longest_waiting() -> None:
    ordered = order_waiting(
        [
            ticket(1, waited_s=10),
            ticket(2, waited_s=90),
            ticket(3, waited_s=5, priority=1),
            ticket(4, waited_s=90),
        ]
    )
    assert [one.ticket_id for one in ordered] == [3, 2, 4, 1]


def test_operator_without_the_account_is_refused_however_long_the_wait() -> None:
    assert reason(operator(accounts=frozenset({SHOP})), ticket(waited_s=86_400)) == "not_entitled"


def test_operator_on_a_break_is_refused() -> None:
    assert reason(operator(available=False), ticket()) == "not_available"


def test_operator_who_just_passed_the_ticket_is_refused() -> None:
    assert reason(operator(7), ticket(passed_by=frozenset({7}))) == "passed"
    assert reason(operator(8), ticket(passed_by=frozenset({7}))) is None


def test_operator_who_handed_the_ticket_on_is_refused_for_that() -> None:
    assert reason(operator(7), ticket(handed_on_by=frozenset({7}))) == "handed_on"
    assert reason(operator(8), ticket(handed_on_by=frozenset({7}))) is None


def test_language_level_needed_falls_as_the_ticket_waits() -> None:
    def levels(first: int, *waits: int) -> list[int]:
        return [demand_of(ticket(waited_s=s, queue=rules(first_level=first)), at=NOON).level for s in waits]

    assert levels(3, -5, 0, 59, 60, 179, 180, 9_999) == [3, 3, 3, 2, 2, 1, 1]
    assert levels(1, 0, 60, 180) == [1, 1, 1]
    assert reason(operator(level=2), ticket(waited_s=59)) == "language"
    assert reason(operator(level=2), ticket(waited_s=60)) is None
    assert reason(operator(level=0), ticket(waited_s=9_999)) == "language"


def test_ticket_of_unsure_language_suits_everyone() -> None:
    assert reason(operator(level=0), ticket(language="")) is None


def test_full_operator_is_refused_and_other_channels_do_not_count() -> None:
    assert reason(operator(load=4, capacity=4), ticket()) == "capacity"
    assert reason(operator(load=4, capacity=4), ticket(channel="email")) is None
    assert reason(operator(load=4, capacity=4), ticket(channel="sms")) == "capacity"
    assert reason(operator(capacity=0), ticket()) == "capacity"


def test_operator_deciding_on_an_offer_gets_no_second_one() -> None:
    assert reason(operator(has_offer=True), ticket()) == "deciding"


def test_lowest_load_ratio_wins_over_longer_idle() -> None:
    decision = choose_operator(
        ticket=ticket(),
        # 2/4 is more than 2/6, although the first has been idle for longer
        operators=[
            operator(1, load=2, capacity=4, idle_s=900),
            operator(2, load=2, capacity=6, idle_s=1),
        ],
        at=NOON,
    )
    assert (decision.operator_id, decision.rule) == (2, "lowest_load")
    assert decision.explain()["others"] == [{"operator_id": 1, "reason": "higher_load", "load": 2, "capacity": 4}]


def test_longest_idle_wins_at_equal_load_then_the_lowest_id() -> None:
    idle = choose_operator(
        ticket=ticket(),
        operators=[operator(1, idle_s=5), operator(2, idle_s=6)],
        at=NOON,
    )
    assert (idle.operator_id, idle.rule) == (2, "longest_idle")
    equal = choose_operator(ticket=ticket(), operators=[operator(4), operator(3)], at=NOON)
    assert (equal.operator_id, equal.rule) == (3, "lowest_id")


def test_last_operator_is_asked_first_but_only_when_eligible() -> None:
    pair = [operator(1), operator(2, load=3)]
    asked = choose_operator(ticket=ticket(last_operator_id=2), operators=pair, at=NOON)
    assert (asked.operator_id, asked.rule) == (2, "last_operator")
    full = choose_operator(
        ticket=ticket(last_operator_id=2),
        operators=[operator(1), operator(2, load=4)],
        at=NOON,
    )
    assert (full.operator_id, full.rule) == (1, "only_one")


def test_decision_tells_why_nobody_can_take_the_ticket() -> None:
    decision = choose_operator(
        ticket=ticket(waited_s=30),
        operators=[
            operator(1, level=2),
            operator(2, load=4),
            operator(3, accounts=frozenset({SHOP})),
        ],
        at=NOON,
    )
    assert decision.explain() == {
        "operator_id": None,
        "rule": "nobody",
        "minimum_level": 3,
        "level": None,
        "bridge": "",
        "relaxed": [],
        "waited_ms": 30_000,
        "load": 0,
        "capacity": 0,
        "not_chosen": {"capacity": 1, "language": 1, "not_entitled": 1},
        "others": [
            {"operator_id": 1, "reason": "language", "level": 2, "wanted": 3},
            {"operator_id": 2, "reason": "capacity", "load": 4, "capacity": 4},
            {"operator_id": 3, "reason": "not_entitled"},
        ],
    }


def test_backlog_is_offered_oldest_first_and_one_offer_per_operator() -> None:
    planned = plan_offers(
        waiting=[ticket(1, waited_s=1), ticket(2, waited_s=30), ticket(3, waited_s=20)],
        operators=[operator(1, idle_s=9), operator(2, idle_s=3)],
        at=NOON,
    )
    assert [(one.ticket_id, decision.operator_id) for one, decision in planned] == [
        (2, 1),
        (3, 2),
    ]


def test_older_ticket_nobody_can_take_does_not_hold_up_the_newer_ones() -> None:
    planned = plan_offers(
        waiting=[ticket(1, waited_s=99, language="fi"), ticket(2, waited_s=1)],
        operators=[operator(1)],
        at=NOON,
    )
    assert [(one.ticket_id, decision.operator_id) for one, decision in planned] == [(2, 1)]


def test_what_is_due_first_goes_first_among_equals() -> None:
    ordered = order_waiting(
        [ticket(1, waited_s=90, due_s=600), ticket(2, waited_s=5, due_s=60), ticket(3, priority=1, due_s=9_000)]
    )
    assert [one.ticket_id for one in ordered] == [3, 2, 1]


def test_required_skills_stay_and_optional_ones_are_dropped_by_their_step() -> None:
    queue = rules(skills={ORDERS: 2}, optional={RETURNS: 3}, steps=(step(30, "drop_optional"),))
    both = operator(1, skills={ORDERS: 2, RETURNS: 3})
    one = operator(2, skills={ORDERS: 2, RETURNS: 2})
    assert reason(both, ticket(queue=queue)) is None
    assert reason(one, ticket(queue=queue, waited_s=29)) == "skill"
    assert reason(one, ticket(queue=queue, waited_s=30)) is None
    assert reason(operator(3, skills={ORDERS: 1, RETURNS: 5}), ticket(queue=queue, waited_s=9_999)) == "skill"


def test_certification_of_the_account_is_asked_for_however_long_the_wait() -> None:
    asked = ticket(waited_s=86_400, certifications={ORDERS: 1}, queue=rules(steps=(step(1, "drop_optional"),)))
    assert reason(operator(), asked) == "not_certified"
    assert reason(operator(skills={ORDERS: 1}), asked) is None


def test_queue_with_a_pool_asks_others_only_after_its_overflow() -> None:
    queue = rules(
        members=frozenset({1}), steps=(step(20, "overflow", pool=frozenset({2})), step(40, "overflow", pool=None))
    )
    assert reason(operator(1), ticket(queue=queue)) is None
    assert reason(operator(2), ticket(queue=queue, waited_s=19)) == "not_in_queue"
    assert reason(operator(2), ticket(queue=queue, waited_s=20)) is None
    assert reason(operator(3), ticket(queue=queue, waited_s=39)) == "not_in_queue"
    assert reason(operator(3), ticket(queue=queue, waited_s=40)) is None
    assert reason(operator(3, accounts=frozenset()), ticket(queue=queue, waited_s=40)) == "not_entitled"


def test_language_ladder_a_lower_level_before_a_machine_before_an_interpreter() -> None:
    queue = rules(steps=(step(10, "lower_level", level=1), step(20, "machine"), step(30, "interpreter")))
    asked = ticket(queue=queue, waited_s=40, machine_allowed=True, interpreter_allowed=True)
    none, basic = operator(1, level=0, idle_s=900), operator(2, level=1)
    chosen = choose_operator(ticket=asked, operators=[none, basic], at=NOON)
    assert (chosen.operator_id, chosen.bridge, chosen.rule) == (2, "", "least_help")
    alone = choose_operator(ticket=asked, operators=[none], at=NOON)
    assert (alone.operator_id, alone.bridge) == (1, "machine")
    no_machine = ticket(queue=queue, waited_s=40, interpreter_allowed=True)
    assert choose_operator(ticket=no_machine, operators=[none], at=NOON).bridge == "interpreter"


def test_machine_translates_no_call_and_nothing_without_the_accounts_consent() -> None:
    queue = rules(steps=(step(10, "machine"),))
    speechless = operator(level=0)
    assert reason(speechless, ticket(queue=queue, waited_s=99)) == "language"
    assert reason(speechless, ticket(queue=queue, waited_s=99, machine_allowed=True)) is None
    assert reason(speechless, ticket(queue=queue, waited_s=99, machine_allowed=True, channel="voice")) == "language"
    assert reason(speechless, ticket(queue=queue, waited_s=9, machine_allowed=True)) == "language"


def test_last_operator_is_forgotten_after_the_queues_window() -> None:
    queue = rules(sticky=timedelta(hours=2))
    pair = [operator(1), operator(2, load=1)]
    within = ticket(queue=queue, last_operator_id=2, served_s=7199)
    assert choose_operator(ticket=within, operators=pair, at=NOON).operator_id == 2
    after = ticket(queue=queue, last_operator_id=2, served_s=7200)
    assert choose_operator(ticket=after, operators=pair, at=NOON).operator_id == 1


def test_fluent_operator_goes_before_one_of_a_lower_band_although_busier() -> None:
    chosen = choose_operator(ticket=ticket(), operators=[operator(1, level=3), operator(2, level=4, load=3)], at=NOON)
    assert (chosen.operator_id, chosen.rule) == (2, "best_band")
    same = choose_operator(ticket=ticket(), operators=[operator(1, level=5, load=1), operator(2, level=4)], at=NOON)
    assert (same.operator_id, same.rule) == (2, "lowest_load")


def test_call_interrupts_mails_but_no_chat_and_nothing_interrupts_a_call() -> None:
    call, chat, mail = ticket(channel="voice"), ticket(), ticket(channel="email")
    assert reason(operator(mails=3), call) is None
    assert reason(operator(mails=3, mail_is_interruptible=False), call) == "busy"
    assert reason(operator(mails=3, mail_is_interruptible=False), chat) == "busy"
    assert reason(operator(load=1), call) == "busy"
    assert reason(operator(load=1, chat_is_interruptible=True), call) is None
    assert reason(operator(load=1), mail) is None
    assert [reason(operator(voice=1), one) for one in (call, chat, mail)] == ["capacity", "busy", "busy"]


def test_operator_in_an_exclusive_wrap_up_is_left_alone() -> None:
    assert reason(operator(is_wrapping=True), ticket()) == "wrapping"
