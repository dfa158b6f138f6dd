"""Calls as the reducer derives them. None means: the sources cannot know it, which is not the same as 0."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contactcenter.kernel.intervals import milliseconds


class Direction(StrEnum):
    """Who called whom. INTERNAL: an operator's telephone called another (a consultation)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class SegmentKind(StrEnum):
    """One stay in a queue, one operator reached otherwise, an outside number brought in, or a number called."""

    QUEUE = "queue"
    DIRECT = "direct"
    EXTERNAL = "external"
    OUTBOUND = "outbound"


class Outcome(StrEnum):
    """How a segment or a call ended."""

    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    ABANDONED = "abandoned"
    ABANDONED_IN_MENU = "abandoned_in_menu"
    ENDED_IN_MENU = "ended_in_menu"
    TIMED_OUT = "timed_out"
    LEFT_EMPTY = "left_empty"
    NOT_JOINED = "not_joined"
    PRESSED_KEY = "pressed_key"
    CUT_OFF = "cut_off"
    BUSY = "busy"
    CANCELED = "canceled"
    UNANSWERED = "unanswered"
    FAILED = "failed"


class HungUpBy(StrEnum):
    """Who ended a call. CALLEE is the outside party of an outbound call."""

    CUSTOMER = "customer"
    CALLEE = "callee"
    OPERATOR = "operator"
    PBX = "pbx"
    TRANSFER = "transfer"


class Flag(StrEnum):
    """What to know before relying on a call's figures."""

    ENTRY_UNSEEN = "entry_unseen"
    WAIT_MISMATCH = "wait_mismatch"
    TALK_MISMATCH = "talk_mismatch"
    CLOCK_WENT_BACK = "clock_went_back"
    END_ESTIMATED = "end_estimated"
    PBX_RESTARTED = "pbx_restarted"
    CONNECTION_LOST = "connection_lost"
    CONTINUES_UNSEEN = "continues_unseen"
    CLICK_TO_DIAL = "click_to_dial"
    ANSWER_UNSEEN = "answer_unseen"
    END_UNKNOWN = "end_unknown"
    END_MISMATCH = "end_mismatch"
    LEGS_OVERLAP = "legs_overlap"
    CLOCKS_DIFFER = "clocks_differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The customer on hold, [start, end); end is None while it lasts."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A telephone that rang for this stay. An instant or length is None where no source states it."""

    operator_name: str
    interface: str
    started_at: datetime | None
    ended_at: datetime | None
    ring_ms: int | None
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One part of a call. `wait_ms`: entering the queue to answer, or to leaving it; `ring_ms`: of the telephone
    that answered (or was called); `talk_ms`: answer to end, hold included; all whole milliseconds.
    """

    kind: SegmentKind
    queue: str
    operator_name: str
    interface: str
    enqueued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_ms: int | None
    ring_ms: int | None
    talk_ms: int | None
    hold_ms: int | None
    holds: tuple[Hold, ...]
    rings: tuple[Ring, ...]
    outcome: Outcome | None
    flags: tuple[Flag, ...] = ()

    @property
    def began_at(self) -> datetime:
        """The first instant known of the segment."""
        known = [at for at in (self.enqueued_at, self.answered_at, self.ended_at) if at is not None]
        known.extend(ring.started_at for ring in self.rings if ring.started_at is not None)
        return min(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The customer handed on: blind or attended, by whom, to which extension or operator ('' unknown)."""

    kind: str
    at: datetime
    from_operator: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call with all its legs. `external_id` is its identity at the telephone system.

    `account_hint` is the system's account code; `to_number` the number dialled (inbound: the DID; '' unknown).
    `wait_ms`, `talk_ms` and `hold_ms` sum the segments, `ring_ms` is the first answered segment's.
    """

    external_id: str
    external_ids: tuple[str, ...]
    direction: Direction
    from_number: str
    from_name: str
    to_number: str
    account_hint: str
    queue: str
    operator_name: str
    started_at: datetime
    enqueued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_ms: int | None
    ring_ms: int | None
    talk_ms: int | None
    hold_ms: int | None
    outcome: Outcome | None
    hung_up_by: HungUpBy | None
    segments: tuple[Segment, ...]
    transfers: tuple[Transfer, ...]
    flags: tuple[Flag, ...]


def span_ms(start: datetime | None, end: datetime | None) -> int | None:
    """Return whole milliseconds from start to end; None if one is missing or the clock went back between them."""
    if start is None or end is None or end < start:
        return None
    return milliseconds(start=start, end=end)


def sum_known(values: list[int | None]) -> int | None:
    """Return the sum; None if there is nothing to add or one of them is not known."""
    if not values or any(value is None for value in values):
        return None
    return sum(value for value in values if value is not None)
