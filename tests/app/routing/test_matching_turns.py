"""Matching when several processes ask for it: one at a time, nobody waits in line, and no change is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import pytest
from django.db import connection, connections

from contactcenter.routing.actions import match_until_settled, match_waiting, place_ticket
from contactcenter.routing.actions.matching import MATCH_LOCK
from contactcenter.routing.models import Assignment, MatchMark, Offer
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.interaction_actions import start_interaction
from contactcenter.tickets.models import Ticket
from tests.app.factories import AT, make_account, make_ticket
from tests.app.routing.scenes import after, at_work, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def another_process_matches() -> Iterator[None]:
    """Within: somebody else holds the lock of matching."""
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MATCH_LOCK])
    yield
    other.close()


def test_who_comes_while_matching_is_under_way_goes_home_and_leaves_what_was_marked(another_process_matches) -> None:
    account = make_account()
    at_work(account)
    waiting(account)
    marks = MatchMark.objects.count()
    assert match_waiting(at=after(1)) == 0
    assert match_until_settled(clock=lambda: after(1)) == 0
    assert (MatchMark.objects.count(), Offer.objects.count()) == (marks, 0)
    assert marks > 0


def test_what_comes_while_matching_is_under_way_is_looked_at_before_it_ends() -> None:
    account = make_account()
    at_work(account)
    at_work(account)
    first = waiting(account)
    later: list[Ticket] = []

    def clock() -> datetime:
        """The second look at the clock comes after the first run: by then another ticket waits."""
        if connection.in_atomic_block:
            raise AssertionError("the clock is read between the runs")
        if Offer.objects.exists() and not later:
            later.append(waiting(account, at=after(2)))
        return after(3) if later else after(1)

    assert match_until_settled(clock=clock) == 2
    assert set(Offer.objects.values_list("ticket_id", flat=True)) == {first.pk, later[0].pk}
    assert not MatchMark.objects.exists()


def test_a_ticket_that_came_after_the_instant_of_a_run_is_offered_by_the_next_one() -> None:
    account = make_account()
    at_work(account)
    ticket = make_ticket(account, channel="chat", language="en", at=AT)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=after(2), text="Hello?")
    place_ticket(ticket_id=ticket.pk, at=after(2))
    # asked for before the ticket came, but begun after it, as when the machine is busy
    assert match_waiting(at=after(1)) == 0
    assert match_waiting(at=after(2)) == 1
    assert Offer.objects.get().ticket_id == ticket.pk


@contextmanager
def somebody_at(ticket: Ticket) -> Iterator[None]:
    """Within: another process is at the place of this ticket."""
    other = connections.create_connection("default")
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM routing_waiting WHERE ticket_id = %s FOR UPDATE", [ticket.pk])
        yield
    finally:
        other.close()


def test_whose_ticket_somebody_is_at_gets_the_next_one_in_the_same_run() -> None:
    account = make_account()
    first, second = waiting(account), waiting(account, at=after(1))
    at_work(account)
    with somebody_at(first):
        assert match_waiting(at=after(2)) == 1
    assert Offer.objects.get().ticket_id == second.pk
    # and the first is not forgotten
    at_work(account)
    assert match_waiting(at=after(3)) == 1
    assert set(Offer.objects.values_list("ticket_id", flat=True)) == {first.pk, second.pk}


def test_whose_only_ticket_somebody_is_at_is_offered_it_once_it_is_let_go() -> None:
    account = make_account()
    at_work(account)
    ticket = waiting(account)
    with somebody_at(ticket):
        assert match_until_settled(clock=lambda: after(1)) == 0
        assert MatchMark.objects.filter(ticket_id=ticket.pk).exists()
    assert match_until_settled(clock=lambda: after(1)) == 1


def test_a_run_that_found_somebody_at_a_row_is_repeated_at_once() -> None:
    account = make_account()
    at_work(account)
    ticket = waiting(account)
    looks: list[datetime] = []
    with ExitStack() as locks:
        locks.enter_context(somebody_at(ticket))

        def clock() -> datetime:
            looks.append(after(1))
            if len(looks) == 3:
                locks.close()
            return after(1)

        assert match_until_settled(clock=clock) == 1
    # twice in vain, then offered, then nothing was left to do
    assert len(looks) == 4


def test_who_would_have_got_a_ticket_that_was_taken_gets_the_next_one() -> None:
    account = make_account()
    taken, free = waiting(account), waiting(account, at=after(1))
    at_work(account)
    # its place is still there, as for a run that has looked at the places just before
    colleague = at_work(account, max_chat=0)
    interaction = start_interaction(ticket=taken, operator_id=colleague.pk, channel="chat", at=after(1))
    Assignment.objects.create(
        account=account, ticket=taken, operator=colleague, interaction=interaction, channel="chat", started_at=after(1)
    )
    assert match_waiting(at=after(2)) == 1
    assert Offer.objects.get().ticket_id == free.pk


def test_a_ticket_of_a_later_instant_is_looked_at_again_though_somebody_was_at_it() -> None:
    account = make_account()
    at_work(account)
    ticket = waiting(account, at=after(2))
    with somebody_at(ticket):
        assert match_waiting(at=after(1)) == 0
    assert match_waiting(at=after(2)) == 1
