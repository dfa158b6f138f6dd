"""Threads against PostgreSQL: one live assignee a ticket, load within capacity, every reservation released once."""

import random
import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from contactcenter.kernel.errors import DomainError
from contactcenter.routing import actions
from contactcenter.routing.models import Assignment, AssignmentState, Offer, OfferState, Waiting
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets import actions as ticket_actions
from contactcenter.worktime.models import OperatorEvent
from tests.app.factories import make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)

OPERATORS, TICKETS, THREADS = 4, 24, 6
CAPACITY = 2


def make_waiting(account) -> int:
    at = timezone.now()
    ticket = make_ticket(account, channel="chat", language="en", at=at)
    ticket_actions.receive_message(ticket=ticket, channel="chat", at=at, text="Hello?")
    actions.place_ticket(ticket_id=ticket.pk, at=at)
    return ticket.pk


def in_threads(work, count: int = THREADS) -> list[BaseException]:
    failures: list[BaseException] = []
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            with open_every_account(reason="a concurrency test"):
                ready.wait(10)
                work(random.Random(number))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def loads() -> Counter[int]:
    """Places taken, in one statement: two would count an offer accepted in between twice."""
    pending = Offer.objects.filter(state=OfferState.PENDING).values_list("operator_id", flat=True)
    active = Assignment.objects.filter(state=AssignmentState.ACTIVE).values_list("operator_id", flat=True)
    return Counter(pending.union(active, all=True))


def test_operators_racing_for_the_backlog_never_share_a_ticket_or_exceed_their_places():
    account = make_account()
    operators = [make_operator(account, max_chat=CAPACITY).pk for _ in range(OPERATORS)]
    for operator_id in operators:
        actions.set_presence(operator_id=operator_id, state="available", at=timezone.now())
    tickets = [make_waiting(account) for _ in range(TICKETS)]
    too_much: list[int] = []

    def work(dice: random.Random) -> None:
        for _ in range(40):
            now = timezone.now()
            match dice.randrange(6):
                case 0 | 1:
                    actions.match_waiting(at=now)
                case 2 | 3:
                    offer = Offer.objects.filter(state=OfferState.PENDING).order_by("?").first()
                    if offer:
                        answer = dice.choice([actions.accept_offer, actions.accept_offer, actions.decline_offer])
                        _try(answer, offer_id=offer.pk, operator_id=offer.operator_id, at=now)
                case 4:
                    served = Assignment.objects.exclude(state=AssignmentState.DONE).order_by("?").first()
                    if served:
                        _try(
                            actions.wrap_up,
                            ticket_id=served.ticket_id,
                            operator_id=served.operator_id,
                            at=now,
                            disposition=None,
                            status="solved",
                        )
                case 5:
                    actions.expire_offers(at=now + timedelta(seconds=dice.choice([0, 3600])))
            too_much.extend(count for count in loads().values() if count > CAPACITY)

    def _try(action, **arguments) -> None:
        # who loses the race is refused; what matters is what the rows say
        with suppress(DomainError):
            action(**arguments)

    assert in_threads(work) == []
    assert too_much == []
    active = Counter(Assignment.objects.filter(state="active").values_list("ticket_id", flat=True))
    assert max(active.values(), default=1) == 1
    released = Counter(OperatorEvent.objects.filter(kind="offer.ended").values_list("source_key", flat=True))
    answered = Offer.objects.exclude(state=OfferState.PENDING)
    assert set(released.values()) <= {1}
    assert len(released) == answered.count() > 0
    # a ticket is either somewhere, or solved
    for ticket_id in tickets:
        places = (
            Waiting.objects.filter(ticket_id=ticket_id).count()
            + Assignment.objects.filter(ticket_id=ticket_id, state="active").count()
        )
        assert places <= 1


def test_one_offer_accepted_by_many_threads_gives_one_assignment():
    account = make_account()
    operator = make_operator(account)
    actions.set_presence(operator_id=operator.pk, state="available", at=timezone.now())
    make_waiting(account)
    actions.match_waiting(at=timezone.now())
    offer = Offer.objects.get()
    taken: list[int] = []

    def work(dice: random.Random) -> None:
        taken.append(actions.accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=timezone.now()).pk)

    assert in_threads(work) == []
    assert len(taken) == THREADS
    assert len(set(taken)) == 1
    assert Assignment.objects.count() == 1


def test_accept_against_expiry_ends_the_offer_exactly_once():
    account = make_account()
    operator = make_operator(account)
    actions.set_presence(operator_id=operator.pk, state="available", at=timezone.now())
    for _ in range(8):
        make_waiting(account)
        actions.match_waiting(at=timezone.now())
        offer = Offer.objects.get(state=OfferState.PENDING)
        late = offer.expires_at - timedelta(milliseconds=1)

        def work(dice: random.Random, offer=offer, late=late) -> None:
            try:
                if dice.randrange(2):
                    actions.accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=late)
                else:
                    actions.expire_offers(at=late + timedelta(seconds=1))
            except DomainError:
                pass

        assert in_threads(work) == []
        offer.refresh_from_db()
        served = Assignment.objects.filter(ticket_id=offer.ticket_id, state="active").count()
        assert (offer.state, served) in {(OfferState.ACCEPTED, 1), (OfferState.TIMED_OUT, 0)}
        for one in Assignment.objects.filter(state="active"):
            actions.wrap_up(
                ticket_id=one.ticket_id, operator_id=operator.pk, at=timezone.now(), disposition=None, status="solved"
            )
        Waiting.objects.all().delete()
        actions.set_presence(operator_id=operator.pk, state="break", reason="x", at=timezone.now())
        actions.set_presence(operator_id=operator.pk, state="available", at=timezone.now())
