"""Contacts who left before an operator answered."""

from __future__ import annotations

from datetime import datetime

from contactcenter.routing.models import Abandonment, Waiting
from contactcenter.tickets.models import Channel


def note_abandoned(*, ticket_id: int, at: datetime) -> Abandonment | None:
    """Record that the visitor of a waiting chat has gone, once for this stay in the queue.

    Who waits to be called back (Waiting.is_callback, by voice) has left nothing.
    """
    waiting = Waiting.objects.filter(ticket_id=ticket_id, channel=Channel.CHAT, is_callback=False).first()
    if waiting is None:
        return None
    abandonment, _ = Abandonment.objects.get_or_create(
        ticket_id=ticket_id,
        enqueued_at=waiting.enqueued_at,
        defaults={
            "account_id": waiting.account_id,
            "queue_id": waiting.queue_id,
            "channel": waiting.channel,
            "language": waiting.language,
            "abandoned_at": max(at, waiting.enqueued_at),
        },
    )
    return abandonment


def has_abandoned(waiting: Waiting | None) -> bool:
    """Return whether the contact left during this stay in the queue."""
    return (
        waiting is not None
        and Abandonment.objects.filter(ticket_id=waiting.ticket_id, enqueued_at=waiting.enqueued_at).exists()
    )
