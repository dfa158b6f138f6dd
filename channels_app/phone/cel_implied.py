"""What CEL rows imply: stays in queues, rings, dials, holds and who hung up, as the events other sources state. Pure.

CEL has no queue events. While a channel runs the application Queue it is in that queue; telephones made for it
meanwhile rang; a bridge with one is the answer; music on the caller's channel during a bridge is a hold. Why a caller
was put out of a queue (time-out or emptied) cannot be told.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from channels_app.phone.events import CompleteReason, EventKind, LeaveReason, PhoneEvent, Source, in_order
from channels_app.phone.legs import Contact, Leg, Legs


@dataclass(slots=True)
class _QueueRun:
    """A channel ran Queue for this queue during [start, end); end None: it still does."""

    queue: str
    start: datetime
    end: datetime | None = None


def implied_events(events: Iterable[PhoneEvent]) -> list[PhoneEvent]:
    """Return the events that the CEL rows among these imply; the events must be distinct and in content order."""
    rows = [event for event in events if event.source is Source.CEL]
    if not rows:
        return []
    legs = Legs(rows)
    bridged = _one_sided(rows, legs)
    if bridged:
        rows = list(in_order([*rows, *bridged]))
        legs = Legs(rows)
    by_channel: dict[str, list[PhoneEvent]] = defaultdict(list)
    for row in rows:
        if row.channel_id and row.peer_id == "":
            by_channel[row.channel_id].append(row)
    implied = [*bridged, *_hangups(rows, legs)]
    members: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs.by_id.values():
        members[leg.group].append(leg)
    moves = [row for row in rows if row.kind in {EventKind.BLIND_TRANSFERRED, EventKind.ATTENDED_TRANSFERRED}]
    for group in sorted(members):
        root = _root(group, members[group], legs)
        if root is None:
            continue
        own = by_channel[root.id]
        runs = _queue_runs(own, legs.contacts_of(root))
        others = [leg for leg in members[group] if leg.id != root.id and not leg.is_local]
        for run in runs:
            implied.extend(_stay(root, run, others, moves, by_channel, legs))
        if not runs:
            implied.extend(_dials(root, own, others, by_channel))
        implied.extend(_holds(root, own, legs.contacts_of(root)))
    return implied


def _root(group: str, members: list[Leg], legs: Legs) -> Leg | None:
    """The channel the call began with; for one that began as plumbing (originated) its first telephone."""
    if group in legs.by_id and not legs.by_id[group].is_local:
        return legs.by_id[group]
    telephones = [leg for leg in members if not leg.is_local]
    return min(telephones, key=lambda leg: (leg.first_at, leg.id)) if telephones and group in legs.by_id else None


def _one_sided(rows: list[PhoneEvent], legs: Legs) -> list[PhoneEvent]:
    """Before Asterisk 12 only the calling channel told of a bridge: the leg that answered last was the other side."""
    result = []
    for row in rows:
        if not row.bridge.startswith("of ") or row.kind not in {EventKind.BRIDGE_ENTERED, EventKind.BRIDGE_LEFT}:
            continue
        others = [leg for leg in legs.by_id.values() if leg.group == row.linked_id and leg.id != row.channel_id]
        if any(leg.in_bridges for leg in others):
            continue
        up = [leg for leg in others if leg.up_at is not None and not leg.is_local]
        if up:
            other = max(up, key=lambda leg: (leg.up_at, leg.id))
            result.append(replace(_bare(row, row.kind, channel_id=other.id), bridge=row.bridge, channel=other.channel))
    return result


def _hangups(rows: list[PhoneEvent], legs: Legs) -> list[PhoneEvent]:
    """The row of a hang-up names the channel that asked for it, or dialplan/builtin.

    A caller's channel that ends in the name of neither was cut off (a system that stops).
    """
    by_name = {leg.channel: leg for leg in legs.by_id.values() if leg.channel and not leg.is_local}
    result = []
    for row in rows:
        if row.kind is not EventKind.HUNG_UP:
            continue
        if row.target in by_name:
            result.append(_bare(row, EventKind.HANGUP_ASKED, channel_id=by_name[row.target].id))
        elif row.target == "" and row.channel_id == legs.by_id[row.channel_id].group:
            result.append(_bare(row, EventKind.SYSTEM_HANGUP, channel_id=row.channel_id))
    return result


def _bare(row: PhoneEvent, kind: EventKind, *, channel_id: str, at: datetime | None = None) -> PhoneEvent:
    return PhoneEvent(kind=kind, source=Source.CEL, at=at or row.at, channel_id=channel_id, linked_id=row.linked_id)


def _queue_runs(rows: list[PhoneEvent], contacts: list[Contact]) -> list[_QueueRun]:
    runs: list[_QueueRun] = []
    current: _QueueRun | None = None
    for row in rows:
        in_queue = row.application == "Queue" and row.kind is not EventKind.HUNG_UP
        again = (
            current is not None
            and row.kind is EventKind.MUSIC_STARTED
            and any(current.start <= contact.start for contact in _over_by(contacts, row.at))
            and not _joined_at(contacts, row.at)
        )
        if current is not None and (not in_queue or row.queue != current.queue or again):
            current.end = row.at
            current = None
        if in_queue and current is None:
            current = _QueueRun(queue=row.queue, start=row.at)
            runs.append(current)
    return runs


def _over_by(contacts: list[Contact], at: datetime) -> list[Contact]:
    return [contact for contact in contacts if contact.end is not None and contact.end < at]


def _joined_at(contacts: list[Contact], at: datetime) -> list[Contact]:
    return [contact for contact in contacts if contact.start <= at and (contact.end is None or at <= contact.end)]


def _stay(
    root: Leg,
    run: _QueueRun,
    others: list[Leg],
    moves: list[PhoneEvent],
    by_channel: dict[str, list[PhoneEvent]],
    legs: Legs,
) -> list[PhoneEvent]:
    base = PhoneEvent(
        kind=EventKind.QUEUE_ENTERED,
        source=Source.CEL,
        at=run.start,
        channel_id=root.id,
        linked_id=root.group,
        queue=run.queue,
        number=root.number,
        name=root.name,
    )
    result = [base]
    contacts = [
        contact
        for contact in legs.contacts_of(root)
        if run.start <= contact.start and (run.end is None or contact.start < run.end)
    ]
    answer = next((contact for contact in contacts if contact.leg in others), None)
    until = answer.start if answer else run.end
    for leg in others:
        if leg.first_at < run.start or (until is not None and leg.first_at >= until):
            continue
        rung = replace(base, at=leg.first_at, kind=EventKind.RING_STARTED, peer_id=leg.id, peer_channel=leg.channel)
        rung = replace(rung, number="", name="", operator_name=leg.name, interface=leg.interface)
        result.append(rung)
        if answer is not None and answer.leg is leg:
            result.append(replace(rung, kind=EventKind.OPERATOR_CONNECTED, at=answer.start))
            if answer.end is not None:
                moved = any(move.peer_id == leg.id for move in moves)
                reason = CompleteReason.TRANSFER if moved else CompleteReason.UNSTATED
                result.append(replace(rung, kind=EventKind.OPERATOR_COMPLETED, at=answer.end, reason=reason))
        elif leg.hung_up_at is not None:
            result.append(replace(rung, kind=EventKind.RING_MISSED, at=leg.hung_up_at))
    if answer is None and run.end is not None:
        music = [row.at for row in by_channel[root.id] if row.kind is EventKind.MUSIC_ENDED]
        left_at = max((at for at in music if run.start <= at <= run.end), default=run.end)
        result.append(replace(base, kind=EventKind.QUEUE_LEFT, at=left_at, reason=LeaveReason.UNSTATED))
    return result


def _dials(
    root: Leg, own: list[PhoneEvent], others: list[Leg], by_channel: dict[str, list[PhoneEvent]]
) -> list[PhoneEvent]:
    """Whatever was made for a channel that was in no queue, it dialled."""
    shown = [row.number for row in own if row.number]
    targets = [row.target for row in own if row.application == "Dial" and row.kind is not EventKind.HUNG_UP]
    statuses = [row.reason for row in own if row.kind is EventKind.DIAL_STATUS]
    result = []
    for leg in others:
        dial = PhoneEvent(
            kind=EventKind.DIAL_STARTED,
            source=Source.CEL,
            at=leg.first_at,
            channel_id=root.id,
            linked_id=root.group,
            channel=root.channel,
            peer_id=leg.id,
            peer_channel=leg.channel,
            number=shown[-1] if shown else "",
            target=targets[0] if targets else "",
        )
        result.append(dial)
        if leg.up_at is not None:
            result.append(replace(dial, kind=EventKind.DIAL_ENDED, at=leg.up_at, reason="ANSWER"))
        elif leg.hung_up_at is not None:
            status = statuses[0] if statuses else ""
            result.append(replace(dial, kind=EventKind.DIAL_ENDED, at=leg.hung_up_at, reason=status))
    return result


def _holds(root: Leg, own: list[PhoneEvent], contacts: list[Contact]) -> list[PhoneEvent]:
    """Music on one side of a conversation is the other side's hold."""
    result: list[PhoneEvent] = []
    for row in own:
        if row.kind not in {EventKind.MUSIC_STARTED, EventKind.MUSIC_ENDED}:
            continue
        kind = EventKind.HELD if row.kind is EventKind.MUSIC_STARTED else EventKind.UNHELD
        result.extend(_bare(row, kind, channel_id=contact.leg.id) for contact in _joined_at(contacts, row.at))
    return result
