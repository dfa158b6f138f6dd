"""What telephone systems report, in one vocabulary: the events that the reducer turns into calls.

An event is a fact with its own instant; it names the channel (a leg of a call, for queue_log the call's id) it is
about. Sources differ in what they can know, so every field but kind, source and channel_id may be empty.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

MAX_ID_LENGTH = 150
"""Longer ids are no telephone system's (Asterisk: 149)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Source(StrEnum):
    """Where an event was read; the resolution of its instants follows from it."""

    QUEUE_LOG = "asterisk-queue-log"
    AMI = "asterisk-ami"
    CEL = "asterisk-cel"
    CDR = "asterisk-cdr"
    FREESWITCH = "freeswitch-json"
    TWILIO = "twilio-json"
    CSV = "csv"
    CLOSING_RULE = "closing-rule"

    @property
    def resolution_ms(self) -> int:
        """How far an instant of this source may lie behind the truth; the smallest is believed.

        queue_log, CDR and most else truncate to whole seconds; CEL may (local times), and what it implies of queues is
        derived.
        """
        return {Source.AMI: 1, Source.FREESWITCH: 1, Source.CEL: 2}.get(self, 1000)

    @property
    def watches(self) -> bool:
        """Whether it reports what every channel does (holds, who hung up), not only what became of the call."""
        return self in {Source.AMI, Source.CEL, Source.FREESWITCH}


class EventKind(StrEnum):
    """The facts. The order of definition breaks ties of one instant: causes stand before effects."""

    SYSTEM_STARTED = "system_started"
    CONNECTED = "connected"
    CHANNEL_SEEN = "channel_seen"
    CHANNEL_CREATED = "channel_created"
    ROW_WRITTEN = "row_written"
    LOCAL_PAIR = "local_pair"
    QUEUE_APPLICATION = "queue_application"
    QUEUE_ENTERED = "queue_entered"
    RING_STARTED = "ring_started"
    DIAL_STARTED = "dial_started"
    RINGING = "ringing"
    ANSWER_CLAIMED = "answer_claimed"
    CHANNEL_UP = "channel_up"
    DIAL_ENDED = "dial_ended"
    RING_MISSED = "ring_missed"
    OPERATOR_CONNECTED = "operator_connected"
    OPERATOR_REACHED = "operator_reached"
    BRIDGE_ENTERED = "bridge_entered"
    MUSIC_STARTED = "music_started"
    MUSIC_ENDED = "music_ended"
    HELD = "held"
    UNHELD = "unheld"
    HANGUP_ASKED = "hangup_asked"
    SYSTEM_HANGUP = "system_hangup"
    BLIND_TRANSFERRED = "blind_transferred"
    ATTENDED_TRANSFERRED = "attended_transferred"
    OPERATOR_COMPLETED = "operator_completed"
    BRIDGE_LEFT = "bridge_left"
    QUEUE_STATUS = "queue_status"
    DIAL_STATUS = "dial_status"
    QUEUE_LEFT = "queue_left"
    HUNG_UP = "hung_up"
    END_LOST = "end_lost"
    SYSTEM_STOPPED = "system_stopped"


class LeaveReason(StrEnum):
    """Why a caller left a queue without an operator. UNSTATED: the source says only that it happened."""

    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    EMPTIED = "left_empty"
    NOT_JOINED = "not_joined"
    PRESSED_KEY = "pressed_key"
    UNSTATED = "unstated"


