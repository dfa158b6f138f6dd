import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from contactcenter.dashboards.demo.house import demo_accounts, demo_operators
from contactcenter.dashboards.demo.pbx import Engaged, free_at, run_telephony
from contactcenter.dashboards.demo.plan import DayPlan, ascii_name, plan_day
from contactcenter.dashboards.demo.texts import LANGUAGES, load_house, load_texts

DAY = date(2026, 11, 18)


def plan(*, seed: int = 1, contacts: int = 300, accounts: int = 3, operators: int = 6) -> DayPlan:
    return plan_day(
        day=DAY,
        seed=seed,
        accounts=demo_accounts(count=accounts),
        operators=demo_operators(count=operators),
        contacts=contacts,
    )


def test_the_same_seed_plans_the_same_day_and_another_one_another() -> None:
    assert plan() == plan()
    assert plan() != plan(seed=2)


def test_a_day_has_all_channels_accounts_and_languages_in_order() -> None:
    arrivals = plan().arrivals
    assert len(arrivals) == 300
    assert [arrival.at for arrival in arrivals] == sorted(arrival.at for arrival in arrivals)
    channels = Counter(arrival.channel for arrival in arrivals)
    assert min(channels["voice"], channels["email"], channels["chat"]) >= 40
    assert {arrival.account.slug for arrival in arrivals} == {"medtech", "northwind", "azulpay"}
    assert {arrival.language for arrival in arrivals} == set(LANGUAGES)


def test_contacts_come_in_the_accounts_local_hours() -> None:
    for arrival in plan().arrivals:
        offset = {"medtech": 3, "northwind": 0, "azulpay": 1}[arrival.account.slug]
        assert 8 <= (arrival.at + timedelta(hours=offset)).hour < 19


def test_every_text_of_the_day_is_filled() -> None:
    for arrival in plan(contacts=600).arrivals:
        texts = [arrival.topic.subject, arrival.topic.mail, arrival.topic.reply]
        for text in [*texts, *arrival.topic.chat, *arrival.topic.answers]:
            filled = arrival.fill(text)
            assert filled
            assert "{" not in filled


def test_every_topic_ends_in_an_outcome_its_account_has() -> None:
    outcomes = {account["slug"]: set(account["dispositions"]) for account in load_house()["accounts"]}
    for language in LANGUAGES:
        for account, topics in load_texts(language).topics.items():
            assert {topic.disposition for topic in topics} <= outcomes[account]


def test_chat_lines_and_answers_alternate() -> None:
    for language in LANGUAGES:
        for topics in load_texts(language).topics.values():
            for topic in topics:
                assert len(topic.chat) == len(topic.answers) >= 2


def test_breaks_lie_within_the_shift_and_apart() -> None:
    for shift in plan().shifts:
        ends = [shift.starts_at]
        for rest in shift.rests:
            assert ends[-1] < rest.starts_at < rest.ends_at < shift.ends_at
            ends.append(rest.ends_at)


def test_a_quiet_day_has_every_second_operator_in_turns_with_one_break() -> None:
    staff = demo_operators(count=6)
    on = [
        plan_day(day=day, seed=1, accounts=demo_accounts(count=3), operators=staff, contacts=5, quiet=True).shifts
        for day in (DAY, DAY + timedelta(days=1))
    ]
    assert [len(shifts) for shifts in on] == [3, 3]
    assert {shift.operator.email for shifts in on for shift in shifts} == {operator.email for operator in staff}
    assert {len(shift.rests) for shifts in on for shift in shifts} == {1}


def test_copies_are_different_accounts_with_the_same_texts() -> None:
    copies = demo_accounts(count=5)
    assert [account.slug for account in copies] == ["medtech", "northwind", "azulpay", "medtech-2", "northwind-2"]
    for field in ("mailbox", "chat", "line", "ticket_prefix", "number"):
        assert len({account.facts[field] for account in copies}) == 5
    assert plan(accounts=5, operators=8).arrivals


@pytest.mark.parametrize(
    ("name", "local"),
    [("Ирина Соколова", "irina.sokolova"), ("Óscar Peñalver", "oscar.penalver"), ("Фёдор Лаптев", "fedor.laptev")],
)
def test_names_become_addresses(name: str, local: str) -> None:
    assert ascii_name(name) == local


def test_nobody_talks_to_two_callers_at_once_and_only_while_working() -> None:
    day = plan()
    shifts = {shift.operator.email: shift for shift in day.shifts}
    for email, spans in run_telephony(plan=day, seed=1).engaged.items():
        for span in spans:
            assert shifts[email].is_working(at=span.starts_at)
        for one, two in itertools.pairwise(spans):
            assert one.ends_at <= two.starts_at


def test_every_call_enters_once_and_ends_once_with_sums_that_agree() -> None:
    day = plan()
    lines = run_telephony(plan=day, seed=1).lines
    calls: dict[str, list[list[str]]] = {}
    for line in lines:
        fields = line.text.split("|")
        calls.setdefault(fields[1], []).append(fields)
    assert len(calls) == sum(arrival.channel == "voice" for arrival in day.arrivals)
    for events in calls.values():
        assert events[0][4] == "ENTERQUEUE"
        assert events[-1][4] in {"COMPLETECALLER", "COMPLETEAGENT", "ABANDON"}
        if events[-1][4] != "ABANDON":
            connect, end = events[-2], events[-1]
            assert int(connect[0]) - int(events[0][0]) == int(connect[5])
            assert int(end[0]) - int(connect[0]) == int(end[6])


def test_an_engaged_operator_is_free_after_the_call_and_the_next_one_right_behind() -> None:
    noon = datetime(2026, 11, 18, 12, tzinfo=UTC)
    spans = [
        Engaged(starts_at=noon, ends_at=noon + timedelta(minutes=2)),
        Engaged(starts_at=noon + timedelta(minutes=2), ends_at=noon + timedelta(minutes=3)),
    ]
    assert free_at(spans=spans, at=noon + timedelta(minutes=1)) == noon + timedelta(minutes=3)
    assert free_at(spans=spans, at=noon - timedelta(seconds=1)) == noon - timedelta(seconds=1)
