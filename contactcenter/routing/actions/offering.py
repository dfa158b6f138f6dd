"""Write offers: all of a plan in a few statements, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_each_on_commit
from contactcenter.kernel.statements import Later, Rows, ask
from contactcenter.routing import ledger_events
from contactcenter.routing.frames import ask_offer_cards, offer_frame_with
from contactcenter.routing.matching import Decision, WaitingTicket
from contactcenter.routing.models import Offer

_IDS: Final = "SELECT nextval(pg_get_serial_sequence('routing_offer', 'id')) FROM generate_series(1, %s)"
_INSERT: Final = """
    INSERT INTO routing_offer
           (id, account_id, ticket_id, operator_id, channel, bridge, purpose, state, offered_at, expires_at, why)
    SELECT id, account_id, ticket_id, operator_id, channel, bridge, 'route', 'pending', %s,
           %s + make_interval(secs => seconds), why
    FROM jsonb_to_recordset(%s::jsonb) AS planned
         (id bigint, account_id bigint, ticket_id bigint, operator_id bigint, channel text, bridge text,
          seconds integer, why jsonb)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What offers are made of and is asked for before: an id for each, and the cards of their tickets."""

    ids: Later[Rows]
    cards: Later[dict[int, dict[str, Any]]]


def prepare_offers(*, plan: Sequence[tuple[WaitingTicket, Decision]]) -> Preparation:
    """Ask for what make_offers needs for this plan, or a part of it."""
    return Preparation(
        ids=ask(_IDS, [len(plan)]), cards=ask_offer_cards(ticket_ids=[ticket.ticket_id for ticket, _ in plan])
    )


def make_offers(*, plan: Sequence[tuple[WaitingTicket, Decision]], prepared: Preparation, at: datetime) -> Later[int]:
    """Reserve the operators of the plan and tell them. Tickets and operators are locked by the caller.

    Each offer keeps why it was made. What is returned must be called before the commit, and tells how many were made.
    """
    if not plan:
        return int
    # each statement runs while the rows of the next one are made
    planned: list[dict[str, Any]] = [
        {
            "id": pk,
            "account_id": ticket.account_id,
            "ticket_id": ticket.ticket_id,
            "operator_id": decision.operator_id,
            "channel": ticket.channel,
            "bridge": decision.bridge,
            "seconds": ticket.rules.offer_seconds,
            "why": decision.explain(),
        }
        for (ticket, decision), (pk,) in zip(plan, prepared.ids(), strict=False)
    ]
    ask(_INSERT, [at, at, json.dumps(planned)])
    offers = [
        Offer(
            pk=one["id"],
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
    recorded = ledger_events.offers_made(offers=offers)
    card_of = prepared.cards()
    push_each_on_commit(
        kind="offer.made",
        told=[
            (
                f"operator:{offer.operator_id}",
                offer.account_id,
                {"offer": offer_frame_with(offer, card=card_of[offer.ticket_id])},
            )
            for offer in offers
        ],
    )
    # the beat expires offers every second; this only makes it punctual
    for seconds in sorted({ticket.rules.offer_seconds for ticket, _ in plan}):
        enqueue_on_commit("routing.expire", countdown=seconds)

    def made() -> int:
        recorded()
        return len(offers)

    return made
