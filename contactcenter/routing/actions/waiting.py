"""The place of a ticket: with its operator, in a queue, or nowhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import queries
from contactcenter.routing.actions.abandoning import is_gone
from contactcenter.routing.actions.calling_back import move_callback, open_callback
from contactcenter.routing.actions.moving import lock_operators
from contactcenter.routing.actions.queueing import WAITS, enqueue, promise, withdraw
from contactcenter.routing.actions.reservations import release_offer
from contactcenter.routing.actions.serving import release_assignment, resume_conversation
from contactcenter.routing.frames import pulse_frame
from contactcenter.routing.models import (
    Assignment,
    AssignmentState,
    CallbackRequest,
    CallbackState,
    Offer,
    OfferState,
    OperatorState,
    Presence,
    Snooze,
    Waiting,
)
from contactcenter.routing.states import OWNING
from contactcenter.tickets.models import Channel, Direction, Message, MessageKind, Ticket
from contactcenter.tickets.models.ticket import OPEN_STATUSES

PRESENT: Final = frozenset({Presence.AVAILABLE, Presence.BREAK})
FORGOTTEN_AFTER: Final = timedelta(seconds=15)


@transaction.atomic
def place_ticket(*, ticket_id: int, at: datetime) -> Waiting | None:
    """Put the ticket where it belongs after any change to it, and return its waiting row if it waits.

    - solved, closed or answered (pending): it leaves the queue and its offer is taken back;
    - served by an operator who is there: it stays theirs; wrap-up is interrupted, the same handled unit goes on;
    - served by an operator who has gone: it is released;
    - put away for later: it stays away until then, or until the contact writes;
    - its contact asked to be called back, and it is time: it waits for that, even if it was answered in writing;
    - written in a chat that the visitor has left, it waits as a mail does;
    - else it waits, in the place it already has if it waited before. Safe to run any number of times.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        return None
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    assignment = queries.live_assignment(ticket_id=ticket_id)
    snooze = Snooze.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    if snooze is not None:
        if ticket.status in OPEN_STATUSES and not ticket.unread:
            return None
        # the contact did not wait, or the matter is settled
        snooze.delete()
        if ticket.status in WAITS:
            return enqueue(ticket=ticket, channel=snooze.channel, enqueued_at=snooze.enqueued_at or at, at=at)
    callback = open_callback(ticket_id=ticket_id, lock=True)
    if callback is not None and ticket.status not in OPEN_STATUSES:
        move_callback(callback=callback, wanted=CallbackState.CANCELED, at=at, reason="The ticket was closed.")
        callback = None
    if callback is not None and assignment is None and is_due(callback, at=at):
        return _place_callback(ticket=ticket, callback=callback, waiting=waiting, at=at)
    if ticket.status not in WAITS:
        withdraw(ticket=ticket, waiting=waiting, at=at)
        promise(ticket=ticket, queue=None, at=at)
        return None
    if assignment is not None:
        state = OperatorState.objects.select_for_update(of=("self",)).filter(pk=assignment.operator_id).first()
        if state is not None and state.presence in PRESENT:
            if assignment.state == AssignmentState.WRAPPING and ticket.unread:
                resume_conversation(assignment=assignment, at=at)
            promise(ticket=ticket, queue=None, at=at)
            return None
        return release_assignment(assignment=assignment, at=at)
    if waiting is None and not ticket.unread:
        # nothing new was said: an open ticket may rest with its owner
        promise(ticket=ticket, queue=None, at=at)
        return None
    channel = ticket.channel
    if channel == Channel.VOICE:
        # the telephone system answers calls; only what is written later waits here
        written = Message.objects.filter(ticket_id=ticket_id, direction=Direction.INBOUND, kind=MessageKind.MESSAGE)
        latest = written.order_by("-at", "-id").values_list("channel", flat=True).first()
        if latest is None:
            promise(ticket=ticket, queue=None, at=at)
            return None
        channel = latest
    elif channel == Channel.CHAT and waiting is not None and is_gone(waiting):
        channel = Channel.EMAIL
    return enqueue(ticket=ticket, channel=channel, enqueued_at=at, at=at, waiting=waiting)


def is_due(callback: CallbackRequest, *, at: datetime) -> bool:
    """Whether somebody is to call now, business hours apart."""
    return callback.state == CallbackState.WAITING and (
        callback.next_attempt_at is None or callback.next_attempt_at <= at
    )


def _place_callback(*, ticket: Ticket, callback: CallbackRequest, waiting: Waiting | None, at: datetime) -> Waiting:
    """Let the ticket wait in the callback's queue and place; an offer of it in writing is taken back."""
    for offer in Offer.objects.filter(ticket_id=ticket.pk, state=OfferState.PENDING).exclude(channel=Channel.VOICE):
        lock_operators({offer.operator_id})
        release_offer(offer=offer, how=OfferState.RESCINDED, at=at)
    if waiting is not None and waiting.enqueued_at != callback.enqueued_at:
        waiting.enqueued_at = callback.enqueued_at
        waiting.save(update_fields=["enqueued_at"])
    return enqueue(
        ticket=ticket,
        channel=Channel.VOICE,
        enqueued_at=callback.enqueued_at,
        at=at,
        waiting=waiting,
        into=callback.queue,
        is_callback=True,
    )


def place_forgotten_tickets(*, at: datetime, limit: int = 200) -> int:
    """Place tickets with an unread message that are nowhere, because a broker or worker was lost; return how many.

    Also releases what is still assigned to operators who have gone.
    """
    written = Message.objects.filter(ticket_id=OuterRef("pk"), direction=Direction.INBOUND, kind=MessageKind.MESSAGE)
    served = Assignment.objects.filter(ticket_id=OuterRef("pk"), state__in=queries.LIVE_STATES)
    forgotten = Ticket.objects.filter(
        Exists(written),
        ~Exists(served),
        status__in=WAITS,
        unread__gt=0,
        waiting__isnull=True,
        last_activity_at__lt=at - FORGOTTEN_AFTER,
    ).order_by("last_activity_at", "pk")
    orphaned = Assignment.objects.filter(state__in=OWNING).exclude(operator__state__presence__in=list(PRESENT))
    ids = [*forgotten.values_list("pk", flat=True)[:limit], *orphaned.values_list("ticket_id", flat=True)[:limit]]
    for ticket_id in ids:
        place_ticket(ticket_id=ticket_id, at=at)
    return len(ids)


def tell_pulse() -> None:
    """Tell all staff how many wait and who is there (counts only)."""
    push_on_commit("staff", kind="queue.pulse", payload=pulse_frame(pulse=queries.pulse()))
