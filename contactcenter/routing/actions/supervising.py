"""What a supervisor does on the floor: take a ticket over, whisper, set somebody's presence. Everything is audited."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit
from contactcenter.operators.models import Operator
from contactcenter.routing import queries
from contactcenter.routing.actions.abandoning import has_abandoned
from contactcenter.routing.actions.moving import lock_operators
from contactcenter.routing.actions.presence import set_presence
from contactcenter.routing.actions.reservations import cancel_transfer_of, release_offer
from contactcenter.routing.actions.serving import begin_serving, hand_over
from contactcenter.routing.actions.stance import AT_WORK
from contactcenter.routing.actions.transfers import audit_transfer, pending_offer
from contactcenter.routing.candidates import views_of
from contactcenter.routing.matching import capacity_kind
from contactcenter.routing.models import (
    Assignment,
    OfferState,
    OperatorState,
    Presence,
    Transfer,
    TransferKind,
    TransferState,
    Waiting,
)
from contactcenter.routing.states import OWNING
from contactcenter.tenancy.models import User
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.models import Channel, Note, Ticket
from contactcenter.tickets.models.ticket import OPEN_STATUSES
from contactcenter.tickets.queries import get_ticket

WRITTEN: Final = frozenset(Channel.values) - {Channel.VOICE}


@transaction.atomic
def take_over(*, ticket_id: int, operator_id: int, at: datetime) -> Assignment:
    """Make this operator (a supervisor) the ticket's owner, from whoever has it or from the queue.

    Its owner goes on to wrap-up and is told. Taking twice changes no more. Raises Conflict for a closed ticket, a call
    under way, somebody who is not signed in to work or has no room.
    """
    if not Ticket.objects.filter(pk=ticket_id).exists():
        raise NotFound("There is no such ticket.")
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id).first()
    offer = pending_offer(ticket_id=ticket_id)
    owner = _owner(ticket_id)
    people = lock_operators(
        {operator_id, *({owner.operator_id} if owner else ()), *({offer.operator_id} if offer else ())}
    )
    owner = _owner(ticket_id)
    if owner is not None and owner.operator_id == operator_id:
        return owner
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    channel = owner.channel if owner else waiting.channel if waiting else ticket.channel
    is_callback = waiting is not None and waiting.is_callback
    _check_takes(
        ticket=ticket, channel=channel, operator_id=operator_id, state=people.get(operator_id), is_callback=is_callback
    )
    if offer is not None:
        release_offer(offer=offer, how=OfferState.RESCINDED, at=at)
    if owner is not None:
        cancel_transfer_of(assignment=owner, at=at)
        owner.refresh_from_db(fields=["state", "state_since"])
        transfer = Transfer.objects.create(
            account_id=ticket.account_id, ticket=ticket, assignment=owner, kind=TransferKind.TAKEN,
            state=TransferState.DONE, operator_id=operator_id, asked_at=at, resolved_at=at,
        )  # fmt: skip
        hand_over(assignment=owner, at=at)
        push_on_commit(
            f"operator:{owner.operator_id}",
            kind="ticket.taken_over",
            account_id=ticket.account_id,
            payload={"ticket_id": ticket.pk, "by": transfer.operator.display_name if transfer.operator else ""},
        )
        audit_transfer(transfer=transfer, actor_id=_user_id(operator_id))
    else:
        audit.record(
            action="ticket.take_over", target=ticket, actor_id=_user_id(operator_id), account_id=ticket.account_id
        )
    enqueued_at = owner.enqueued_at if owner else waiting.enqueued_at if waiting else None
    waited_ms = max(0, int((at - enqueued_at).total_seconds() * 1000)) if waiting and enqueued_at else None
    if waiting is not None:
        waiting.delete()
    return begin_serving(
        ticket=ticket,
        operator_id=operator_id,
        channel=channel,
        at=at,
        enqueued_at=enqueued_at,
        waited_ms=None if has_abandoned(waiting) else waited_ms,
        queue_id=waiting.queue_id if waiting else None,
    )


@transaction.atomic
def whisper(*, ticket_id: int, author: User, text: str, at: datetime, client_uuid: UUID) -> Note:
    """Leave a note that the ticket's operator is shown at once; the contact and the client never see it."""
    ticket = get_ticket(ticket_id=ticket_id)
    note = ticket_actions.add_note(ticket=ticket, author_id=author.pk, text=text, at=at, client_uuid=client_uuid)
    owner = queries.live_assignment(ticket_id=ticket_id)
    helper = Transfer.objects.filter(ticket_id=ticket_id, state=TransferState.CONSULTING).first()
    for operator_id in {owner.operator_id if owner else None, helper.operator_id if helper else None} - {None}:
        push_on_commit(
            f"operator:{operator_id}",
            kind="ticket.whispered",
            account_id=ticket.account_id,
            payload={"ticket_id": ticket.pk, "note_id": note.pk, "from": author.full_name, "text": note.text[:500]},
        )
    return note


@transaction.atomic
def force_presence(*, operator_id: int, state: str, reason: str, actor: User, at: datetime) -> OperatorState:
    """Set another person's presence at once; they are told by whom and why, and the audit trail keeps it.

    Nobody is signed in to work by somebody else: `available` is for who is at work. Raises Invalid, NotFound, Conflict.
    """
    if not reason.strip():
        raise Invalid("Say why.", field="reason")
    operator = Operator.objects.filter(pk=operator_id).first()
    before = OperatorState.objects.filter(operator_id=operator_id).first()
    if operator is None or before is None:
        raise NotFound("There is no such operator at work.")
    if state != Presence.OFFLINE and before.presence not in AT_WORK:
        raise Conflict("Only the operator can sign in to work.", data={"presence": before.presence})
    was = before.presence
    row = set_presence(operator_id=operator_id, state=state, at=at, reason=reason, after_work=False)
    audit.record(
        action="presence.force",
        target=operator,
        actor_id=actor.pk,
        data={"from": was, "to": state, "reason": reason.strip()[:200]},
    )
    push_on_commit(
        f"operator:{operator_id}",
        kind="presence.forced",
        payload={"state": state, "reason": reason.strip()[:200], "by": actor.full_name},
    )
    return row


def _owner(ticket_id: int) -> Assignment | None:
    return (
        Assignment.objects.select_related("operator", "ticket", "interaction")
        .filter(ticket_id=ticket_id, state__in=OWNING)
        .first()
    )


def _user_id(operator_id: int) -> int:
    return int(Operator.objects.values_list("user_id", flat=True).get(pk=operator_id))


def _check_takes(
    *, ticket: Ticket, channel: str, operator_id: int, state: OperatorState | None, is_callback: bool
) -> None:
    if ticket.status not in OPEN_STATUSES:
        raise Conflict("This ticket is closed.", data={"status": ticket.status})
    if channel not in WRITTEN and not is_callback:
        raise Conflict("A call is taken over at the telephone.")
    if state is None or state.presence not in AT_WORK:
        raise Conflict("Sign in to work first.", data={"presence": state.presence if state else Presence.OFFLINE})
    view = views_of(operator_ids=[operator_id])[0]
    kind = capacity_kind(channel)
    if view.load.get(kind, 0) >= view.capacity.get(kind, 0):
        raise Conflict("You have no room for another ticket of this kind.", data={"reason": "capacity"})
