"""Handing a ticket to somebody else. Until the other side has it, it stays with its owner: there is always one (R1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from contactcenter.contacts.models import PointKind
from contactcenter.contacts.points import normal_value
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events
from contactcenter.routing.actions.handing import end_transfer, open_transfer, tell_transfer
from contactcenter.routing.actions.moving import lock_operators, move_assignment, own_assignment
from contactcenter.routing.actions.queueing import enqueue
from contactcenter.routing.actions.reservations import cancel_transfer_of
from contactcenter.routing.actions.serving import begin_serving, hand_over
from contactcenter.routing.actions.stance import begin_next
from contactcenter.routing.candidates import views_of
from contactcenter.routing.frames import offer_frame
from contactcenter.routing.matching import capacity_kind
from contactcenter.routing.models import (
    Assignment,
    AssignmentState,
    Offer,
    OfferPurpose,
    OfferState,
    Queue,
    Transfer,
    TransferKind,
    TransferState,
)
from contactcenter.routing.states import OWNING
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.call_actions import begin_patch
from contactcenter.tickets.models import Channel, TicketStatus
from contactcenter.tickets.sla_actions import resume_clocks

ANSWER_SECONDS: Final = 30
"""So long an operator has to answer a transfer or a call for help."""


class OperatorUnable(Conflict):
    """The operator cannot be asked now; data["reason"] is not_entitled, not_available, capacity or deciding."""

    code = "operator_unable"


@transaction.atomic
def ask_operator(
    *, ticket_id: int, operator_id: int, to_operator_id: int, at: datetime, note: str = "", consults: bool = False
) -> Transfer:
    """Offer the ticket to this very person; with `consults` ask them to help first. The ticket stays with its owner.

    A refusal leaves everything as it was. Raises OperatorUnable where the person may not or cannot take it, Conflict
    where the ticket is being handed over already.
    """
    if to_operator_id == operator_id:
        raise Invalid("Choose somebody else.", field="operator_id")
    assignment = _owned(ticket_id=ticket_id, operator_id=operator_id, also_lock=to_operator_id)
    _check_able(operator_id=to_operator_id, assignment=assignment)
    transfer = Transfer.objects.create(
        account_id=assignment.account_id,
        ticket_id=ticket_id,
        assignment=assignment,
        kind=TransferKind.WARM if consults else TransferKind.OPERATOR,
        operator_id=to_operator_id,
        note=note.strip()[:500],
        asked_at=at,
    )
    offer = Offer.objects.create(
        account_id=assignment.account_id,
        ticket_id=ticket_id,
        operator_id=to_operator_id,
        channel=assignment.channel,
        offered_at=at,
        expires_at=at + timedelta(seconds=ANSWER_SECONDS),
        purpose=OfferPurpose.CONSULT if consults else OfferPurpose.TRANSFER,
        transfer=transfer,
        why={"rule": "asked", "from": assignment.operator.display_name, "note": transfer.note},
    )
    ledger_events.offers_made(offers=[offer])()
    push_on_commit(
        f"operator:{to_operator_id}",
        kind="offer.made",
        account_id=offer.account_id,
        payload={"offer": offer_frame(offer=offer)},
    )
    enqueue_on_commit("routing.expire", countdown=ANSWER_SECONDS)
    tell_transfer(transfer=transfer)
    return transfer


@transaction.atomic
def transfer_to_queue(*, ticket_id: int, operator_id: int, queue_id: int, at: datetime, note: str = "") -> Transfer:
    """Let the ticket wait in this queue, in the place its contact took at first; the owner goes on to wrap-up."""
    queue = Queue.objects.filter(pk=queue_id, is_active=True).first()
    assignment = _owned(ticket_id=ticket_id, operator_id=operator_id)
    if queue is None or queue.account_id not in {None, assignment.account_id}:
        raise Invalid("There is no such queue for this account.", field="queue_id")
    if queue.channel not in {"", assignment.channel}:
        raise Invalid("This queue takes no tickets of this channel.", field="queue_id")
    if assignment.channel == Channel.VOICE:
        raise Conflict("A call is put into a queue by the telephone.")
    transfer = _done_at_once(assignment=assignment, kind=TransferKind.QUEUE, queue=queue, note=note, at=at)
    hand_over(assignment=assignment, at=at)
    ticket = assignment.ticket
    ticket.refresh_from_db()
    if ticket.status == TicketStatus.PENDING:
        # answered, and still not done with: somebody else is to look at it
        ticket_actions.change_status(
            ticket_id=ticket_id, status=TicketStatus.OPEN, at=at, actor_id=assignment.operator.user_id
        )
    ticket_actions.assign(ticket_id=ticket_id, operator_id=None)
    ticket.refresh_from_db()
    enqueue(
        ticket=ticket,
        channel=assignment.channel,
        enqueued_at=assignment.enqueued_at or assignment.started_at,
        at=at,
        into=queue,
    )
    return transfer


@transaction.atomic
def patch_to_number(*, ticket_id: int, operator_id: int, number: str, at: datetime, note: str = "") -> Transfer:
    """The caller speaks with an outside number from now on; the operator's time on the call is over (a patch).

    The interaction keeps the number and the instant; the telephone's log tells when the patch ended.
    """
    value = normal_value(kind=PointKind.PHONE, value=number)
    if not value:
        raise Invalid("This is no telephone number.", field="number")
    assignment = _owned(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.channel != Channel.VOICE:
        raise Conflict("Only a call can be put through to a number.")
    transfer = _done_at_once(assignment=assignment, kind=TransferKind.NUMBER, number=value, note=note, at=at)
    hand_over(assignment=assignment, at=at, ends=ledger_events.patched(assignment=assignment))
    begin_patch(interaction_id=assignment.interaction_id, number=value, at=at)
    return transfer


def take_transfer(*, transfer_id: int, at: datetime) -> Assignment:
    """The operator asked has accepted: they help from now on (a consultation), or own the ticket.

    Within accept_offer's transaction, which has locked both operators' states.
    """
    transfer = Transfer.objects.select_related("assignment__operator", "assignment__ticket", "ticket").get(
        pk=transfer_id
    )
    owner = transfer.assignment
    if transfer.kind != TransferKind.WARM:
        return _complete(transfer=transfer, at=at)
    was_held = owner.state == AssignmentState.HELD
    if not move_assignment(assignment=owner, wanted=AssignmentState.CONSULT, state_since=at):
        raise Conflict("The ticket has just moved on.", data={"state": owner.state})
    if was_held:
        ledger_events.held(assignment=owner, at=at, begins=False)
        resume_clocks(ticket_id=owner.ticket_id, at=at)
    ledger_events.consulting(assignment=owner, at=at, begins=True)
    Transfer.objects.filter(pk=transfer.pk).update(state=TransferState.CONSULTING, consulting_at=at)
    transfer.state, transfer.consulting_at = TransferState.CONSULTING, at
    ledger_events.consult_started(transfer=transfer)
    tell_transfer(transfer=transfer)
    ticket_actions.push_ticket_changed(transfer.ticket)
    return owner


@transaction.atomic
def complete_transfer(*, ticket_id: int, operator_id: int, at: datetime) -> Assignment:
    """End the consultation by handing the ticket over; only its owner may. Returns the new owner's assignment."""
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    transfer = open_transfer(assignment=assignment)
    if transfer is None or transfer.state != TransferState.CONSULTING or transfer.operator_id is None:
        raise Conflict("There is no consultation to complete.")
    lock_operators({operator_id, transfer.operator_id})
    return _complete(transfer=transfer, at=at)


