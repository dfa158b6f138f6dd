"""Any order of what may happen to tickets: one owner, load within capacity, each reservation released exactly once."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contactcenter.dashboards.verification.routing_checks import ledger_knows_routing, places_are_held
from contactcenter.kernel.errors import DomainError
from contactcenter.routing import actions
from contactcenter.routing.candidates import loads_of
from contactcenter.routing.models import Assignment, Offer, OperatorState, Queue, Transfer, Waiting
from contactcenter.routing.states import LIVE, OWNING
from contactcenter.tenancy.doors import open_every_account
from contactcenter.worktime.events import EventKind
from contactcenter.worktime.models import OperatorEvent
from tests.app.factories import AT, make_account
from tests.app.routing.scenes import at_work, waiting

pytestmark = pytest.mark.django_db

STEPS = (
    "arrive", "match", "accept", "decline", "expire", "finish", "wrap_up", "hold", "resume", "transfer", "consult",
    "complete", "cancel", "queue", "break", "available", "offline", "lose", "take_over", "close",
)  # fmt: skip
WALK = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2), st.integers(0, 3)), min_size=10, max_size=60)


def take(step, who, other, *, account, people, tickets, at):
    operator, colleague = people[who], people[other % len(people)]
    ticket = tickets[other % len(tickets)] if tickets else None
    mine = {"operator_id": operator.pk, "at": at}
    offer = Offer.objects.filter(state="pending").order_by("id").first()
    if step == "arrive":
        tickets.append(waiting(account, at=at))
    elif step == "match":
        actions.match_waiting(at=at)
    elif step in {"accept", "decline"} and offer is not None:
        answer = actions.accept_offer if step == "accept" else actions.decline_offer
        answer(offer_id=offer.pk, operator_id=offer.operator_id, at=at)
    elif step == "expire":
        actions.expire_offers(at=at)
        actions.close_overdue_wraps(at=at)
    elif step in {"break", "available", "offline"}:
        actions.set_presence(operator_id=operator.pk, state=step, reason="tea" if step == "break" else "", at=at)
    elif step == "lose":
        OperatorState.objects.filter(pk=operator.pk).update(last_seen_at=at - timedelta(hours=1))
        actions.lose_operators(at=at)
    elif ticket is None:
        return
    elif step == "finish":
        actions.finish_conversation(ticket_id=ticket.pk, **mine)
    elif step == "wrap_up":
        actions.wrap_up(ticket_id=ticket.pk, disposition=None, **mine)
    elif step == "hold":
        actions.hold(ticket_id=ticket.pk, **mine)
    elif step == "resume":
        actions.resume(ticket_id=ticket.pk, **mine)
    elif step in {"transfer", "consult"}:
        actions.ask_operator(ticket_id=ticket.pk, to_operator_id=colleague.pk, consults=step == "consult", **mine)
    elif step == "complete":
        actions.complete_transfer(ticket_id=ticket.pk, **mine)
    elif step == "cancel":
        actions.cancel_transfer(ticket_id=ticket.pk, **mine)
    elif step == "queue":
        actions.transfer_to_queue(ticket_id=ticket.pk, queue_id=Queue.objects.order_by("id")[0].pk, **mine)
    elif step == "take_over":
        actions.take_over(ticket_id=ticket.pk, **mine)
    elif step == "close":
        type(ticket).objects.filter(pk=ticket.pk).update(status="closed")
        actions.place_ticket(ticket_id=ticket.pk, at=at)


def check(people):
    owned = Counter(Assignment.objects.filter(state__in=OWNING).values_list("ticket_id", flat=True))
    assert set(owned.values()) <= {1}
    assert not Waiting.objects.filter(ticket_id__in=owned).exists()
    for ticket_id, operator_id, assignee_id in Assignment.objects.filter(state__in=OWNING).values_list(
        "ticket_id", "operator_id", "ticket__assignee_id"
    ):
        assert assignee_id == operator_id, ticket_id
    # whoever has handed a ticket on owns it no more
    given = Transfer.objects.filter(state="done").exclude(kind="number")
    assert not given.filter(assignment__state__in=OWNING).exists()
    ids = [person.pk for person in people]
    for load in loads_of(operator_ids=ids).values():
        assert load["chat"] <= 2
    ledger = Counter(
        (event.data["subject"], event.kind)
        for event in OperatorEvent.objects.filter(kind__in=[EventKind.OFFER_MADE, EventKind.OFFER_ENDED])
    )
    for offer in Offer.objects.all():
        assert ledger[f"offer {offer.pk}", EventKind.OFFER_MADE] == 1
        assert ledger[f"offer {offer.pk}", EventKind.OFFER_ENDED] == (offer.state != "pending")
    consults = Counter(
        (event.data["subject"], event.kind)
        for event in OperatorEvent.objects.filter(kind__in=[EventKind.CHAT_OPENED, EventKind.CHAT_CLOSED])
        if "consult" in event.data.get("subject", "")
    )
    for transfer in Transfer.objects.exclude(consulting_at=None):
        assert consults[f"consult {transfer.pk}", EventKind.CHAT_OPENED] == 1
        assert consults[f"consult {transfer.pk}", EventKind.CHAT_CLOSED] == (transfer.state != "consulting")
    consulting = set(Transfer.objects.filter(state="consulting").values_list("assignment_id", flat=True))
    assert set(Assignment.objects.filter(state="consult").values_list("pk", flat=True)) == consulting
    for state in OperatorState.objects.exclude(presence__in=["available", "break"]):
        assert not Assignment.objects.filter(operator_id=state.pk, state__in=LIVE).exists()
        assert not Offer.objects.filter(operator_id=state.pk, state="pending").exists()
        assert state.next_presence == ""


HANDED_ON = [("arrive", 0, 0), ("match", 0, 0), ("accept", 0, 0), ("transfer", 0, 1), ("accept", 0, 0)]
HELPED_AND_HANDED_ON = [*HANDED_ON[:3], ("consult", 0, 1), ("accept", 0, 0), ("complete", 0, 0)]
PUT_INTO_A_QUEUE = [*HANDED_ON[:3], ("queue", 0, 0), ("match", 0, 0), ("accept", 0, 0)]


@example(walk=HANDED_ON)
@example(walk=HELPED_AND_HANDED_ON)
@example(walk=PUT_INTO_A_QUEUE)
@given(walk=WALK)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_walk_keeps_one_owner_and_releases_each_reservation_once(walk):
    from django.db import transaction

    with transaction.atomic(), open_every_account(reason="a routing test"):
        account = make_account()
        Queue.objects.create(name="All", wrap_up_seconds=60)
        people = [at_work(account, max_chat=2) for _ in range(3)]
        tickets: list = []
        at = AT
        for step, who, other in walk:
            at += timedelta(seconds=17)
            try:
                with transaction.atomic():
                    take(step, who, other, account=account, people=people, tickets=tickets, at=at)
            except DomainError:
                pass  # refused: the check below sees that nothing half done is left
            check(people)
        assert ledger_knows_routing().examples == []
        # once the sweepers have been there the nightly proof finds nothing held by nobody
        at += timedelta(hours=1)
        actions.expire_offers(at=at)
        actions.close_overdue_wraps(at=at)
        actions.lose_operators(at=at)
        actions.place_forgotten_tickets(at=at)
        for proven in (places_are_held(at=at), ledger_knows_routing()):
            assert proven.examples == []
        transaction.set_rollback(True)


@pytest.mark.parametrize("walk", [HANDED_ON, HELPED_AND_HANDED_ON, PUT_INTO_A_QUEUE])
def test_walks_that_hand_on_reach_a_second_owner(walk):
    """Else the examples above would prove nothing."""
    with open_every_account(reason="a routing test"):
        account = make_account()
        Queue.objects.create(name="All", wrap_up_seconds=60)
        people = [at_work(account, max_chat=2) for _ in range(3)]
        tickets: list = []
        for seconds, (step, who, other) in enumerate(walk, start=1):
            at = AT + timedelta(seconds=17 * seconds)
            take(step, who, other, account=account, people=people, tickets=tickets, at=at)
        states = Assignment.objects.order_by("id").values_list("operator_id", "state")
        assert list(states) == [(people[0].pk, "wrapping"), (people[1].pk, "active")]
