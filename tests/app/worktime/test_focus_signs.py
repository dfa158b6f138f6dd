"""Signs of attention from consoles: few events, and the ledger says the same as if every sign were one."""

from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest
from django.db import IntegrityError, transaction

from contactcenter.operators.models import Operator
from contactcenter.routing.actions import finish_conversation, focus_ticket
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime import tasks
from contactcenter.worktime.actions import derive_operator, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.focus_actions import flush_focus, forget_focus, sign_focus
from contactcenter.worktime.models import FocusSign, OperatorEvent, Slice
from tests.app.factories import make_account, make_operator
from tests.app.routing.scenes import after, at_work, served

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_account() -> Iterator[None]:
    with open_every_account(reason="operators serve several accounts"):
        yield


def sign(account_id: int, ticket: int, at: datetime, *, active: bool = True, key: str = "") -> EventInput:
    kind = EventKind.FOCUS_STARTED if active else EventKind.FOCUS_ENDED
    return EventInput(
        kind=kind, at=at, source="console", source_key=f"raw {key} {ticket} {kind} {at}", account_id=account_id,
        ticket_id=ticket, channel="email",
    )  # fmt: skip


def presence(operator: Operator, kind: EventKind, second: int) -> None:
    event = EventInput(kind=kind, at=after(second), source="test", source_key=f"{operator.pk} {kind}")
    record_events(operator_id=operator.pk, events=[event])


def ledger(operator: Operator) -> list[tuple[object, ...]]:
    derive_operator(operator_id=operator.pk, at=after(90_000))
    rows = Slice.objects.filter(operator=operator, is_current=True).order_by("started_at")
    return list(rows.values_list("started_at", "ended_at", "kind", "account_id"))


def signs_recorded(operator: Operator) -> int:
    return OperatorEvent.objects.filter(operator=operator, kind__startswith="focus").count()


def test_stream_of_signs_writes_few_events_and_derives_the_same_as_every_sign_told():
    account, other = make_account(), make_account()
    few, all_told = make_operator(account, other), make_operator(account, other)
    for operator in (few, all_told):
        presence(operator, EventKind.SESSION_STARTED, 0)
        presence(operator, EventKind.SESSION_ENDED, 7200)
    random = Random(4)
    now, told = 10.0, 0
    while now < 7000:
        # mostly bursts of activity on one ticket, sometimes another ticket, a pause, or turning away
        ticket = 1 if now < 3000 or random.random() < 0.9 else 2
        active = random.random() < 0.97
        owner = account if ticket == 1 else other
        at = after(now)
        sign_focus(operator_id=few.pk, event=sign(owner.pk, ticket, at, active=active))
        record_events(operator_id=all_told.pk, events=[sign(owner.pk, ticket, at, active=active, key="all")])
        told += 1
        if random.random() < 0.1:
            flush_focus(at=at)
        now += random.choice([1.5, 3.25, 4.001, 130]) if random.random() < 0.97 else 91
    flush_focus(at=after(now + 100))
    assert ledger(few) == ledger(all_told)
    assert {kind for _, _, kind, _ in ledger(few)} == {"focus", "idle"}
    assert signs_recorded(all_told) == told
    # a sign every 45 s at most, and what changed
    assert signs_recorded(few) < told / 2


def test_hundred_signs_over_http_or_socket_are_a_few_events_and_the_last_one_counts():
    account = make_account()
    operator = at_work(account)
    ticket = served(account, operator)
    for second in range(20, 120):
        focus_ticket(ticket_id=ticket.pk, operator_id=operator.pk, active=True, at=after(second))
    assert list(OperatorEvent.objects.filter(kind="focus.started").order_by("at").values_list("at", flat=True)) == [
        after(20),
        after(65),
        after(110),
    ]
    assert FocusSign.objects.get(operator=operator).held_at == after(119)
    derive_operator(operator_id=operator.pk, at=after(120))
    assert flush_focus(at=after(110 + 44)) == 0
    assert flush_focus(at=after(110 + 45)) == 1
    assert flush_focus(at=after(110 + 46)) == 0
    derive_operator(operator_id=operator.pk, at=after(400))
    focus = Slice.objects.get(operator=operator, kind="focus", is_current=True)
    assert (focus.started_at, focus.ended_at, focus.account_id) == (after(20), after(119 + 90), account.pk)


def test_end_of_the_conversation_ends_the_attention_and_what_comes_then_begins_anew():
    account = make_account()
    operator = at_work(account)
    ticket = served(account, operator)
    focus_ticket(ticket_id=ticket.pk, operator_id=operator.pk, active=True, at=after(20))
    focus_ticket(ticket_id=ticket.pk, operator_id=operator.pk, active=True, at=after(30))
    finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=after(40))
    assert not FocusSign.objects.exists()
    derive_operator(operator_id=operator.pk, at=after(50))
    focus = Slice.objects.get(operator=operator, kind="focus", is_current=True)
    assert (focus.started_at, focus.ended_at) == (after(20), after(40))
    # attention that went on after the instant at which the conversation is said to have ended
    sign_focus(operator_id=operator.pk, event=sign(account.pk, 7, after(60)))
    sign_focus(operator_id=operator.pk, event=sign(account.pk, 7, after(80)))
    forget_focus(operator_id=operator.pk, interaction_id=None, ticket_id=7, at=after(70))
    assert OperatorEvent.objects.filter(kind="focus.started", ticket_id=7).count() == 2


def test_end_of_one_conversation_leaves_the_attention_to_another_with_its_last_sign():
    account = make_account()
    operator = at_work(account)
    ticket = served(account, operator)
    sign_focus(operator_id=operator.pk, event=sign(account.pk, ticket.pk + 1, after(20)))
    sign_focus(operator_id=operator.pk, event=sign(account.pk, ticket.pk + 1, after(30)))
    finish_conversation(ticket_id=ticket.pk, operator_id=operator.pk, at=after(40))
    assert FocusSign.objects.get(operator=operator).held_at == after(30)
    flush_focus(at=after(65))
    latest = OperatorEvent.objects.filter(kind="focus.started", ticket_id=ticket.pk + 1).latest("at")
    assert latest.at == after(30)


def test_sweep_records_what_was_held_back(monkeypatch):
    operator = make_operator(account := make_account())
    for second in (0, 10):
        sign_focus(operator_id=operator.pk, event=sign(account.pk, 1, after(second)))
    assert signs_recorded(operator) == 1
    monkeypatch.setattr("contactcenter.worktime.tasks.timezone.now", lambda: after(60))
    tasks.sweep()
    assert signs_recorded(operator) == 2
    assert FocusSign.objects.get().held_at is None


def test_held_sign_is_later_than_the_told_one():
    operator = make_operator(make_account())
    with pytest.raises(IntegrityError), transaction.atomic():
        FocusSign.objects.create(operator=operator, told_at=after(10), held_at=after(10))
