"""Processes against PostgreSQL, as in production: no double assignment, no lost ticket, no leaked reservation.

A small floor by default. ROUTING_FULL=1 runs 16 processes, 10,000 tickets and 200 operators (about ten minutes on two
cores).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
from collections import Counter
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
PROCESSES, TICKETS, OPERATORS, ACCOUNTS = (16, 10_000, 200, 20) if FULL else (8, 400, 24, 4)
CAPACITY = 3
CRASHES = 1 / 400
"""So often a process dies within a transaction."""
LANGUAGES = ("en", "es")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kill]


def set_up(*, at: datetime) -> tuple[list[int], list[int]]:
    """Tickets that have yet to arrive, and operators at work."""
    accounts = [make_account() for _ in range(ACCOUNTS)]
    Queue.objects.create(name="Everything", offer_seconds=20)
    Queue.objects.create(name="Mails", channel="email", wrap_up_mode="timed", wrap_up_seconds=5)
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
        at = timezone.now()
        crash = dice.random() < CRASHES
        action = dice.choices(
            ["arrive", "match", "answer", "solve", "presence", "expire", "watch"], [4, 3, 6, 6, 0.3, 0.2, 1]
        )[0]
        # whoever loses a race is refused; what matters is what the rows say
        with suppress(DomainError), transaction.atomic():
            if action == "arrive" and arriving:
                for ticket in arriving[-4:]:
                    enqueue(ticket=ticket, channel=ticket.channel, enqueued_at=at, at=at)
            elif action == "match":
                actions.match_waiting(at=at, everything=dice.random() < 0.02)
            elif action == "answer":
                offer = _any("SELECT id, operator_id FROM routing_offer WHERE state = 'pending'", dice)
                if offer:
                    at = timezone.now()
                    answer = actions.decline_offer if dice.random() < 0.1 else actions.accept_offer
                    answer(offer_id=offer[0], operator_id=offer[1], at=at)
            elif action == "solve":
                served = _any("SELECT ticket_id, operator_id FROM routing_assignment WHERE state = 'active'", dice)
                if served:
                    actions.wrap_up(
                        ticket_id=served[0],
                        operator_id=served[1],
                        at=timezone.now(),
                        disposition=None,
                        status="solved",
                    )
            elif action == "presence":
                who = dice.choice(operators)
                actions.set_presence(operator_id=who, state=dice.choice(["break", "offline"]), reason="tea", at=at)
                actions.set_presence(operator_id=who, state="available", at=at)
            elif action == "expire":
                actions.expire_offers(at=at + timedelta(seconds=dice.choice([0, 0, 60])))
                OperatorState.objects.filter(presence="break").exclude(reason="tea").update(
                    presence="available", reason="", missed_offers=0
                )
            elif action == "watch":
                _watch(failures)
            if crash:
                os._exit(9)
        if action == "arrive" and arriving:
            del arriving[-4:]


def _any(statement: str, dice: random.Random) -> tuple | None:
    rows = rows_from(statement + " LIMIT 40", [])
    return dice.choice(rows) if rows else None


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


@pytest.mark.xdist_group("many-processes")
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
