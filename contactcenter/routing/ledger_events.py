"""How routing's changes are told to the ledger of operators' time: one place for kinds, subjects and keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contactcenter.kernel.statements import Later
from contactcenter.routing.models import Assignment, Offer, Transfer
from contactcenter.tickets.models import Channel
from contactcenter.worktime.actions import ask_to_record, record_events
from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.focus_actions import forget_focus, sign_focus
from contactcenter.worktime.queries import break_account_id

SOURCE: Final = "routing"
OPEN_CHANNELS: Final = frozenset({"chat", "sms", "social"})
"""Channels where a ticket may be open without being on screen; a mail waits on nobody's screen."""


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def offers_made(*, offers: Sequence[Offer]) -> Later[int]:
    """The operators are reserved from now on; one offer an operator. Call for the answer (see ask_to_record)."""
    return ask_to_record(
        events={
            offer.operator_id: [_offer(offer=offer, kind=EventKind.OFFER_MADE, at=offer.offered_at, word="made")]
            for offer in offers
        }
    )


def offer_ended(*, offer: Offer, at: datetime, how: str) -> None:
    """The reservation is over, however it ended."""
    event = _offer(offer=offer, kind=EventKind.OFFER_ENDED, at=at, word="ended", reason=how)
    record_events(operator_id=offer.operator_id, events=[event])


def _offer(*, offer: Offer, kind: EventKind, at: datetime, word: str, reason: str = "") -> EventInput:
    return EventInput(
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


def serving(*, assignment: Assignment, at: datetime, kinds: list[EventKind]) -> None:
    """Events of one served interaction, at one instant, in this order."""
    if EventKind.FOCUS_ENDED in kinds:
        forget_focus(
            operator_id=assignment.operator_id,
            interaction_id=assignment.interaction_id,
            ticket_id=assignment.ticket_id,
            at=at,
        )
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


def opened(*, assignment: Assignment) -> list[EventKind]:
    """What starts when an operator takes a ticket of this channel; of a telephone's calls the telephone tells."""
    if assignment.channel in OPEN_CHANNELS:
        return [EventKind.CHAT_OPENED]
    return [EventKind.CALL_TALK_STARTED] if _is_own_call(assignment) else []


def closed(*, assignment: Assignment) -> list[EventKind]:
    """What ends when the conversation ends."""
    if assignment.channel in OPEN_CHANNELS:
        return [EventKind.FOCUS_ENDED, EventKind.CHAT_CLOSED]
    return [EventKind.FOCUS_ENDED, *([EventKind.CALL_ENDED] if _is_own_call(assignment) else [])]


def patched(*, assignment: Assignment) -> list[EventKind]:
    """What ends when a caller is put through to an outside number: the call goes on without the operator."""
    return [EventKind.FOCUS_ENDED, *([EventKind.CALL_PATCHED] if _is_own_call(assignment) else [])]


def consulting(*, assignment: Assignment, at: datetime, begins: bool) -> None:
    """The owner of a call speaks with a colleague about it while the contact waits, or no longer."""
    if _is_own_call(assignment):
        kind = EventKind.CALL_CONSULT_STARTED if begins else EventKind.CALL_CONSULT_ENDED
        serving(assignment=assignment, at=at, kinds=[kind])


def held(*, assignment: Assignment, at: datetime, begins: bool) -> None:
    """The contact of a call waits in the middle of it, or no longer; who waits in writing costs nobody's voice."""
    if _is_own_call(assignment):
        kind = EventKind.CALL_HOLD_STARTED if begins else EventKind.CALL_HOLD_ENDED
        serving(assignment=assignment, at=at, kinds=[kind])


def consult_started(*, transfer: Transfer) -> None:
    """The operator who was asked helps from now on: voice for a call, an open chat for what is written."""
    _consult(transfer=transfer, at=transfer.consulting_at or transfer.asked_at, begins=True)


def consult_ended(*, transfer: Transfer, at: datetime) -> None:
    """The operator who was asked helps no longer, or has become the owner."""
    _consult(transfer=transfer, at=at, begins=False)


def _consult(*, transfer: Transfer, at: datetime, begins: bool) -> None:
    channel = transfer.assignment.channel
    if transfer.operator_id is None or not (channel == Channel.VOICE or channel in OPEN_CHANNELS):
        return
    if channel == Channel.VOICE:
        # a telephone system tells of its own calls between operators, but not for whom they were
        kind = EventKind.CALL_CONSULT_STARTED if begins else EventKind.CALL_CONSULT_ENDED
    else:
        kind = EventKind.CHAT_OPENED if begins else EventKind.CHAT_CLOSED
    record_events(
        operator_id=transfer.operator_id,
        events=[
            EventInput(
                kind=kind,
                at=at,
                source=SOURCE,
                source_key=f"consult {transfer.pk} {kind}",
                account_id=transfer.account_id,
                interaction_id=transfer.assignment.interaction_id,
                ticket_id=transfer.ticket_id,
                channel=channel,
                subject=f"consult {transfer.pk}",
            )
        ],
    )


def _is_own_call(assignment: Assignment) -> bool:
    return assignment.channel == Channel.VOICE and assignment.interaction.source_key is None


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
    sign_focus(
        operator_id=operator_id,
        event=EventInput(
            kind=kind,
            at=at,
            source="console",
            source_key=f"focus {operator_id} {ticket_id} {kind} {_stamp(at)}",
            account_id=account_id,
            interaction_id=assignment.interaction_id if assignment else None,
            ticket_id=ticket_id,
            channel=assignment.channel if assignment else "",
        ),
    )
