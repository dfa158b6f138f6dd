"""Roll-ups add up their facts: contacts by account, operators' clocks and work, days of the account's own time zone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contactcenter.dashboards.metrics import Answering, Handling, WallClock
from contactcenter.dashboards.models import ContactDay, ContactQuarter, OperatorDay, OperatorQuarter, RollupMark
from contactcenter.dashboards.rollups.queries import contact_sums, days, operator_clocks, quarters, resolved_by
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
from contactcenter.tickets.models import Call, CallSegment, Interaction, Rating
from contactcenter.worktime.models import Session, Slice
from tests.app.dashboards.rollup_facts import fold, miss, serve
from tests.app.factories import AT, make_account, make_contact, make_operator, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="roll-ups add up all accounts"):
        yield


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


def test_bucket_whose_last_fact_goes_is_emptied():
    account, operator = make_account(), make_operator()
    serve(make_ticket(account), operator)
    miss(account, after_s=86_400)
    fold()
    assert [ContactQuarter.objects.count(), ContactDay.objects.count()] == [2, 2]
    Call.objects.all().delete()
    fold()
    assert [ContactQuarter.objects.count(), ContactDay.objects.count()] == [1, 1]
    Interaction.objects.all().delete()

    fold()

    for model in (ContactQuarter, ContactDay, OperatorQuarter, OperatorDay):
        assert not model.objects.exists(), model


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
