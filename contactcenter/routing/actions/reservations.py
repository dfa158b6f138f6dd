"""The one way a pending offer ends without being accepted."""

from __future__ import annotations

from datetime import datetime

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events
from contactcenter.routing.models import Offer, OfferState


def release_offer(*, offer: Offer, how: OfferState, at: datetime, reason: str = "") -> bool:
    """Move a pending offer to its end; False when it had ended before. Frees its place and lets matching run again."""
    at = max(at, offer.offered_at)
    if Offer.objects.filter(pk=offer.pk, state=OfferState.PENDING).update(state=how, resolved_at=at) != 1:
        return False
    ledger_events.offer_ended(offer=offer, at=at, how=f"{how}: {reason}" if reason else how)
    tell_resolved(offer=offer, state=how)
    enqueue_on_commit("routing.match")
    return True


def tell_resolved(*, offer: Offer, state: OfferState) -> None:
    """Let the operator's screens drop the offer."""
    push_on_commit(
        f"operator:{offer.operator_id}",
        kind="offer.resolved",
        account_id=offer.account_id,
        payload={"offer_id": offer.pk, "ticket_id": offer.ticket_id, "state": state},
    )
