"""Merging, splitting and following up tickets, with their places: in the queue and with their operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from contactcenter.kernel.errors import Conflict
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.routing.actions.calling_back import move_callback, open_callback
from contactcenter.routing.actions.moving import lock_operators
from contactcenter.routing.actions.queueing import UNPROMISED, WAITS, enqueue, withdraw
from contactcenter.routing.actions.serving import begin_serving, end_without_outcome, place_of
from contactcenter.routing.actions.snoozing import snooze_ticket
from contactcenter.routing.models import Assignment, CallbackRequest, CallbackState, Snooze, Waiting
from contactcenter.routing.states import OWNING
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets import relations
from contactcenter.tickets.models import Channel, Ticket, TicketRelation


@transaction.atomic
def merge(
    *, kept_id: int, merged_id: int, actor_id: int, operator_id: int | None, at: datetime, may_take: bool = False
) -> TicketRelation:
    """Make one ticket of two (tickets.relations.merge_tickets); the kept one gets the earlier place.

    Who merges a ticket they serve serves the kept one from then on, if nobody does. Raises Conflict where somebody
    else serves the ticket that would go (unless `may_take`), or a call is under way on it.
    """
    places = {
        row.ticket_id: row
        for row in Waiting.objects.select_for_update(of=("self",))
        .filter(ticket_id__in=[kept_id, merged_id])
        .order_by("pk")
    }
    owners = _owners(kept_id, merged_id)
    lock_operators(owner.operator_id for owner in owners.values())
    owners = _owners(kept_id, merged_id)
    leaving, staying = owners.get(merged_id), owners.get(kept_id)
    if leaving is not None and leaving.operator_id != operator_id and not may_take:
        raise Conflict("Somebody else is serving this ticket.", data={"operator_id": leaving.operator_id})
    if leaving is not None and leaving.channel == Channel.VOICE:
        raise Conflict("A call is under way on this ticket.")
    relation = relations.merge_tickets(kept_id=kept_id, merged_id=merged_id, actor_id=actor_id, at=at)
    kept, merged = (Ticket.objects.get(pk=pk) for pk in (kept_id, merged_id))
    earlier = [place_of(leaving)] if leaving else []
    if place := places.get(merged_id):
        earlier.append(place.enqueued_at)
    if leaving is not None:
        end_without_outcome(assignment=leaving, at=at)
    Snooze.objects.filter(ticket_id=merged_id).delete()
    _bring_callback(merged_id=merged_id, kept_id=kept_id, at=at)
    withdraw(ticket=merged, waiting=places.get(merged_id), at=at)
    if staying is None and leaving is not None and kept.status in WAITS:
        withdraw(ticket=kept, waiting=places.get(kept_id), at=at)
        begin_serving(
            ticket=kept,
            operator_id=leaving.operator_id,
            channel=leaving.channel,
            at=at,
            enqueued_at=min(earlier),
            waited_ms=None,
        )
    elif staying is None and earlier and kept.status in WAITS:
        waiting = enqueue(
            ticket=kept, channel=merged.channel, enqueued_at=min(earlier), at=at, waiting=places.get(kept_id)
        )
        if waiting.enqueued_at > min(earlier):
            waiting.enqueued_at = min(earlier)
            waiting.due_at = kept.due_at or min(earlier) + UNPROMISED
            waiting.save(update_fields=["enqueued_at", "due_at"])
    return relation


@transaction.atomic
def unmerge(*, relation_id: int, actor_id: int, at: datetime) -> TicketRelation:
    """Part two merged tickets again; the one that comes back takes its place by its status."""
    relation = relations.undo_merge(relation_id=relation_id, actor_id=actor_id, at=at)
    for ticket_id in (relation.ticket_id, relation.other_id):
        enqueue_on_commit("routing.ticket_waiting", ticket_id=ticket_id)
    return relation


@transaction.atomic
def split(
    *, ticket_id: int, entries: Sequence[Mapping[str, Any]], subject: str, actor_id: int, at: datetime
) -> TicketRelation:
    """Move entries to a new ticket (tickets.relations.split_ticket), which waits since its first message came."""
    relation = relations.split_ticket(ticket_id=ticket_id, entries=entries, subject=subject, actor_id=actor_id, at=at)
    other = relation.other
    if other.channel != Channel.VOICE:
        enqueue(ticket=other, channel=other.channel, enqueued_at=other.opened_at, at=at)
    return relation


@transaction.atomic
def follow_up(
    *,
    ticket_id: int,
    subject: str,
    note: str,
    due_at: datetime | None,
    actor_id: int,
    operator_id: int | None,
    at: datetime,
) -> TicketRelation:
    """Open a ticket that goes on where this one ended: at once in the queue, or put away until `due_at`."""
    relation = relations.open_follow_up(ticket_id=ticket_id, subject=subject, actor_id=actor_id, at=at)
    other = relation.other
    if note.strip():
        uuid = uuid5(NAMESPACE_URL, f"follow-up {relation.pk}")
        ticket_actions.add_note(ticket=other, author_id=actor_id, text=note, at=at, client_uuid=uuid)
    if due_at is not None:
        snooze_ticket(ticket_id=other.pk, until=due_at, at=at, actor_id=actor_id, operator_id=operator_id)
    elif other.channel != Channel.VOICE:
        enqueue(ticket=other, channel=other.channel, enqueued_at=at, at=at)
    return relation


def _bring_callback(*, merged_id: int, kept_id: int, at: datetime) -> None:
    """Whoever waits to be called goes on waiting with the kept ticket; of two requests one is enough."""
    callback = open_callback(ticket_id=merged_id, lock=True)
    if callback is None:
        return
    if open_callback(ticket_id=kept_id) is None:
        CallbackRequest.objects.filter(pk=callback.pk).update(ticket_id=kept_id, changed_at=at)
    else:
        move_callback(callback=callback, wanted=CallbackState.CANCELED, at=at, reason="The ticket was merged.")
    enqueue_on_commit("routing.ticket_waiting", ticket_id=kept_id)


def _owners(*ticket_ids: int) -> dict[int, Assignment]:
    rows = Assignment.objects.select_related("interaction", "ticket").filter(ticket_id__in=ticket_ids, state__in=OWNING)
    return {row.ticket_id: row for row in rows}
