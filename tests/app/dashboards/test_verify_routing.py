"""manage.py verify, of routing: places, what the ledger was told, promises. Whatever is altered by hand is named."""

import re
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from contactcenter.dashboards.verification.checks import Check
from contactcenter.dashboards.verification.routing_checks import (
    ledger_knows_routing,
    places_are_held,
    promises_equal_clocks,
)
from contactcenter.routing import actions
from contactcenter.routing.models import Offer
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import SlaClock, SlaPolicy, SlaTarget
from contactcenter.tickets.sla_actions import flag_breaches
from tests.app.factories import make_account
from tests.app.routing.scenes import after, at_work, served, waiting

pytestmark = pytest.mark.django_db

NOW = 330
"""Seconds after the beginning at which the desk is looked at; whatever is pending is pending by right."""
MUCH_LATER = 4000


@pytest.fixture(autouse=True)
def _every_account():
    with open_every_account(reason="the proof looks at everything"):
        yield


@pytest.fixture
def desk() -> SimpleNamespace:
    """A chat that is done with, one in which a colleague is consulted, one that is offered, one that waits."""
    account = make_account()
    anna = at_work(account)
    done = served(account, anna)
    actions.finish_conversation(ticket_id=done.pk, operator_id=anna.pk, at=after(100))
    actions.wrap_up(ticket_id=done.pk, operator_id=anna.pk, at=after(130), disposition=None)
    consulted = waiting(account, at=after(200))
    assert actions.match_waiting(at=after(201)) == 1
    offer = Offer.objects.get(state="pending")
    actions.accept_offer(offer_id=offer.pk, operator_id=anna.pk, at=after(205))
    for ticket in (done, consulted):
        ticket_actions.mark_read(ticket_id=ticket.pk)
    boris = at_work(account)
    actions.ask_operator(
        ticket_id=consulted.pk, operator_id=anna.pk, to_operator_id=boris.pk, consults=True, at=after(210)
    )
    offer = Offer.objects.get(state="pending")
    actions.accept_offer(offer_id=offer.pk, operator_id=boris.pk, at=after(215))
    offered = waiting(account, at=after(300))
    assert actions.match_waiting(at=after(310)) == 1
    return SimpleNamespace(account=account, anna=anna, boris=boris, done=done, consulted=consulted, offered=offered)


@pytest.fixture
def promises() -> SimpleNamespace:
    """A ticket nobody answered in time, and one that was answered and solved in time."""
    account = make_account()
    policy = SlaPolicy.objects.create(name="Promise", account=account)
    SlaTarget.objects.create(policy=policy, priority=None, first_reply_s=600, resolution_s=7200)
    late, solved = waiting(account), waiting(account)
    ticket_actions.change_status(ticket_id=solved.pk, status="solved", at=after(300), actor_id=None)
    actions.place_ticket(ticket_id=solved.pk, at=after(300))
    assert flag_breaches(at=after(1200)) == [late.pk]
    return SimpleNamespace(late=late, solved=solved)


def altered(query: str) -> int:
    """Alter one row by hand; return its id."""
    with connection.cursor() as cursor:
        cursor.execute(f"{query} RETURNING id")
        [(number,)] = cursor.fetchall()
    return int(number)


def unnamed(queries: list[tuple[str, str]], check: Callable[[], Check]) -> dict[str, list[str]]:
    """Return the alterations after which the check does not name the row; each is rolled back before the next.

    `what` is how the example begins; where that is the kind of row that was altered, it must be the very row.
    """
    missed = {}
    for query, what in queries:
        with transaction.atomic():
            number = altered(query)
            found = check()
            own = re.match(rf"(UPDATE|DELETE FROM) \w+{what}\b", query)
            if not any(re.match(rf"{what} {number if own else ''}", text) for text in found.examples):
                missed[query] = found.examples
            transaction.set_rollback(True)
    return missed


def rows(state: str) -> str:
    return f"id = (SELECT min(id) FROM routing_offer WHERE state = '{state}' AND purpose = 'route')"


def first_event(kind: str) -> str:
    return f"id = (SELECT min(id) FROM worktime_operatorevent WHERE kind = '{kind}')"


PLACES = [
    # offers
    (
        "UPDATE routing_offer SET expires_at = expires_at - interval '1 hour' WHERE state = 'pending'",
        "offer",
    ),
    (f"UPDATE routing_offer SET resolved_at = resolved_at + interval '1 second' WHERE {rows('accepted')}", "offer"),
    ("UPDATE routing_transfer SET consulting_at = NULL", "offer"),
    # assignments
    ("UPDATE routing_assignment SET started_at = started_at - interval '1 second' WHERE state = 'done'", "offer"),
    ("DELETE FROM routing_assignment WHERE state = 'done'", "offer"),
    ("UPDATE routing_assignment SET state = 'active' WHERE state = 'consult'", "transfer"),
    ("UPDATE routing_assignment SET state = 'held' WHERE state = 'done'", "assignment"),
    ("UPDATE routing_assignment SET state = 'done' WHERE state = 'consult'", "assignment"),
    (
        "UPDATE routing_assignment SET state = 'wrapping', wrap_due_at = wrap_due_at - interval '1 hour' "
        "WHERE state = 'done'",
        "assignment",
    ),
    # transfers, and what they reserve
    ("UPDATE routing_transfer SET state = 'canceled', resolved_at = now()", "assignment"),
    # the queue
    (
        "UPDATE routing_waiting SET ticket_id = (SELECT ticket_id FROM routing_assignment WHERE state = 'consult')",
        "ticket",
    ),
]