@transaction.atomic
def cancel_transfer(*, ticket_id: int, operator_id: int, at: datetime) -> None:
    """Take back what was asked, or end the consultation; the owner may, and so may the operator who helps."""
    transfer = (
        Transfer.objects.select_related("assignment", "ticket")
        .filter(ticket_id=ticket_id, state__in=[TransferState.ASKED, TransferState.CONSULTING])
        .filter(Q(assignment__operator_id=operator_id) | Q(operator_id=operator_id, state=TransferState.CONSULTING))
        .first()
    )
    if transfer is None:
        raise NotFound("No transfer of this ticket is yours.")
    lock_operators({transfer.assignment.operator_id, transfer.operator_id or operator_id})
    cancel_transfer_of(assignment=transfer.assignment, at=at)
    if transfer.operator_id is not None:
        begin_next(operator_id=transfer.operator_id, at=at)
    ticket_actions.push_ticket_changed(transfer.ticket)
    enqueue_on_commit("routing.match")


def _complete(*, transfer: Transfer, at: datetime) -> Assignment:
    if transfer.operator_id is None or not end_transfer(transfer=transfer, how=TransferState.DONE, at=at):
        raise Conflict("The transfer has ended.", data={"state": transfer.state})
    owner = transfer.assignment
    hand_over(assignment=owner, at=at)
    following = begin_serving(
        ticket=transfer.ticket,
        operator_id=transfer.operator_id,
        channel=owner.channel,
        at=at,
        enqueued_at=owner.enqueued_at,
        waited_ms=None,
    )
    audit_transfer(transfer=transfer, actor_id=owner.operator.user_id)
    return following


