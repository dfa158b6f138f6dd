"""Scenes that several tests of the lifecycle begin with."""

from datetime import datetime, timedelta
from typing import Any

from contactcenter.operators.models import Operator
from contactcenter.routing.actions import accept_offer, match_waiting, place_ticket, set_presence
from contactcenter.routing.models import Assignment, Offer
from contactcenter.tenancy.models import Account
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets import interaction_actions
from contactcenter.tickets.models import Ticket
from tests.app.factories import AT, make_operator, make_ticket


def after(seconds: float) -> datetime:
    """So many seconds after the scene began."""
    return AT + timedelta(seconds=seconds)


def at_work(account: Account, **fields: Any) -> Operator:
    """An operator of the account who is available since the beginning."""
    operator = make_operator(account, **fields)
    set_presence(operator_id=operator.pk, state="available", at=AT)
    return operator


def waiting(account: Account, *, at: datetime = AT, channel: str = "chat") -> Ticket:
    """A ticket that waits since `at`."""
    ticket = make_ticket(account, channel=channel, language="en", at=at)
    ticket_actions.receive_message(ticket=ticket, channel=channel, at=at, text="Hello?")
    place_ticket(ticket_id=ticket.pk, at=at)
    ticket.refresh_from_db()
    return ticket


def served(account: Account, operator: Operator, *, channel: str = "chat") -> Ticket:
    """A ticket that waited from the beginning and is served by the operator from ten seconds later."""
    ticket = waiting(account, channel=channel)
    assert match_waiting(at=after(5)) == 1
    offer = Offer.objects.get(ticket=ticket, state="pending")
    assert offer.operator_id == operator.pk
    accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=after(10))
    return ticket


def on_call(account: Account, operator: Operator) -> Ticket:
    """A call that the operator has been speaking on since ten seconds after the beginning, told by no telephone."""
    ticket = make_ticket(account, channel="voice", language="en", at=AT)
    interaction = interaction_actions.start_interaction(
        ticket=ticket, operator_id=operator.pk, channel="voice", at=after(10)
    )
    Assignment.objects.create(
        account=account, ticket=ticket, operator=operator, interaction=interaction, channel="voice",
        enqueued_at=AT, started_at=after(10),
    )  # fmt: skip
    ticket_actions.assign(ticket_id=ticket.pk, operator_id=operator.pk)
    return ticket


def telephoned(account: Account, operator: Operator, *, at: datetime) -> Ticket:
    """A call that the telephone system tells of: the operator speaks since `at`."""
    ticket = make_ticket(account, channel="voice", language="en", at=at)
    interaction_actions.start_interaction(
        ticket=ticket, operator_id=operator.pk, channel="voice", at=at, source_key=f"call of ticket {ticket.pk}"
    )
    return ticket


def states_of(ticket: Ticket) -> list[tuple[int, str]]:
    """Who had the ticket, in order, and how that stands."""
    return list(Assignment.objects.filter(ticket=ticket).order_by("id").values_list("operator_id", "state"))


def owners(ticket: Ticket) -> list[int]:
    """Who owns the ticket now: never more than one."""
    found = Assignment.objects.filter(ticket=ticket, state__in=["active", "held", "consult"])
    return list(found.values_list("operator_id", flat=True))
