"""Write offers: all of a plan in a few statements, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_each_on_commit
from contactcenter.kernel.statements import rows_from
from contactcenter.routing import ledger_events
from contactcenter.routing.frames import offer_frames
from contactcenter.routing.matching import Decision, WaitingTicket
from contactcenter.routing.models import Offer

_INSERT: Final = """
    INSERT INTO routing_offer
           (account_id, ticket_id, operator_id, channel, bridge, purpose, state, offered_at, expires_at, why)
    SELECT account_id, ticket_id, operator_id, channel, bridge, 'route', 'pending', %s,
           %s + make_interval(secs => seconds), why
    FROM jsonb_to_recordset(%s::jsonb) AS planned
         (account_id bigint, ticket_id bigint, operator_id bigint, channel text, bridge text, seconds integer,
          why jsonb)
    RETURNING ticket_id, id
"""


def make_offers(*, plan: Sequence[tuple[WaitingTicket, Decision]], at: datetime) -> int:
    """Reserve the operators of the plan and tell them; return how many. Tickets and operators are locked by the caller.

    Each offer keeps why it was made.
    """
    if not plan:
        return 0
    planned: list[dict[str, Any]] = [
        {
            "account_id": ticket.account_id,
            "ticket_id": ticket.ticket_id,
            "operator_id": decision.operator_id,
            "channel": ticket.channel,
            "bridge": decision.bridge,
            "seconds": ticket.rules.offer_seconds,
            "why": decision.explain(),
        }
        for ticket, decision in plan
        if decision.operator_id is not None
    ]
    ids = dict(rows_from(_INSERT, [at, at, json.dumps(planned)]))
    offers = [
        Offer(
            pk=ids[one["ticket_id"]],
            account_id=one["account_id"],
            ticket_id=one["ticket_id"],
            operator_id=one["operator_id"],
            channel=one["channel"],
            bridge=one["bridge"],
            offered_at=at,
            expires_at=at + timedelta(seconds=one["seconds"]),
            why=one["why"],
        )
        for one in planned
    ]
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