def _done_at_once(
    *,
    assignment: Assignment,
    kind: TransferKind,
    at: datetime,
    note: str,
    queue: Queue | None = None,
    number: str = "",
) -> Transfer:
    transfer = Transfer.objects.create(
        account_id=assignment.account_id,
        ticket_id=assignment.ticket_id,
        assignment=assignment,
        kind=kind,
        state=TransferState.DONE,
        queue=queue,
        number=number,
        note=note.strip()[:500],
        asked_at=at,
        resolved_at=at,
    )
    audit_transfer(transfer=transfer, actor_id=assignment.operator.user_id)
    tell_transfer(transfer=transfer)
    return transfer


def audit_transfer(*, transfer: Transfer, actor_id: int | None) -> None:
    """Note on the ticket who handed it to whom."""
    to = transfer.operator.display_name if transfer.operator else ""
    audit.record(
        action="ticket.transfer",
        target=transfer.ticket,
        actor_id=actor_id,
        account_id=transfer.account_id,
        data={
            "kind": transfer.kind,
            "to": to or (transfer.queue.name if transfer.queue else transfer.number),
            "note": transfer.note,
        },
    )


def _owned(*, ticket_id: int, operator_id: int, also_lock: int | None = None) -> Assignment:
    """Return the owner's assignment, with the operators locked and nothing else under way."""
    lock_operators({operator_id, also_lock or operator_id})
    assignment = own_assignment(ticket_id=ticket_id, operator_id=operator_id)
    if assignment.state not in OWNING:
        raise Conflict("The conversation is over, there is nothing to hand over.", data={"state": assignment.state})
    if open_transfer(assignment=assignment) is not None:
        raise Conflict("This ticket is being handed over already.")
    return assignment


def _check_able(*, operator_id: int, assignment: Assignment) -> None:
    with open_every_account(reason="how full an operator is depends on all their accounts; only a verdict comes out"):
        found = views_of(operator_ids=[operator_id])
    reason = "not_available"
    if found:
        one = found[0]
        kind = capacity_kind(assignment.channel)
        checks = {
            "not_entitled": assignment.account_id in one.accounts,
            "not_available": one.available,
            "deciding": not one.has_offer,
            "capacity": one.load.get(kind, 0) < one.capacity.get(kind, 0),
        }
        reason = next((name for name, holds in checks.items() if not holds), "")
    if reason:
        words = {
            "not_entitled": "This operator does not serve the account.",
            "not_available": "This operator is not available now.",
            "deciding": "This operator is deciding on another offer.",
            "capacity": "This operator has no room for it.",
        }
        raise OperatorUnable(words[reason], field="operator_id", data={"reason": reason})


def pending_offer(*, ticket_id: int) -> Offer | None:
    """Return the offer of this ticket that nobody has answered."""
    return Offer.objects.filter(ticket_id=ticket_id, state=OfferState.PENDING).first()