def test_honest_desk_adds_up(desk):
    for check in (places_are_held(at=after(NOW)), ledger_knows_routing()):
        assert (check.differences, check.examples) == (0, [])
        assert check.checked > 0
    # three offers of tickets and one of a consultation, two assignments, one transfer, one place
    assert places_are_held(at=after(NOW)).checked == 4 + 2 + 1 + 1
    assert ledger_knows_routing().checked == 4 + 2


def test_altered_offer_assignment_transfer_or_place_is_named(desk):
    assert unnamed(PLACES, lambda: places_are_held(at=later(12))) == {}


def later(minutes: int) -> datetime:
    return after(NOW + 60 * minutes)


def test_reservation_nobody_released_is_named(desk):
    offer = Offer.objects.get(state="pending")
    found = places_are_held(at=later(20))
    assert f"offer {offer.pk}: ran out at " in "".join(found.examples)
    actions.expire_offers(at=later(20))
    assert places_are_held(at=later(20)).examples == []


def test_ticket_that_is_nowhere_and_operator_who_has_gone_are_named(desk):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET unread = 1 WHERE id = %s", [desk.offered.pk])
        cursor.execute("UPDATE routing_offer SET state = 'canceled', resolved_at = now() WHERE state = 'pending'")
        cursor.execute("DELETE FROM routing_waiting")
        cursor.execute(
            "UPDATE routing_operatorstate SET presence = 'lost', since = %s WHERE operator_id = %s",
            [after(NOW), desk.anna.pk],
        )
    examples = "\n".join(places_are_held(at=later(20)).examples)
    assert re.search(rf"^ticket {desk.offered.pk}: unread since .* neither waits nor is it served$", examples, re.M)
    assert re.search(
        rf"^assignment \d+ of ticket {desk.consulted.pk}: operator {desk.anna.pk} has gone", examples, re.M
    )


TOLD = [
    (f"UPDATE routing_offer SET offered_at = offered_at - interval '1 second' WHERE {rows('pending')}", "offer"),
    (f"UPDATE routing_offer SET resolved_at = resolved_at + interval '1 ms' WHERE {rows('accepted')}", "offer"),
    (f"DELETE FROM worktime_operatorevent WHERE {first_event('offer.made')}", "offer"),
    (f"DELETE FROM worktime_operatorevent WHERE {first_event('offer.ended')}", "offer"),
    ("UPDATE routing_assignment SET started_at = started_at - interval '1 second' WHERE state = 'done'", "assignment"),
    ("UPDATE routing_assignment SET operator_id = (SELECT max(operator_id) FROM routing_operatorstate) "
     "WHERE state = 'done'", "assignment"),
    ("DELETE FROM worktime_operatorevent WHERE kind = 'chat.closed'", "assignment"),
    ("UPDATE worktime_operatorevent SET at = at + interval '1 second' WHERE kind = 'chat.closed'", "assignment"),
]  # fmt: skip


def test_offer_or_conversation_the_ledger_was_not_told_of_is_named(desk):
    assert unnamed(TOLD, ledger_knows_routing) == {}


CLOCKS = [
    ("UPDATE tickets_ticket SET due_at = due_at + interval '1 second' WHERE due_at IS NOT NULL", "ticket"),
    ("UPDATE tickets_ticket SET due_for = 'resolution' WHERE due_for = 'first_reply'", "ticket"),
    ("UPDATE tickets_ticket SET is_breached = false WHERE is_breached", "ticket"),
    ("UPDATE tickets_slaclock SET due_at = due_at + interval '1 second' WHERE kind = 'resolution' AND met_at IS NULL",
     "clock"),
    ("UPDATE tickets_slaclock SET target_s = target_s + 1 WHERE kind = 'first_reply' AND met_at IS NULL", "clock"),
    ("UPDATE tickets_slaclock SET breached_at = NULL WHERE breached_at IS NOT NULL", "clock"),
    ("UPDATE tickets_slaclock SET breached_at = started_at WHERE kind = 'resolution' AND met_at IS NOT NULL", "clock"),
    ("UPDATE tickets_slaclock SET elapsed_ms = 8000000 WHERE kind = 'resolution' AND met_at IS NOT NULL", "clock"),
    ("DELETE FROM tickets_slaclock WHERE kind = 'resolution' AND met_at IS NULL", "ticket"),
]  # fmt: skip


def test_altered_promise_is_named(promises):
    check = promises_equal_clocks(at=after(MUCH_LATER))
    assert (check.checked, check.differences, check.examples) == (4, 0, [])
    assert unnamed(CLOCKS, lambda: promises_equal_clocks(at=after(MUCH_LATER))) == {}


def test_breach_nobody_flagged_is_named_and_what_just_happened_is_under_way(promises):
    clock = SlaClock.objects.get(ticket=promises.late, kind="resolution")
    assert promises_equal_clocks(at=after(7200 + 300)).differences == 0
    [example] = promises_equal_clocks(at=after(7200 + 1200)).examples
    assert example.startswith(f"clock {clock.pk} of ticket {promises.late.pk}: resolution,")
