"""A transfer under way: told to both sides, and ended once, whoever or whatever ends it."""

from __future__ import annotations

from datetime import datetime

from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events
from contactcenter.routing.actions.moving import move_assignment
from contactcenter.routing.frames import transfer_frame
from contactcenter.routing.models import (
    OPEN_TRANSFERS,
    Assignment,
    AssignmentState,
    Transfer,
    TransferState,
)


def open_transfer(*, assignment: Assignment) -> Transfer | None:
    """Return the transfer that is under way from this assignment."""
    return (
        Transfer.objects.select_related("assignment", "ticket")
        .filter(assignment=assignment, state__in=OPEN_TRANSFERS)
        .first()
    )


def end_transfer(*, transfer: Transfer, how: TransferState, at: datetime) -> bool:
    """Move an open transfer to its end; False when it had ended before.

    A running consultation ends with it: the operator asked is free, and the owner speaks with the contact again.
    """
    was, since = transfer.state, transfer.consulting_at or transfer.asked_at
    at = max(at, since)
    ended = Transfer.objects.filter(pk=transfer.pk, state=was, state__in=OPEN_TRANSFERS).update(
        state=how, resolved_at=at
    )
    if ended != 1:
        return False
    transfer.state, transfer.resolved_at = how, at
    if was == TransferState.CONSULTING:
        ledger_events.consult_ended(transfer=transfer, at=at)
        owner = transfer.assignment
        owner.refresh_from_db(fields=["state", "state_since"])
        if owner.state == AssignmentState.CONSULT and how != TransferState.DONE:
            move_assignment(assignment=owner, wanted=AssignmentState.ACTIVE, state_since=None)
            ledger_events.consulting(assignment=owner, at=at, begins=False)
    tell_transfer(transfer=transfer)
    return True


def tell_transfer(*, transfer: Transfer) -> None:
    """Show how far the transfer came to its owner, and to the operator who was asked."""
    frame = transfer_frame(transfer=transfer)
    for operator_id in {transfer.assignment.operator_id, transfer.operator_id} - {None}:
        push_on_commit(
            f"operator:{operator_id}",
            kind="transfer.changed",
            account_id=transfer.account_id,
            payload={"transfer": frame},
        )
