"""How routing's changes are told to the ledger of operators' time: one place for kinds, subjects and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contactcenter.routing.models import Assignment, Offer
from contactcenter.worktime.actions import record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.queries import break_account_id

SOURCE: Final = "routing"
OPEN_CHANNELS: Final = frozenset({"chat", "sms", "social"})
"""Channels where a ticket may be open without being on screen; a mail waits on nobody's screen."""


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def offer_made(*, offer: Offer) -> None:
    """The operator is reserved from now on."""
    _offer(offer=offer, kind=EventKind.OFFER_MADE, at=offer.offered_at, word="made")


def offer_ended(*, offer: Offer, at: datetime, how: str) -> None:
    """The reservation is over, however it ended."""
    _offer(offer=offer, kind=EventKind.OFFER_ENDED, at=at, word="ended", reason=how)


def _offer(*, offer: Offer, kind: EventKind, at: datetime, word: str, reason: str = "") -> None:
    record_events(
        operator_id=offer.operator_id,
        events=[
            EventInput(
                kind=kind,
                at=at,
                source=SOURCE,
                source_key=f"offer {offer.pk} {word}",
                account_id=offer.account_id,
                ticket_id=offer.ticket_id,
                channel=offer.channel,
                reason=reason,
                subject=f"offer {offer.pk}",
            )
        ],
    )


def serving(*, assignment: Assignment, at: datetime, kinds: list[EventKind]) -> None:
    """Events of one served interaction, at one instant, in this order."""
    record_events(
        operator_id=assignment.operator_id,
        events=[
            EventInput(
                kind=kind,
                at=at,
                source=SOURCE,
                source_key=f"assignment {assignment.pk} {kind} {_stamp(at)}",
                account_id=assignment.account_id,
                interaction_id=assignment.interaction_id,
                ticket_id=assignment.ticket_id,
                channel=assignment.channel,
            )
            for kind in kinds
        ],
    )


def opened(*, channel: str) -> list[EventKind]:
    """What starts when an operator takes a ticket of this channel."""
    return [EventKind.CHAT_OPENED] if channel in OPEN_CHANNELS else []


def closed(*, channel: str) -> list[EventKind]:
    """What ends when the conversation ends."""
    return [EventKind.FOCUS_ENDED, *([EventKind.CHAT_CLOSED] if channel in OPEN_CHANNELS else [])]


def presence(*, operator_id: int, at: datetime, kinds: list[EventKind], reason: str = "") -> None:
    """A change of presence, with the start or end of the session it implies; a break may be an account's."""
    account_id = break_account_id(reason=reason) if EventKind.PRESENCE_BREAK in kinds else None
    record_events(
        operator_id=operator_id,
        events=[
            EventInput(
                kind=kind,
                at=at,
                source=SOURCE,
                source_key=f"presence {operator_id} {kind} {_stamp(at)}",
                account_id=account_id if kind is EventKind.PRESENCE_BREAK else None,
                reason=reason,
            )
            for kind in kinds
        ],
    )


def focus(
    *, operator_id: int, assignment: Assignment | None, account_id: int, ticket_id: int, active: bool, at: datetime
) -> None:
    """The ticket is on the operator's screen with activity, or no longer."""
    kind = EventKind.FOCUS_STARTED if active else EventKind.FOCUS_ENDED
    record_events(
        operator_id=operator_id,
        events=[
            EventInput(
                kind=kind,
                at=at,
                source="console",
                source_key=f"focus {operator_id} {ticket_id} {kind} {_stamp(at)}",
                account_id=account_id,
                interaction_id=assignment.interaction_id if assignment else None,
                ticket_id=ticket_id,
                channel=assignment.channel if assignment else "",
            )
        ],
    )
