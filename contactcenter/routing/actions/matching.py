"""Make every offer that can be made now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.push import push_on_commit
from contactcenter.routing import ledger_events, queries
from contactcenter.routing.frames import offer_frame
from contactcenter.routing.matching import Decision, WaitingTicket, plan_offers, refusal
from contactcenter.routing.models import (
    Assignment,
    Offer,
    OfferState,
    OperatorState,
    Waiting,
)
from contactcenter.routing.states import OWNING

MATCH_LOCK: Final = 7_104_201
"""Key of the advisory lock under which matching runs."""
ROUNDS: Final = 5


@transaction.atomic
def match_waiting(*, at: datetime) -> int:
    """Offer waiting tickets to operators until nothing more fits; return how many offers were made.

    Under the locks every decision is checked again against the operator's row. Where the world moved in between, the
    rest of the plan is dropped and made anew, because a newer ticket may now be in an older one's way (R3).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MATCH_LOCK])
    made = 0
    in_transition: set[int] = set()
    for _ in range(ROUNDS):
        operators = queries.operator_views()
        if all(operator.has_offer for operator in operators):
            break
        waiting = [one for one in queries.waiting_tickets(at=at) if one.ticket_id not in in_transition]
        for ticket, decision in plan_offers(waiting=waiting, operators=operators, at=at):
            if not _lock_place(ticket_id=ticket.ticket_id):
                # somebody is accepting or moving this very ticket
                in_transition.add(ticket.ticket_id)
                break
            if not _offer(ticket=ticket, decision=decision, at=at):
                break
            made += 1
        else:
            break
    return made


def _lock_place(*, ticket_id: int) -> bool:
    return Waiting.objects.select_for_update(of=("self",), skip_locked=True).filter(ticket_id=ticket_id).exists()


def _offer(*, ticket: WaitingTicket, decision: Decision, at: datetime) -> bool:
    """Reserve the operator if, under the locks, the decision still holds."""
    operator_id = decision.operator_id
    waiting = Waiting.objects.select_related("queue").filter(ticket_id=ticket.ticket_id).first()
    if waiting is None or operator_id is None:
        return False
    if Offer.objects.filter(ticket_id=ticket.ticket_id, state=OfferState.PENDING).exists():
        return False
    if Assignment.objects.filter(ticket_id=ticket.ticket_id, state__in=OWNING).exists():
        waiting.delete()
        return False
    OperatorState.objects.select_for_update(of=("self",)).get(operator_id=operator_id)
    now = queries.operator_views(operator_ids=[operator_id])
    current = replace(ticket, language=waiting.language, channel=waiting.channel)
    if not now or refusal(ticket=current, operator=now[0], at=at) is not None:
        return False
    expires_at = at + timedelta(seconds=waiting.queue.offer_seconds)
    offer = Offer.objects.create(
        account_id=waiting.account_id,
        ticket_id=waiting.ticket_id,
        operator_id=operator_id,
        channel=waiting.channel,
        offered_at=at,
        expires_at=expires_at,
        why=decision.explain(),
    )
    ledger_events.offer_made(offer=offer)
    push_on_commit(
        f"operator:{operator_id}",
        kind="offer.made",
        account_id=offer.account_id,
        payload={"offer": offer_frame(offer=offer)},
    )
    # the beat expires offers every second; this only makes it punctual
    enqueue_on_commit("routing.expire", countdown=waiting.queue.offer_seconds)
    return True
