"""Into the queue and out of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.routing import queries
from contactcenter.routing.actions.reservations import release_offer
from contactcenter.routing.models import Offer, OfferPurpose, OfferState, OperatorState, Queue, Waiting
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import SlaPolicy, Ticket, TicketStatus
from contactcenter.tickets.models.ticket import OPEN_STATUSES
from contactcenter.tickets.sla_actions import put_under_policy

WAITS: Final = frozenset({TicketStatus.NEW, TicketStatus.OPEN})
"""Statuses in which a ticket may wait: otherwise the next word is the contact's."""
UNPROMISED: Final = timedelta(days=1)
"""A ticket that nothing is promised to takes the place of one due so long after it came."""


def enqueue(
    *,
    ticket: Ticket,
    channel: str,
    enqueued_at: datetime,
    at: datetime,
    waiting: Waiting | None = None,
    into: Queue | None = None,
    is_callback: bool = False,
) -> Waiting:
    """Make the ticket wait; one that waits already keeps its place and takes over language, channel and priority.

    `into` is the queue that a transfer or a callback names; the ticket stays in it until it is served. `is_callback`:
    its contact waits to be called.
    """
    chosen = into or (waiting.queue if waiting is not None and waiting.is_queue_chosen else None)
    queue = chosen or queries.pick_queue(account_id=ticket.account_id, language=ticket.language, channel=channel)
    if queue is None:
        # without any queue configured a ticket must still wait somewhere
        queue, _ = Queue.objects.get_or_create(account=None, language="", channel="", defaults={"name": "Everything"})
    promise(ticket=ticket, queue=queue, at=at)
    fields = {
        "queue": queue,
        "channel": channel,
        "language": ticket.language,
        "priority": queue.priority + ticket.priority,
        "due_at": ticket.due_at or (waiting.enqueued_at if waiting else enqueued_at) + UNPROMISED,
        "is_queue_chosen": chosen is not None,
        "is_callback": is_callback,
    }
    if waiting is None:
        operator_id, served_at = queries.last_served(ticket=ticket) or (None, None)
        waiting, created = Waiting.objects.get_or_create(
            ticket=ticket,
            defaults={
                "account_id": ticket.account_id,
                "enqueued_at": enqueued_at,
                "last_operator_id": operator_id,
                "last_served_at": served_at,
                **fields,
            },
        )
        if created:
            ticket_actions.push_ticket_changed(ticket)
    changed = [name for name, value in fields.items() if getattr(waiting, name) != value]
    if changed:
        for name in changed:
            setattr(waiting, name, fields[name])
        waiting.save(update_fields=changed)
    enqueue_on_commit("routing.match")
    return waiting


def promise(*, ticket: Ticket, queue: Queue | None, at: datetime) -> None:
    """Put the ticket under the policy of its queue, else its account's, and bring its clocks up to it.

    Outside a queue (None) it stays under the policy it had.
    """
    policy_id = queue.sla_policy_id if queue else ticket.sla_policy_id
    if policy_id is None:
        policy_id = SlaPolicy.objects.filter(account_id=ticket.account_id).values_list("pk", flat=True).first()
    put_under_policy(ticket=ticket, policy_id=policy_id, at=at)


def withdraw(*, ticket: Ticket, waiting: Waiting | None, at: datetime) -> None:
    """Take the ticket out of the queue and its pending offer back: it was answered or closed elsewhere."""
    if waiting is not None:
        waiting.delete()
        ticket_actions.push_ticket_changed(ticket)
    take_offers_back(ticket=ticket, at=at)


def take_offers_back(*, ticket: Ticket, at: datetime) -> None:
    """Take back what nobody has answered yet: the operator's place is free again."""
    offers = Offer.objects.filter(ticket_id=ticket.pk, state=OfferState.PENDING)
    if ticket.status in OPEN_STATUSES:
        # answered by its owner, who still hands it over
        offers = offers.filter(purpose=OfferPurpose.ROUTE)
    for offer in offers:
        OperatorState.objects.select_for_update(of=("self",)).get(operator_id=offer.operator_id)
        release_offer(offer=offer, how=OfferState.RESCINDED, at=at)
