"""Roll-ups follow their facts: whatever happens, in whatever order, they say what a full rebuild says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import count
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactcenter.contacts.models import Contact
from contactcenter.dashboards.metrics import Answering, Handling, WallClock
from contactcenter.dashboards.models import ContactDay, ContactQuarter, OperatorDay, OperatorQuarter, RollupMark
from contactcenter.dashboards.rollups.actions import fold_changes, rebuild
from contactcenter.dashboards.rollups.queries import contact_sums, days, operator_clocks, quarters, resolved_by
from contactcenter.dashboards.verification.rollup_checks import rollups_equal_facts
from contactcenter.operators.models import Operator
from contactcenter.routing.actions import accept_offer, conversation_ended
from contactcenter.routing.models import (
    Abandonment,
    CallbackRequest,
    Offer,
    OperatorState,
    Presence,
    Queue,
    Waiting,
)
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call, CallSegment, Interaction, Rating, Ticket
from contactcenter.worktime.models import Session, Slice
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket

pytestmark = pytest.mark.django_db
_numbers = count(1)


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="roll-ups add up all accounts"):
        yield


def serve(ticket: Ticket, operator: Operator, *, after_s: float = 0, **fields: Any) -> Interaction:
    """A finished inbound call of 120 s that had waited 10 s, unless said otherwise."""
    started = AT + timedelta(seconds=after_s)
    values = {
        "channel": "voice",
        "started_at": started,
        "ended_at": started + timedelta(seconds=120),
        "waited_ms": 10_000,
        **fields,
    }
    return Interaction.objects.create(account_id=ticket.account_id, ticket=ticket, operator=operator, **values)


def miss(account: Account, *, after_s: float = 0, wait_s: int = 30, ticket: Ticket | None = None) -> Call:
    started = AT + timedelta(seconds=after_s)
    return Call.objects.create(
        account=account,
        ticket=ticket,
        endpoint_id=1,
        external_id=f"call {next(_numbers)}",
        direction="in",
        started_at=started,
        enqueued_at=started,
        ended_at=started + timedelta(seconds=wait_s),
        wait_ms=wait_s * 1000,
    )


def everything() -> list[Any]:
    """All roll-up rows but for their ids."""
    return [
        sorted(({key: value for key, value in row.items() if key != "id"} for row in model.objects.values()), key=str)
        for model in (ContactQuarter, ContactDay, OperatorQuarter, OperatorDay)
    ]


def fold() -> None:
    while fold_changes():
        pass


def test_contacts_are_added_up_by_quarter_queue_channel_and_language():
    account, operator = make_account(time_zone="Asia/Tokyo"), make_operator()
    queue = Queue.objects.create(name="Spanish", language="es")
    ticket = make_ticket(account, language="es", channel="voice")
    first = serve(ticket, operator, wrapped_at=AT + timedelta(seconds=150))
    serve(ticket, operator, after_s=899, waited_ms=45_000)
    serve(ticket, operator, after_s=900, ended_at=None)  # the next quarter, still talking
    Rating.objects.create(account=account, ticket=ticket, interaction=first, score=4, at=AT)

    fold()

    rows = list(ContactQuarter.objects.order_by("at"))
    assert [(row.at, row.queue_id, row.channel, row.language) for row in rows] == [
        (AT, queue.pk, "voice", "es"),
        (AT + timedelta(minutes=15), queue.pk, "voice", "es"),
    ]
    assert (rows[0].contacts, rows[0].answered, rows[0].wait_ms) == (2, 2, 55_000)
    # within 5, 10, 15, 20, 30, 40, 45 s ...
    assert rows[0].answered_within == [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]
    assert (rows[0].handled, rows[0].conversation_ms, rows[0].wrap_ms) == (2, 240_000, 30_000)
    assert (rows[0].rated, rows[0].satisfied) == (1, 1)
    assert (rows[1].contacts, rows[1].handled) == (1, 0)
    day = ContactDay.objects.get()  # 18:00 in Tokyo
    assert (day.on, day.contacts, day.handled, day.answered_within[6]) == (date(2026, 6, 15), 3, 2, 3)
    assert RollupMark.objects.count() == 0


def test_call_nobody_took_is_abandoned_unless_it_waits_or_asked_to_be_called_back():
    account, ticket = (account := make_account()), make_ticket(account, channel="voice")
    miss(account, wait_s=15)
    miss(account, wait_s=30)
    waiting = miss(account)
    Call.objects.filter(pk=waiting.pk).update(ended_at=None)
    hung_up = miss(account)
    Call.objects.filter(pk=hung_up.pk).update(enqueued_at=None)
    called_back = miss(account, ticket=ticket)
    fold()
    assert ContactQuarter.objects.get(language="").abandoned == 3
    CallbackRequest.objects.create(
        account=account,
        ticket=ticket,
        contact=ticket.contact,
        number="+34600000001",
        enqueued_at=called_back.started_at,
        requested_at=called_back.started_at + timedelta(seconds=20),
        changed_at=AT,
    )

    fold()

    row = ContactQuarter.objects.get()
    assert (row.contacts, row.abandoned, row.abandoned_within[3]) == (5, 2, 1)
    told = contact_sums(rows=quarters(start=AT, end=AT + timedelta(hours=1)), by=(), seconds=[20])[()]
    assert told.within(20) == Answering(abandoned=2, abandoned_in_time=1)


def test_visitor_who_leaves_a_waiting_chat_has_abandoned_it_and_is_not_answered_later():
    account, operator = make_account(), make_operator()
    queue = Queue.objects.create(name="Any")
    ticket = make_ticket(account, channel="chat", language="en")
    OperatorState.objects.create(operator=operator, presence=Presence.AVAILABLE, since=AT)
    Waiting.objects.create(
        account=account, ticket=ticket, queue=queue, channel="chat", language="en", enqueued_at=AT, due_at=AT
    )
    for seconds in (25, 60):  # leaving twice is leaving once
        conversation_ended(ticket_id=ticket.pk, at=AT + timedelta(seconds=seconds))
    offer = Offer.objects.create(
        account=account,
        ticket=ticket,
        operator=operator,
        channel="chat",
        offered_at=AT + timedelta(seconds=70),
        expires_at=AT + timedelta(seconds=100),
    )
    accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=AT + timedelta(seconds=80))

    fold()

    row = ContactQuarter.objects.get()
    assert Abandonment.objects.get().abandoned_at == AT + timedelta(seconds=25)
    assert (row.queue_id, row.contacts, row.answered, row.abandoned, row.wait_ms) == (queue.pk, 1, 0, 1, 0)
    assert row.abandoned_within[3:5] == [0, 1]  # within 20 s, within 30 s


def test_contact_that_comes_back_on_the_subject_within_seven_days_was_not_resolved():
    account, operator = make_account(), make_operator()
    contact = make_contact(account)
    order = make_ticket(account, contact, subject="My order 55")
    again = make_ticket(account, contact, subject="Re: RE: my order 55 ")
    other = make_ticket(account, contact, subject="An invoice")
    week = 7 * 86_400
    serve(order, operator)
    serve(again, operator, after_s=120 + week + 10)  # arrives exactly seven days after the end of the first
    serve(other, operator, after_s=3_600)
    fold()
    assert sum(ContactDay.objects.values_list("repeated", flat=True)) == 1
    assert ContactDay.objects.get(on=date(2026, 6, 15)).repeated == 1

    # a late correction: it was a second later
    Interaction.objects.filter(ticket=again).update(waited_ms=9_000)
    fold()

    assert sum(ContactDay.objects.values_list("repeated", flat=True)) == 0
    rows = days(first=date(2026, 6, 1), last=date(2026, 6, 30), account_ids=[account.pk])
    assert resolved_by(rows=rows, at=AT + timedelta(days=7)) == Handling()
    assert resolved_by(rows=rows, at=AT + timedelta(days=8)) == Handling(inbound=2)


def test_transfer_is_another_operator_before_the_customer_left_and_no_repeat():
    account, first, second = make_account(), make_operator(), make_operator()
    ticket = make_ticket(account, channel="voice")
    one = serve(ticket, first)
    two = serve(ticket, second, after_s=150, waited_ms=25_000)  # rang for 25 s, from 5 s after the end
    fold()
    assert (ContactDay.objects.get().transferred, ContactDay.objects.get().repeated) == (0, 1)
    call = miss(account, ticket=ticket)
    Call.objects.filter(pk=call.pk).update(answered_at=AT)
    for position, interaction in enumerate((one, two)):
        CallSegment.objects.create(
            account=account, call=call, position=position, kind="operator", interaction=interaction
        )

    fold()

    day = ContactDay.objects.get()
    assert (day.contacts, day.transferred, day.repeated) == (2, 1, 0)


def test_operators_clock_is_cut_at_the_quarters_and_never_mixed_with_handle_time():
    operator, account = make_operator(), make_account()
    session = Session.objects.create(operator=operator, started_at=AT, ended_at=AT + timedelta(minutes=40))
    for kind, start, end in (("talk", 0, 20), ("idle", 20, 40)):
        Slice.objects.create(
            session=session,
            operator=operator,
            started_at=AT + timedelta(minutes=start),
            ended_at=AT + timedelta(minutes=end),
            ms=(end - start) * 60_000,
            kind=kind,
        )
    serve(make_ticket(account, language="en"), operator)

    fold()

    clocks = OperatorQuarter.objects.filter(account=None).order_by("at")
    assert [(row.talk_ms, row.idle_ms, row.handled) for row in clocks] == [
        (900_000, 0, 0),
        (300_000, 600_000, 0),
        (0, 600_000, 0),
    ]
    assert operator_clocks(start=AT, end=AT + timedelta(hours=1)) == {
        operator.pk: WallClock(talk_ms=1_200_000, idle_ms=1_200_000)
    }
    work = OperatorQuarter.objects.get(account=account)
    assert (work.talk_ms, work.handled, work.conversation_ms) == (0, 1, 120_000)
    assert OperatorDay.objects.get(account=None).on == date(2026, 6, 15)

    Slice.objects.update(is_current=False)
    fold()
    assert not OperatorQuarter.objects.filter(account=None).exists()
    assert not OperatorDay.objects.filter(account=None).exists()


def test_another_time_zone_moves_contacts_to_other_days():
    account = make_account(time_zone="UTC")
    serve(make_ticket(account), make_operator())
    fold()
    Account.objects.filter(pk=account.pk).update(time_zone="Pacific/Kiritimati")  # UTC+14

    fold()

    assert ContactDay.objects.get().on == date(2026, 6, 15)
    Interaction.objects.update(started_at=AT + timedelta(hours=2), ended_at=AT + timedelta(hours=3))
    fold()
    assert ContactDay.objects.get().on == date(2026, 6, 16)  # 01:00 there
    assert [row.at for row in ContactQuarter.objects.all()] == [AT + timedelta(hours=2)]


def test_verify_names_a_row_altered_by_hand_and_passes_over_what_waits_to_be_taken_in():
    account, operator = make_account(), make_operator()
    ticket = make_ticket(account)
    serve(ticket, operator)
    assert rollups_equal_facts().differences == 0  # nothing is rolled up, and marked so
    fold()
    assert rollups_equal_facts().differences == 0
    assert rollups_equal_facts().checked > 0
    ContactQuarter.objects.update(wait_ms=1)

    found = rollups_equal_facts()

    assert found.differences == 2  # the quarter, and the day that is no longer its sum
    assert f"account_id {account.pk}" in found.examples[0]
    out = StringIO()
    call_command("rebuild_rollups", "--from", "2026-06-15", "--to", "2026-06-15", stdout=out)
    assert json.loads(out.getvalue()) == {
        "from": "2026-06-15",
        "to": "2026-06-15",
        "contact_buckets": 1,
        "operator_buckets": 1,
    }
    assert rollups_equal_facts().differences == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "June"], "--from: expected a day as YYYY-MM-DD, got 'June'"),
        (["--from", "2026-06-15", "--to", "2026-06-14"], "--to: 2026-06-14 is before 2026-06-15"),
    ],
)
def test_rebuild_refuses_days_that_are_none(arguments, told):
    error = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_rollups", *arguments, stderr=error)
    assert ended.value.code == 2
    assert error.getvalue().strip() == told


def test_roll_ups_of_another_account_are_out_of_reach():
    from contactcenter.tenancy.doors import open_account

    mine, theirs = make_account(), make_account()
    for account in (mine, theirs):
        serve(make_ticket(account), make_operator())
    fold()
    with open_account(mine.pk):
        assert set(ContactQuarter.objects.values_list("account_id", flat=True)) == {mine.pk}
        assert set(ContactDay.objects.values_list("account_id", flat=True)) == {mine.pk}


SECONDS = st.integers(-8 * 86_400, 8 * 86_400).map(lambda seconds: seconds - seconds % 300)
PICK = st.integers(0, 3)
CHANGE = st.one_of(
    st.tuples(st.just("serve"), PICK, PICK, SECONDS, st.integers(0, 90_000)),
    st.tuples(st.just("end"), PICK, SECONDS),
    st.tuples(st.just("move"), PICK, SECONDS),
    st.tuples(st.just("wait"), PICK, st.integers(0, 900_000)),
    st.tuples(st.just("take over"), PICK, PICK),
    st.tuples(st.just("miss"), PICK, SECONDS),
    st.tuples(st.just("answer"), PICK, PICK),
    st.tuples(st.just("rate"), PICK, st.integers(1, 5)),
    st.tuples(st.just("subject"), PICK, st.sampled_from(["Order", "Re: order", "Bill"])),
    st.tuples(st.just("contact"), PICK, PICK),
    st.tuples(st.just("language"), PICK, st.sampled_from(["en", "es"])),
    st.tuples(st.just("zone"), st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima"])),
    st.tuples(st.just("clock"), PICK, SECONDS, st.integers(1, 200)),
    st.tuples(st.just("void"), PICK),
    st.tuples(st.just("fold")),
)


class House:
    """Two accounts' tickets and two operators, changed at random."""

    def __init__(self) -> None:
        self.operators = [make_operator(), make_operator()]
        account, other = make_account(), make_account()
        self.account = account
        self.contacts = [make_contact(account), make_contact(account)]
        self.tickets = [
            make_ticket(account, self.contacts[0], subject="Order"),
            make_ticket(account, self.contacts[0], subject="RE: order"),
            make_ticket(account, self.contacts[1], subject="Order"),
            make_ticket(other, subject="Order"),
        ]
        # something to change: a repeat, a transfer, ratings, calls nobody took, clocks
        day = 86_400
        serve(self.tickets[0], self.operators[0])
        serve(self.tickets[0], self.operators[1], after_s=100, waited_ms=0)
        serve(self.tickets[1], self.operators[0], after_s=day)
        serve(self.tickets[2], self.operators[1], after_s=2 * day)
        for which in (0, 2):
            self.change("rate", which, 5)
            self.change("miss", which, 3 * day)
        self.change("clock", 0, 0, 50)
        fold()

    def change(self, what: str, *with_: Any) -> None:
        interactions = list(Interaction.objects.order_by("pk"))
        calls = list(Call.objects.order_by("pk"))
        match what, *with_:
            case "serve", ticket, operator, after, waited:
                serve(self.tickets[ticket], self.operators[operator % 2], after_s=after, waited_ms=waited)
            case "miss", ticket, after:
                miss(self.tickets[ticket].account, after_s=after, ticket=self.tickets[ticket])
            case "subject", ticket, subject:
                Ticket.objects.filter(pk=self.tickets[ticket].pk).update(subject=subject)
            case "contact", ticket, contact:
                own = self.tickets[ticket % 3]
                Ticket.objects.filter(pk=own.pk).update(contact=self.contacts[contact % 2])
            case "language", ticket, language:
                Ticket.objects.filter(pk=self.tickets[ticket].pk).update(language=language)
            case "zone", zone:
                Account.objects.filter(pk=self.account.pk).update(time_zone=zone)
            case "clock", operator, after, minutes:
                self._clock(self.operators[operator % 2], after, minutes)
            case "void", operator:
                Slice.objects.filter(operator=self.operators[operator % 2]).update(is_current=False)
            case "fold", *_:
                fold_changes(limit=3)
            case _ if not interactions:
                pass
            case "end", which, after:
                one = interactions[which % len(interactions)]
                one.ended_at = max(one.started_at, AT + timedelta(seconds=after))
                one.save()
            case "move", which, after:
                one = interactions[which % len(interactions)]
                one.started_at = AT + timedelta(seconds=after)
                one.ended_at = one.started_at + timedelta(seconds=60)
                one.save()
            case "wait", which, waited:
                Interaction.objects.filter(pk=interactions[which % len(interactions)].pk).update(waited_ms=waited)
            case "take over", which, operator:
                one = interactions[which % len(interactions)]
                serve(one.ticket, self.operators[operator % 2], after_s=(one.started_at - AT).total_seconds() + 100)
            case "rate", which, score:
                one = interactions[which % len(interactions)]
                Rating.objects.update_or_create(
                    interaction=one,
                    defaults={"account_id": one.account_id, "ticket_id": one.ticket_id, "score": score, "at": AT},
                )
            case "answer", which, call if calls:
                one, taken = interactions[which % len(interactions)], calls[call % len(calls)]
                if one.account_id == taken.account_id:
                    CallSegment.objects.update_or_create(
                        call=taken,
                        position=which,
                        defaults={"account_id": one.account_id, "kind": "operator", "interaction": one},
                    )

    def _clock(self, operator: Operator, after: int, minutes: int) -> None:
        start, end = AT + timedelta(seconds=after), AT + timedelta(seconds=after, minutes=minutes)
        if Slice.objects.filter(operator=operator, is_current=True, started_at__lt=end, ended_at__gt=start).exists():
            return
        session = Session.objects.create(operator=operator, started_at=start, ended_at=end)
        Slice.objects.create(
            session=session, operator=operator, started_at=start, ended_at=end, ms=minutes * 60_000, kind="talk"
        )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGE, min_size=1, max_size=14))
def test_folding_changes_in_any_order_gives_what_a_full_rebuild_gives(changes):
    with transaction.atomic():
        house = House()
        for change in changes:
            house.change(*change)
        fold()
        folded = everything()
        assert rollups_equal_facts().examples == []

        rebuild(start=AT - timedelta(days=12), end=AT + timedelta(days=12))

        assert everything() == folded
        for model in (ContactQuarter, ContactDay, OperatorQuarter, OperatorDay):
            model.objects.all().delete()
        rebuild(start=datetime(2026, 6, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC))
        assert everything() == folded
        assert Contact.objects.count() == 3
        transaction.set_rollback(True)
