"""Routing's facts as screens receive them, by the API and over the socket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contactcenter.kernel.intervals import as_text
from contactcenter.routing.models import Assignment, Offer
from contactcenter.routing.queries import Pulse
from contactcenter.tickets.cards import card_of


def offer_frame(*, offer: Offer) -> dict[str, Any]:
    """An offer with the card of its ticket."""
    return {
        "id": offer.pk,
        "ticket": card_of(ticket_id=offer.ticket_id),
        "channel": offer.channel,
        "offered_at": as_text(offer.offered_at),
        "expires_at": as_text(offer.expires_at),
        "why": offer.why,
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
