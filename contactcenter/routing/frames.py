"""Routing's facts as screens receive them, by the API and over the socket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from contactcenter.kernel.intervals import as_text
from contactcenter.kernel.statements import Later
from contactcenter.routing.models import Assignment, Offer, Transfer
from contactcenter.routing.queries import Pulse
from contactcenter.tickets.cards import ask_cards_of
from contactcenter.tickets.models import Ticket

_FOR_SUPERVISORS: Final = frozenset({"others", "not_chosen"})
"""Why nobody else was chosen is no operator's business: supervisors read it of the ticket (trace.py)."""


def offer_frame(*, offer: Offer) -> dict[str, Any]:
    """An offer with the card of its ticket."""
    return offer_frame_with(offer, card=ask_offer_cards(ticket_ids=[offer.ticket_id])()[offer.ticket_id])


def ask_offer_cards(*, ticket_ids: Sequence[int]) -> Later[dict[int, dict[str, Any]]]:
    """Ask for the cards of these tickets, by the tickets' ids."""
    # one text, whatever the number of offers: the statement is prepared once
    chosen = Ticket.objects.extra(where=['"tickets_ticket"."id" = ANY(%s)'], params=[list(ticket_ids)])
    cards = ask_cards_of(chosen)
    return lambda: {card["id"]: card for card in cards()}


def offer_frame_with(offer: Offer, *, card: dict[str, Any]) -> dict[str, Any]:
    """The same with a card that was read before."""
    return {
        "id": offer.pk,
        "ticket": card,
        "channel": offer.channel,
        "offered_at": as_text(offer.offered_at),
        "expires_at": as_text(offer.expires_at),
        "why": {name: told for name, told in offer.why.items() if name not in _FOR_SUPERVISORS},
        "bridge": offer.bridge,
        "purpose": offer.purpose,
    }


def transfer_frame(*, transfer: Transfer) -> dict[str, Any]:
    """A transfer on its way: from whom, to whom, how far."""
    owner = transfer.assignment.operator
    return {
        "id": transfer.pk,
        "ticket_id": transfer.ticket_id,
        "kind": transfer.kind,
        "state": transfer.state,
        "from": {"id": owner.pk, "name": owner.display_name},
        "to": {"id": transfer.operator.pk, "name": transfer.operator.display_name} if transfer.operator else None,
        "queue": transfer.queue.name if transfer.queue else "",
        "number": transfer.number,
        "note": transfer.note,
        "asked_at": as_text(transfer.asked_at),
        "consulting_at": _text_or_none(transfer.consulting_at),
    }


def wrap_frame(*, assignment: Assignment) -> dict[str, Any]:
    """The wrap-up clock of a ticket."""
    return {
        "ticket_id": assignment.ticket_id,
        "started_at": _text_or_none(assignment.wrapping_at),
        "due_at": _text_or_none(assignment.wrap_due_at),
        "extended": assignment.wrap_extended,
    }


def pulse_frame(*, pulse: Pulse) -> dict[str, Any]:
    """The queue at a glance."""
    return {
        "waiting": pulse.waiting,
        "longest_since": _text_or_none(pulse.longest_since),
        "ready": pulse.ready,
        "signed_in": pulse.signed_in,
    }


def _text_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else as_text(instant)
