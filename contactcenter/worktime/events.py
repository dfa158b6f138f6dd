"""The vocabulary of operator events: what doors, routing and screens tell the ledger. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """Everything that can happen to an operator's time.

    session.started/ended     the operator logs in and goes offline
    presence.available/break  what the operator says; a break may name an account and carries its reason
    call.talk_started         an interaction by voice begins for this operator (again after a transfer back)
    call.hold_started/ended   the contact waits in the middle of it
    call.consult_started/ended  the operator speaks with somebody else about the contact, who waits: voice, not hold
    call.dispatch_started/ended the operator telephones on the contact's behalf (an on-call person, a supplier): voice
    call.ended                this operator has left the call; an open hold or consult ends with it
    call.patched              the contact was put through to somebody outside: this operator's time ends
    focus.started/ended       a ticket is on screen with activity; started may be repeated while activity goes on
    chat.opened/closed        a chat is assigned to the operator; it may be open without focus
    wrap.started/ended        after-contact work
    offer.made/ended          the operator is reserved until the answer (accept, decline, timeout, rescind)
    time.assigned             an approved correction: from `at` to data["until"] (ISO 8601) the time was of the class
                              data["class"], account and interaction; needs author and reason; the latest one wins
    correction                an earlier event is void: data["voids"] names its source_key; needs author and reason
    """

    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    PRESENCE_AVAILABLE = "presence.available"
    PRESENCE_BREAK = "presence.break"
    CALL_TALK_STARTED = "call.talk_started"
    CALL_HOLD_STARTED = "call.hold_started"
    CALL_HOLD_ENDED = "call.hold_ended"
    CALL_CONSULT_STARTED = "call.consult_started"
    CALL_CONSULT_ENDED = "call.consult_ended"
    CALL_DISPATCH_STARTED = "call.dispatch_started"
    CALL_DISPATCH_ENDED = "call.dispatch_ended"
    CALL_PATCHED = "call.patched"
    CALL_ENDED = "call.ended"
    FOCUS_STARTED = "focus.started"
    FOCUS_ENDED = "focus.ended"
    CHAT_OPENED = "chat.opened"
    CHAT_CLOSED = "chat.closed"
    WRAP_STARTED = "wrap.started"
    WRAP_ENDED = "wrap.ended"
    OFFER_MADE = "offer.made"
    OFFER_ENDED = "offer.ended"
    TIME_ASSIGNED = "time.assigned"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInput:
    """One event to record.

    `source_key` is unique for ever and made from the source's own ids ("offer 17 made", "asterisk 1700000.12 talk 1"):
    recording it again changes nothing. Events that belong together (started and ended) share their subject: the
    interaction, else the ticket; `subject` overrides this where a ticket has several at once (offers, legs of a call).
    """

    kind: EventKind
    at: datetime
    source: str
    source_key: str
    account_id: int | None = None
    interaction_id: int | None = None
    ticket_id: int | None = None
    channel: str = ""
    reason: str = ""
    author_id: int | None = None
    subject: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
