"""Stays in queues: which ring, answer and end belongs to which entry, by what each event claims of itself.

One call id may enter one queue twice (a transfer back), and queue_log's whole seconds put ends and new entries at
one instant, so an event goes to the stay whose entry is nearest to the entry that its own durations imply.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels_app.phone.events import EventKind, LeaveReason, PhoneEvent, Source

_SLACK = timedelta(seconds=1)
# two sources may tell of one entry this far apart
_SAME_ENTRY = timedelta(seconds=2)

_STATUS_REASONS = {
    "TIMEOUT": LeaveReason.TIMED_OUT,
    "LEAVEEMPTY": LeaveReason.EMPTIED,
    "LEAVEUNAVAIL": LeaveReason.EMPTIED,
    "JOINEMPTY": LeaveReason.NOT_JOINED,
    "JOINUNAVAIL": LeaveReason.NOT_JOINED,
    "FULL": LeaveReason.NOT_JOINED,
    "CONTINUE": LeaveReason.PRESSED_KEY,
}


@dataclass(slots=True)
class Stay:
    """One entry into one queue and everything reported of it."""

    queue: str
    enqueued_at: datetime
    entry_seen: bool = True
    sources: set[Source] = field(default_factory=set)
    entries: list[PhoneEvent] = field(default_factory=list)
    connects: list[PhoneEvent] = field(default_factory=list)
    completes: list[PhoneEvent] = field(default_factory=list)
    reached: list[PhoneEvent] = field(default_factory=list)
    leaves: list[PhoneEvent] = field(default_factory=list)
    ring_starts: list[PhoneEvent] = field(default_factory=list)
    ring_misses: list[PhoneEvent] = field(default_factory=list)
    status: LeaveReason | None = None

    @property
    def entry_known(self) -> bool:
        """Whether any source states the instant of entry (a CDR row of a call's beginning does not)."""
        return not self.entries or any(entry.reason != "unknown" for entry in self.entries)

    @property
    def connect(self) -> PhoneEvent | None:
        """The answer, from the finest source."""
        return finest(self.connects)

    @property
    def complete(self) -> PhoneEvent | None:
        """The end of the operator's part, from the finest source."""
        return finest(self.completes)

    @property
    def leave(self) -> PhoneEvent | None:
        """The caller leaving without an operator, from the finest source."""
        return finest(self.leaves)

    @property
    def leave_reason(self) -> LeaveReason | None:
        """The most definite reason any source gives."""
        if self.status is not None:
            return self.status
        stated = [leave.reason for leave in self.leaves if leave.reason != LeaveReason.UNSTATED]
        if stated:
            return LeaveReason(stated[0])
        return LeaveReason.UNSTATED if self.leaves else None


def finest(events: list[PhoneEvent]) -> PhoneEvent | None:
    """Return the event whose instant is most exact; of equals the earliest (what came first is what ended it)."""
    if not events:
        return None
    return min(events, key=lambda event: (event.source.resolution_ms, event.order))


def stays_of(events: Iterable[PhoneEvent]) -> list[Stay]:
    """Return the stays of one call in order of entry. The events must be distinct and in content order."""
    ordered = list(events)
    stays = _entered(ordered)
    for event in ordered:
        if event.kind is EventKind.OPERATOR_CONNECTED:
            _claimed(stays, event).connects.append(event)
    for event in ordered:
        if event.kind is EventKind.OPERATOR_COMPLETED:
            _claimed(stays, event).completes.append(event)
        elif event.kind is EventKind.OPERATOR_REACHED:
            _claimed(stays, event).reached.append(event)
        elif event.kind is EventKind.QUEUE_LEFT:
            _claimed(stays, event).leaves.append(event)
    for event in ordered:
        if event.kind in {EventKind.RING_STARTED, EventKind.RING_MISSED}:
            _note_ring(stays, event)
    _note_status(stays, ordered)
    return sorted(stays, key=lambda stay: (stay.enqueued_at, stay.queue))


def _entered(ordered: list[PhoneEvent]) -> list[Stay]:
    stays: list[Stay] = []
    for event in ordered:
        if event.kind is not EventKind.QUEUE_ENTERED:
            continue
        for stay in stays:
            told_by_another = stay.queue == event.queue and event.source not in stay.sources
            if told_by_another and abs(stay.enqueued_at - event.at) <= _SAME_ENTRY:
                break
        else:
            stay = Stay(queue=event.queue, enqueued_at=event.at)
            stays.append(stay)
        stay.sources.add(event.source)
        stay.entries.append(event)
        best = finest(stay.entries)
        stay.enqueued_at = best.at if best else event.at
    return stays


def _implied_entry(event: PhoneEvent) -> datetime:
    before = (event.wait_ms or 0) + (event.talk_ms or 0)
    return event.at - timedelta(milliseconds=before)


def _claimed(stays: list[Stay], event: PhoneEvent) -> Stay:
    implied = _implied_entry(event)
    open_before = [stay for stay in stays if stay.queue == event.queue and stay.enqueued_at <= event.at + _SLACK]
    if open_before:
        return min(open_before, key=lambda stay: (abs(stay.enqueued_at - implied), stay.enqueued_at))
    stay = Stay(queue=event.queue, enqueued_at=implied, entry_seen=False, sources={event.source})
    stays.append(stay)
    return stay


def _note_ring(stays: list[Stay], event: PhoneEvent) -> None:
    began = event.at - timedelta(milliseconds=event.ring_ms or 0)
    before = [stay for stay in stays if stay.queue == event.queue and stay.enqueued_at <= began + _SLACK]
    if not before:
        before = [stay for stay in stays if stay.queue == event.queue]
    if not before:
        stay = Stay(queue=event.queue, enqueued_at=began, entry_seen=False, sources={event.source})
        stays.append(stay)
    else:
        stay = max(before, key=lambda each: each.enqueued_at)
    (stay.ring_starts if event.kind is EventKind.RING_STARTED else stay.ring_misses).append(event)


def _note_status(stays: list[Stay], ordered: list[PhoneEvent]) -> None:
    """The dialplan variable QUEUESTATUS names why the last stay ended; also for one that never began."""
    applications = [event for event in ordered if event.kind is EventKind.QUEUE_APPLICATION]
    for event in ordered:
        reason = _STATUS_REASONS.get(event.reason) if event.kind is EventKind.QUEUE_STATUS else None
        if reason is None:
            continue
        if reason is LeaveReason.NOT_JOINED:
            asked = [each for each in applications if each.at <= event.at]
            if asked:
                tried = max(asked, key=lambda each: each.at)
                stays.append(
                    Stay(queue=tried.queue, enqueued_at=tried.at, status=reason, sources={event.source}, leaves=[event])
                )
            continue
        before = [stay for stay in stays if stay.enqueued_at <= event.at]
        if before:
            max(before, key=lambda stay: stay.enqueued_at).status = reason
