"""A callback that was asked for, and one that an operator has taken."""

from contactcenter.routing.actions import (
    accept_offer,
    match_waiting,
    request_callback,
)
from contactcenter.routing.models import (
    Offer,
)
from contactcenter.tickets.call_actions import CallFacts, SegmentFacts, record_call
from tests.app.routing.scenes import after

NUMBER = "+442071838750"


def asked(ticket, *, at=None, **fields):
    """A callback for the ticket, asked for a minute after the scene began."""
    callback, created = request_callback(
        ticket_id=ticket.pk, source="console", number=NUMBER, at=at or after(60), **fields
    )
    assert created
    return callback


def taken(ticket, operator, *, at):
    """The callback is offered and accepted."""
    assert match_waiting(at=at) == 1
    offer = Offer.objects.get(ticket=ticket, state="pending")
    assert (offer.operator_id, offer.channel) == (operator.pk, "voice")
    accept_offer(offer_id=offer.pk, operator_id=operator.pk, at=at)


def outbound(ticket, operator, *, answered_at, ended_at=None):
    """What a telephone system tells of a call that was made for the ticket."""
    part = SegmentFacts(
        kind="outbound", operator_id=operator.pk, operator_name="Anna", answered_at=answered_at, ended_at=ended_at
    )
    facts = CallFacts(
        endpoint_id=1, external_id="1781514000.7", external_ids=[], direction="out", from_number="101", from_name="",
        to_number=NUMBER, queue_name="", started_at=answered_at, enqueued_at=None, answered_at=answered_at,
        ended_at=ended_at, wait_ms=None, ring_ms=None, talk_ms=None, hold_ms=None, outcome="", hung_up_by="",
        transfers=[], flags=[], segments=(part,), contact_number=NUMBER, contact_name="", language="",
        opens_ticket=True, ticket_id=ticket.pk,
    )  # fmt: skip
    return record_call(account_id=ticket.account_id, facts=facts)
