"""Matching when several processes ask for it: one at a time, nobody waits in line, and no change is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection, connections

from contactcenter.routing.actions import match_until_settled, match_waiting, place_ticket
from contactcenter.routing.actions.matching import MATCH_LOCK
from contactcenter.routing.models import MatchMark, Offer
from contactcenter.tickets import actions as ticket_actions
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
