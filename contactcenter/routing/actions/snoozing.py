"""Tickets put away for later, and how they come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.routing.actions.moving import lock_operators
from contactcenter.routing.actions.queueing import enqueue, withdraw
from contactcenter.routing.actions.serving import end_without_outcome, place_of
from contactcenter.routing.models import Assignment, Snooze, Waiting
from contactcenter.routing.states import OWNING
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Channel, Ticket, TicketStatus
from contactcenter.tickets.models.ticket import OPEN_STATUSES
from contactcenter.tickets.sla_actions import resume_clocks, stop_clocks

LONGEST: Final = timedelta(days=366)


@transaction.atomic
def snooze_ticket(
    *, ticket_id: int, until: datetime, at: datetime, actor_id: int, operator_id: int | None, may_take: bool = False
) -> Snooze:
    """Put a ticket away until an instant; snoozing again changes the instant. What was unread counts as read.

    Its owner is done with it without an outcome, and it leaves the queue; both places are kept. Raises Invalid for an
    instant that is past or more than a year away; Conflict for a closed ticket, a call, or one that somebody else
    serves (unless `may_take`).
    """
    if not at < until <= at + LONGEST:
        raise Invalid("Choose an instant within the coming year.", field="until")
    if not Ticket.objects.filter(pk=ticket_id).exists():
        raise NotFound("There is no such ticket.")
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    owner = (
        Assignment.objects.select_related("interaction", "ticket").filter(ticket_id=ticket_id, state__in=OWNING).first()
    )
    if owner is not None:
        lock_operators({owner.operator_id})
        owner.refresh_from_db()
        if owner.operator_id != operator_id and not may_take:
            raise Conflict("Somebody else is serving this ticket.", data={"operator_id": owner.operator_id})
        if owner.channel == Channel.VOICE:
            raise Conflict("A call cannot be put away.")
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    if ticket.status not in OPEN_STATUSES:
        raise Conflict("This ticket is closed.", data={"status": ticket.status})
    earlier = Snooze.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    place = place_of(owner) if owner else waiting.enqueued_at if waiting else earlier.enqueued_at if earlier else None
    channel = owner.channel if owner else waiting.channel if waiting else earlier.channel if earlier else ticket.channel
    if owner is not None and owner.state in OWNING:
        end_without_outcome(assignment=owner, at=at)
    withdraw(ticket=ticket, waiting=waiting, at=at)
    ticket_actions.mark_read(ticket_id=ticket_id)
    snooze, _ = Snooze.objects.update_or_create(
        ticket_id=ticket_id,
        defaults={
            "account_id": ticket.account_id,
            "operator_id": owner.operator_id if owner else operator_id,
            "channel": channel,
            "enqueued_at": place,
            "made_at": at,
            "until": until,
        },
    )
    audit.record(
        action="ticket.snooze",
        target=ticket,
        actor_id=actor_id,
        account_id=ticket.account_id,
        data={"to": as_text(until)},
    )
    stop_clocks(ticket_id=ticket_id, at=at)
    ticket_actions.push_ticket_changed(ticket)
    return snooze


@transaction.atomic
def wake_ticket(*, ticket_id: int, at: datetime, actor_id: int | None = None) -> Waiting | None:
    """Bring a ticket back that was put away: it waits in the place it had. None where it is not away, or is settled."""
    Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    snooze = Snooze.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    if snooze is None:
        return None
    snooze.delete()
    resume_clocks(ticket_id=ticket_id, at=at)
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    ticket_actions.push_ticket_changed(ticket)
    if ticket.status not in OPEN_STATUSES:
        return None
    if ticket.status == TicketStatus.PENDING:
        ticket = ticket_actions.change_status(ticket_id=ticket_id, status=TicketStatus.OPEN, at=at, actor_id=actor_id)
    audit.record(action="ticket.wake", target=ticket, actor_id=actor_id, account_id=ticket.account_id)
    return enqueue(
        ticket=ticket, channel=snooze.channel, enqueued_at=snooze.enqueued_at or min(at, snooze.until), at=at
    )


def wake_due(*, at: datetime, limit: int = 200) -> int:
    """Bring back every ticket whose time has come; return how many."""
    due = list(Snooze.objects.filter(until__lte=at).order_by("until", "id").values_list("ticket_id", flat=True)[:limit])
    for ticket_id in due:
        wake_ticket(ticket_id=ticket_id, at=at)
    return len(due)
