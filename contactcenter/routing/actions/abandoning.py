"""Contacts who left before an operator answered."""

from __future__ import annotations

from datetime import datetime

from contactcenter.routing.actions.queueing import enqueue, take_offers_back
from contactcenter.routing.models import Abandonment, Waiting
from contactcenter.tickets.models import Channel, Direction, Message, MessageKind, Ticket


def abandon(*, waiting: Waiting, at: datetime) -> Abandonment | None:
    """The visitor of a waiting chat has gone: record it, once for this stay in the queue, and take its offer back.

    Nobody is asked to answer at once any more. What was written keeps its place and waits to be answered as a mail is.
    `waiting` must be locked. Who waits to be called back (by voice) has left nothing.
    """
    if waiting.channel != Channel.CHAT or waiting.is_callback:
        return None
    abandonment, _ = Abandonment.objects.get_or_create(
        ticket_id=waiting.ticket_id,
        enqueued_at=waiting.enqueued_at,
        defaults={
            "account_id": waiting.account_id,
            "queue_id": waiting.queue_id,
            "channel": waiting.channel,
            "language": waiting.language,
            "abandoned_at": max(at, waiting.enqueued_at),
        },
    )
    ticket = Ticket.objects.get(pk=waiting.ticket_id)
    take_offers_back(ticket=ticket, at=at)
    enqueue(ticket=ticket, channel=Channel.EMAIL, enqueued_at=waiting.enqueued_at, at=at, waiting=waiting)
    return abandonment


def has_abandoned(waiting: Waiting | None) -> bool:
    """Return whether the contact left during this stay in the queue."""
    return (
        waiting is not None
        and Abandonment.objects.filter(ticket_id=waiting.ticket_id, enqueued_at=waiting.enqueued_at).exists()
    )


def is_gone(waiting: Waiting) -> bool:
    """Return whether the contact left during this stay in the queue and has not written since."""
    left = Abandonment.objects.filter(ticket_id=waiting.ticket_id, enqueued_at=waiting.enqueued_at).first()
    return (
        left is not None
        and not Message.objects.filter(
            ticket_id=waiting.ticket_id,
            direction=Direction.INBOUND,
            kind=MessageKind.MESSAGE,
            at__gt=left.abandoned_at,
        ).exists()
    )
