"""Processes against PostgreSQL, as in production: no double assignment, no lost ticket, no leaked reservation.

A small floor by default. ROUTING_FULL=1 runs 16 processes, 10,000 tickets (or ROUTING_TICKETS) and 200 operators: about
25 minutes of processor time.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import close_old_connections, connection, connections, transaction
from django.db.utils import OperationalError
from django.utils import timezone

from contactcenter.kernel.errors import DomainError
from contactcenter.kernel.jobs import hand_jobs_to
from contactcenter.kernel.statements import rows_from
from contactcenter.operators.models import Operator, OperatorLanguage
from contactcenter.routing import actions
from contactcenter.routing.actions.queueing import enqueue
from contactcenter.routing.models import Assignment, MatchMark, Offer, OfferState, OperatorState, Queue, Waiting
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Membership, Role, User
from contactcenter.tickets.models import Ticket
from contactcenter.worktime.models import OperatorEvent
from tests.app.factories import make_account, make_contact

FULL = os.environ.get("ROUTING_FULL") == "1"
PROCESSES, OPERATORS, ACCOUNTS = (16, 200, 20) if FULL else (6, 16, 4)
TICKETS = int(os.environ.get("ROUTING_TICKETS", "10000" if FULL else "120"))
CAPACITY = 3
CRASHES = 1 / 2000
"""So often a process dies within a transaction."""
LANGUAGES = ("en", "es")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kill]


def set_up(*, at: datetime) -> tuple[list[int], list[int]]:
    """Tickets that have yet to arrive, and operators at work."""
    accounts = [make_account() for _ in range(ACCOUNTS)]
    # a busy machine is no reason for an offer to run out: that is brought about on purpose
    Queue.objects.create(name="Everything", offer_seconds=3600)
    Queue.objects.create(name="Mails", channel="email", offer_seconds=3600, wrap_up_mode="timed", wrap_up_seconds=5)
    tickets = []
    for number, account in enumerate(accounts):
        contact = make_contact(account)
        tickets += [
            Ticket(
                account=account,
                number=one,
                contact=contact,
                channel=("chat", "email", "sms")[one % 3],
                language=LANGUAGES[one % 2],
                priority=int(one % 10 == 0),
                unread=1,
                opened_at=at,
                last_activity_at=at,
            )
            for one in range(number, TICKETS, ACCOUNTS)
        ]
    Ticket.objects.bulk_create(tickets, batch_size=1000)
    people = User.objects.bulk_create(
        User(email=f"floor{number}@example.org", full_name=f"Floor {number}", role=Role.OPERATOR)
        for number in range(OPERATORS)
    )
    dice = random.Random(7)
    Membership.objects.bulk_create(
        Membership(user=person, account=account)
        for person in people
        for account in dice.sample(accounts, max(2, ACCOUNTS // 2))
    )
    operators = Operator.objects.bulk_create(
        Operator(user=person, display_name=person.full_name, max_chat=CAPACITY, max_mail=CAPACITY) for person in people
    )
    OperatorLanguage.objects.bulk_create(
        OperatorLanguage(operator=operator, language=language, level=4)
        for operator in operators
        for language in LANGUAGES
    )
    for operator in operators:
        actions.set_presence(operator_id=operator.pk, state="available", at=at)
    return [ticket.pk for ticket in tickets], [operator.pk for operator in operators]


def work(number: int, tickets: list[int], operators: list[int], failures: multiprocessing.SimpleQueue) -> None:
    """One process of the floor: brings its tickets and answers for whoever is asked, until everything is solved."""
    connections.close_all()
    dice = random.Random(number * 1000 + len(tickets) + os.getpid())
    try:
        with (
            open_every_account(reason="a concurrency test"),
            hand_jobs_to(lambda name, ids: None),
        ):
            _work(tickets=tickets, operators=operators, dice=dice, failures=failures)
    except BaseException as error:
        failures.put(f"{type(error).__name__}: {error}")
        raise
    finally:
        connections.close_all()


def _work(*, tickets: list[int], operators: list[int], dice: random.Random, failures) -> None:
    arriving = list(Ticket.objects.filter(pk__in=tickets, waiting__isnull=True, status="new", assignments__isnull=True))
    while arriving or Ticket.objects.exclude(status="solved").exists():
        for _ in range(10):
            for ticket in arriving[-3:]:
                attempt(dice, enqueue, ticket=ticket, channel=ticket.channel, enqueued_at=timezone.now())
            del arriving[-3:]
            attempt(dice, actions.match_waiting, everything=dice.random() < 0.01)
            for offer_id, operator_id in _some(
                "SELECT id, operator_id FROM routing_offer WHERE state = 'pending'", dice
            ):
                answer = actions.decline_offer if dice.random() < 0.1 else actions.accept_offer
                attempt(dice, answer, offer_id=offer_id, operator_id=operator_id)
            served = _some("SELECT ticket_id, operator_id FROM routing_assignment WHERE state = 'active'", dice)
            for ticket_id, operator_id in served:
                attempt(
                    dice,
                    actions.wrap_up,
                    ticket_id=ticket_id,
                    operator_id=operator_id,
                    disposition=None,
                    status="solved",
                )
        if dice.random() < 0.3:
            who = dice.choice(operators)
            for state in (dice.choice(["break", "offline"]), "available"):
                attempt(dice, actions.set_presence, operator_id=who, state=state, reason="tea")
        if dice.random() < 0.1:
            actions.expire_offers(at=timezone.now() + timedelta(seconds=dice.choice([0] * 19 + [7200])))
            actions.close_overdue_wraps(at=timezone.now())
            for state in OperatorState.objects.filter(presence="break").exclude(reason="tea"):
                attempt(dice, actions.set_presence, operator_id=state.pk, state="available")
        _watch(failures)


def attempt(dice: random.Random, action: Callable[..., object], **arguments: object) -> None:
    """Do it in one transaction, in which the process may die. Whoever loses a race is refused: the rows decide."""
    with suppress(DomainError), transaction.atomic():
        action(**arguments, at=timezone.now())
        if dice.random() < CRASHES:
            os._exit(9)


def _some(statement: str, dice: random.Random) -> list[tuple]:
    rows = rows_from(statement + " LIMIT 60", [])
    return dice.sample(rows, min(3, len(rows)))


def _watch(failures) -> None:
    """No operator has more than their places, in one statement: two would count an accepted offer twice."""
    over = rows_from(
        """
        SELECT operator_id, kind, count(*) FROM (
            SELECT operator_id, CASE channel WHEN 'email' THEN 'email' ELSE 'chat' END AS kind
            FROM routing_offer WHERE state = 'pending'
            UNION ALL
            SELECT operator_id, CASE channel WHEN 'email' THEN 'email' ELSE 'chat' END
            FROM routing_assignment WHERE state = 'active'
        ) taken GROUP BY 1, 2 HAVING count(*) > %s
        """,
        [CAPACITY],
    )
    if over:
        failures.put(f"over capacity: {over}")


def test_processes_serve_every_ticket_once_and_leave_no_reservation_behind() -> None:
    with open_every_account(reason="a concurrency test"), hand_jobs_to(lambda name, ids: None):
        tickets, operators = set_up(at=timezone.now() - timedelta(seconds=1))
    connections.close_all()
    context = multiprocessing.get_context("fork")
    failures = context.SimpleQueue()
    shares = [tickets[number::PROCESSES] for number in range(PROCESSES)]
    running = {}
    crashed = 0

    def start(number: int) -> None:
        running[number] = context.Process(target=work, args=(number, shares[number], operators, failures))
        running[number].start()

    for number in range(PROCESSES):
        start(number)
    while running:
        for number, process in list(running.items()):
            process.join(0.2)
            if process.exitcode is None:
                continue
            del running[number]
            if process.exitcode == 9:
                crashed += 1
                start(number)
            elif process.exitcode:
                # its tickets will never arrive: the others would wait for them for ever
                for other in running.values():
                    other.terminate()
    close_old_connections()
    told = []
    while not failures.empty():
        told.append(failures.get())
    assert told == []
    with open_every_account(reason="a concurrency test"):
        _check(tickets=tickets)
    sys.stderr.write(f"\n{PROCESSES} processes, {TICKETS} tickets, {OPERATORS} operators, {crashed} crashes\n")


def _check(*, tickets: list[int]) -> None:
    # nothing is lost: every ticket was served and solved
    assert Ticket.objects.filter(pk__in=tickets, status="solved").count() == len(tickets) == TICKETS
    assert not Waiting.objects.exists()
    served = Counter(Assignment.objects.values_list("ticket_id", flat=True))
    assert served.keys() == set(tickets)
    # nobody has anything left, and no reservation leaked
    assert not Assignment.objects.filter(state__in=["active", "held", "consult"]).exists()
    assert not Offer.objects.filter(state=OfferState.PENDING).exists()
    # served one after another, never by two at once
    overlapping = rows_from(
        """
        SELECT count(*) FROM routing_assignment a JOIN routing_assignment b ON b.ticket_id = a.ticket_id AND b.id > a.id
        WHERE b.started_at < coalesce(a.wrapping_at, a.done_at)
        """,
        [],
    )
    assert overlapping == [(0,)]
    offers = Counter(Offer.objects.values_list("state", flat=True))
    assert offers[OfferState.ACCEPTED] == Assignment.objects.count()
    # every reservation was made once and released once, as the ledger has it
    ledger = Counter(OperatorEvent.objects.filter(kind__startswith="offer.").values_list("kind", flat=True))
    assert ledger["offer.made"] == ledger["offer.ended"] == sum(offers.values())
    # in the end a run that looks at everything finds nothing to do
    with hand_jobs_to(lambda name, ids: None):
        actions.match_waiting(at=timezone.now())
        assert not MatchMark.objects.exists()
    with suppress(OperationalError):
        connection.close()
