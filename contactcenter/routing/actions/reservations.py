"""The one way a pending offer ends without being accepted."""

from __future__ import annotations

from datetime import datetime

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events
from contactcenter.routing.actions.handing import end_transfer, open_transfer
from contactcenter.routing.models import Assignment, Offer, OfferState, Transfer, TransferState


def release_offer(*, offer: Offer, how: OfferState, at: datetime, reason: str = "") -> bool:
    """Move a pending offer to its end; False when it had ended before. Frees its place and lets matching run again.

    A transfer that waited for the answer ends with it, and the ticket stays with its owner.
    """
    at = max(at, offer.offered_at)
    if Offer.objects.filter(pk=offer.pk, state=OfferState.PENDING).update(state=how, resolved_at=at) != 1:
        return False
    ledger_events.offer_ended(offer=offer, at=at, how=f"{how}: {reason}" if reason else how)
    tell_resolved(offer=offer, state=how)
    if offer.transfer_id is not None:
        transfer = Transfer.objects.select_related("assignment", "ticket").get(pk=offer.transfer_id)
        refused = how in {OfferState.DECLINED, OfferState.TIMED_OUT}
        end_transfer(transfer=transfer, how=TransferState.REFUSED if refused else TransferState.CANCELED, at=at)
    enqueue_on_commit("routing.match")
    return True


def cancel_transfer_of(*, assignment: Assignment, at: datetime) -> None:
    """Take back what is under way from this assignment: the offer of it, or the consultation."""
    transfer = open_transfer(assignment=assignment)
    if transfer is None:
        return
    offer = Offer.objects.filter(transfer=transfer, state=OfferState.PENDING).first()
    if offer is not None:
        release_offer(offer=offer, how=OfferState.RESCINDED, at=at)
    else:
        end_transfer(transfer=transfer, how=TransferState.CANCELED, at=at)


def tell_resolved(*, offer: Offer, state: OfferState) -> None:
    """Let the operator's screens drop the offer."""
    push_on_commit(
        f"operator:{offer.operator_id}",
        kind="offer.resolved",
        account_id=offer.account_id,
        payload={"offer_id": offer.pk, "ticket_id": offer.ticket_id, "state": state},
    )
