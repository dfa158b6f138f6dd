"""Write offers: all of a plan in a few statements, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_each_on_commit
from contactcenter.routing import ledger_events
from contactcenter.routing.frames import offer_frames
from contactcenter.routing.matching import Decision, WaitingTicket
from contactcenter.routing.models import Offer


def make_offers(*, plan: Sequence[tuple[WaitingTicket, Decision]], at: datetime) -> int:
    """Reserve the operators of the plan and tell them; return how many. Tickets and operators are locked by the caller.

    Each offer keeps why it was made.
    """
    if not plan:
        return 0
    offers = Offer.objects.bulk_create(
        Offer(
            account_id=ticket.account_id,
            ticket_id=ticket.ticket_id,
            operator_id=decision.operator_id,
            channel=ticket.channel,
            bridge=decision.bridge,
            offered_at=at,
            expires_at=at + timedelta(seconds=ticket.rules.offer_seconds),
            why=decision.explain(),
        )
        for ticket, decision in plan
        if decision.operator_id is not None
    )
    ledger_events.offers_made(offers=offers)
    frames = offer_frames(offers=offers)
    push_each_on_commit(
        kind="offer.made",
        told=[
            (f"operator:{offer.operator_id}", offer.account_id, {"offer": frame})
            for offer, frame in zip(offers, frames, strict=True)
        ],
    )
    # the beat expires offers every second; this only makes it punctual
    for seconds in sorted({ticket.rules.offer_seconds for ticket, _ in plan}):
        enqueue_on_commit("routing.expire", countdown=seconds)
    return len(offers)