class CompleteReason(StrEnum):
    """Who ended an operator's part of a call."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    TRANSFER = "transfer"
    UNSTATED = "unstated"


class Rank:
    """Positions of kinds among equal instants."""

    OF = {kind: position for position, kind in enumerate(EventKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneEvent:
    """One reported fact. Two equal events are one fact reported twice.

    `*_ms` are durations the source claims, in milliseconds; they are checked against instants, not trusted.
    `channel_id` is empty for facts about the whole telephone system. `peer_id` is the other leg (ringing or
    connected). `others` are further legs named by a transfer. `reason` is a LeaveReason, CompleteReason, dial status
    or hang-up cause, by kind. `target` is where a transfer or dial goes, or the channel that hung up. `application` is
    what the dialplan ran on the channel. `answered_at` and `ended_at` belong to ROW_WRITTEN, a record of a whole leg
    whose `at` is its start. OPERATOR_REACHED says that an operator answered at some unknown instant before `at`.
    """

    kind: EventKind
    source: Source
    at: datetime
    channel_id: str = ""
    linked_id: str = ""
    channel: str = ""
    peer_id: str = ""
    peer_channel: str = ""
    others: tuple[str, ...] = ()
    queue: str = ""
    operator_name: str = ""
    interface: str = ""
    number: str = ""
    name: str = ""
    extension: str = ""
    account: str = ""
    bridge: str = ""
    reason: str = ""
    target: str = ""
    application: str = ""
    wait_ms: int | None = None
    ring_ms: int | None = None
    talk_ms: int | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.at.utcoffset() != timedelta(0):
            raise ValueError("PhoneEvent.at must be an instant in UTC")

    @property
    def call_keys(self) -> frozenset[str]:
        """Every id that ties this event to a call."""
        return frozenset(key for key in (self.channel_id, self.linked_id, self.peer_id, *self.others) if key)

    @property
    def order(self) -> tuple[object, ...]:
        """A total order that depends on content only: by instant, causes before effects, then by all fields."""
        return (
            self.at,
            Rank.OF[self.kind],
            self.source,
            self.channel_id,
            self.linked_id,
            self.peer_id,
            self.queue,
            self.operator_name,
            self.reason,
            self.bridge,
            self.target,
            self.channel,
            self.peer_channel,
            self.others,
            self.interface,
            self.number,
            self.name,
            self.extension,
            self.account,
            self.application,
            -1 if self.wait_ms is None else self.wait_ms,
            -1 if self.ring_ms is None else self.ring_ms,
            -1 if self.talk_ms is None else self.talk_ms,
            (self.answered_at or _EPOCH, self.ended_at or _EPOCH),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A telephone known to belong to an operator: the interface (PJSIP/101) and the queue member's name."""

    interface: str
    operator_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One line or block as it stood in the source: what is stored, whatever becomes of it.

    `line` counts from 1. Exactly one of `events` (possibly empty: understood, tells nothing of calls) and
    `rejected` (a reason) speaks for it. `phones` are telephones the entry names.
    """

    line: int
    raw: bytes
    at: datetime | None
    events: tuple[PhoneEvent, ...] = ()
    phones: tuple[Phone, ...] = ()
    rejected: str = ""
    identity: str = ""
    """What makes it the same entry again where its bytes may differ ('': the bytes)."""


def instant_of_epoch(text: str) -> datetime:
    """Return the instant of epoch seconds such as 1795445655 or 1795445723.702253, exactly; ValueError otherwise.

    No float takes part: 1795445723.702253 keeps its microseconds.
    """
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdigit()) or not (fraction == "" or (fraction.isascii() and fraction.isdigit())):
        raise ValueError(f"not an epoch time: {text[:40]!r}")
    if len(whole) > 11:
        raise ValueError(f"epoch time out of range: {text[:40]!r}")
    return _EPOCH + timedelta(seconds=int(whole), microseconds=int((fraction + "000000")[:6]))


def readable_text(raw: bytes) -> str:
    """Return the bytes as text that every store accepts; what is not UTF-8, and NUL, becomes U+FFFD.

    One bad byte in a caller's name must not cost the event; the raw bytes are kept anyway.
    """
    return raw.decode("utf-8", errors="replace").replace("\0", "\ufffd")


def unescaped(name: str) -> str:
    """Return a name as spoken: Asterisk sets backslashes, once or twice over (Moira O\\'Neill)."""
    for _ in range(2):
        name = re.sub(r"\\(.)", r"\1", name)
    return name


def in_order(events: Iterable[PhoneEvent]) -> Iterator[PhoneEvent]:
    """Return each distinct event once, in the content order."""
    return iter(sorted(set(events), key=lambda event: event.order))
