"""What CDR rows imply, as the events other sources state. Pure.

Rows name telephones by their channel names only and, after Answer() before Queue(), do not say when the operator
answered: that is OPERATOR_REACHED, without an instant. Where AMI or CEL saw the call, rows add only what was dialled
and the account; where queue_log did, also the call's end and whom the customer spoke with after a transfer.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from channels_app.phone.events import CompleteReason, EventKind, LeaveReason, PhoneEvent, Source

_DIAL_STATUS = {"ANSWERED": "ANSWER", "BUSY": "BUSY", "NO ANSWER": "NOANSWER", "CONGESTION": "CONGESTION"}
# channel names count from 0 again after a restart
_SAME_NAME = timedelta(days=1)


class _Names:
    """Channel names of telephones to the ids other events give them."""

    def __init__(self, events: list[PhoneEvent]) -> None:
        self._known: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._answered: dict[str, list[PhoneEvent]] = defaultdict(list)
        for event in events:
            for name, leg_id in ((event.channel, event.channel_id), (event.peer_channel, event.peer_id)):
                if name and leg_id:
                    self._known[name].setdefault(leg_id, event.at)
            if event.kind is EventKind.ROW_WRITTEN and event.reason == "ANSWERED":
                for name in {event.channel, event.peer_channel} - {""}:
                    self._answered[name].append(event)

    def id_of(self, name: str, *, row: PhoneEvent) -> str:
        near = [
            (abs(at - row.at), leg_id)
            for leg_id, at in self._known.get(name, {}).items()
            if abs(at - row.at) <= _SAME_NAME
        ]
        return min(near)[1] if near else f"{row.linked_id} {name}"

    def spoke_before(self, name: str, *, row: PhoneEvent) -> bool:
        """Whether the telephone was already in a call when this row began: then it was joined, not rung."""
        return any(
            other != row
            and other.answered_at is not None
            and other.channel_id != row.channel_id
            and other.answered_at <= row.at
            and row.at - other.at <= _SAME_NAME
            for other in self._answered.get(name, [])
        )


def implied_by_rows(events: Iterable[PhoneEvent]) -> list[PhoneEvent]:
    """Return the events that the CDR rows among these imply; the events must be distinct and in content order."""
    ordered = list(events)
    by_call: dict[str, list[PhoneEvent]] = defaultdict(list)
    for event in ordered:
        if event.kind is EventKind.ROW_WRITTEN:
            by_call[event.linked_id].append(event)
    if not by_call:
        return []
    names = _Names(ordered)
    watched = {event.linked_id or event.channel_id for event in ordered if event.source.watches}
    queued = {event.channel_id for event in ordered if event.source is Source.QUEUE_LOG}
    implied: list[PhoneEvent] = []
    for call_id, rows in sorted(by_call.items()):
        own = [row for row in rows if row.channel_id == call_id]
        if not own:
            continue
        if call_id in watched:
            implied.extend(_dial(row, names)[0] for row in own if row.target and row.peer_channel)
            continue
        implied.extend(_frame(own))
        halves = {row.channel: row for row in rows if row.channel.startswith("Local/")}
        for row in own:
            far = halves.get(_other_half(row.peer_channel))
            telephone = far.peer_channel if far else row.peer_channel
            if row.peer_channel and (_joined(row.peer_channel) or names.spoke_before(telephone, row=row)):
                implied.extend(_bridge(row, telephone, names, start=row.at))
            elif row.target and row.peer_channel:
                implied.extend(_dial(row, names))
        if call_id not in queued:
            implied.extend(_stays(own, halves, names))
    return implied


def _other_half(name: str) -> str:
    return f"{name[:-1]}2" if name.startswith("Local/") and name.endswith(";1") else ""


def _joined(name: str) -> bool:
    return name.startswith("Local/_attended@transfer")


def _frame(own: list[PhoneEvent]) -> list[PhoneEvent]:
    """The caller's channel from its first row's start to its last row's end."""
    first = own[0]
    # rows come in any order, and a transfer writes its target into later ones
    seen = _bare(first, EventKind.CHANNEL_CREATED, at=first.at)
    made = replace(seen, channel=first.channel, number=first.number, name=first.name, extension=first.extension)
    accounts = [row.account for row in own if row.account]
    ended = max(row.ended_at for row in own if row.ended_at is not None)
    return [
        replace(made, account=accounts[0] if accounts else ""),
        replace(_bare(first, EventKind.HUNG_UP, at=ended), channel=first.channel),
    ]


def _bare(row: PhoneEvent, kind: EventKind, *, at: datetime) -> PhoneEvent:
    return PhoneEvent(kind=kind, source=Source.CDR, at=at, channel_id=row.channel_id, linked_id=row.linked_id)


def _dial(row: PhoneEvent, names: _Names) -> list[PhoneEvent]:
    peer = names.id_of(row.peer_channel, row=row)
    dial = replace(
        _bare(row, EventKind.DIAL_STARTED, at=row.at),
        channel=row.channel,
        peer_id=peer,
        peer_channel=row.peer_channel,
        number=row.number,
        target=row.target,
    )
    answered = row.reason == "ANSWERED" and row.answered_at is not None
    ended = replace(dial, kind=EventKind.DIAL_ENDED, reason=_DIAL_STATUS.get(row.reason, "CHANUNAVAIL"))
    over = row.answered_at if answered else row.ended_at
    assert over is not None  # noqa: S101  every row has an end
    result = [dial, replace(ended, at=over)]
    return [*result, *_bridge(row, row.peer_channel, names, start=over)] if answered else result


def _bridge(row: PhoneEvent, telephone: str, names: _Names, *, start: datetime) -> list[PhoneEvent]:
    peer = names.id_of(telephone, row=row)
    here = replace(_bare(row, EventKind.BRIDGE_ENTERED, at=start), bridge=f"{row.linked_id} {telephone}")
    there = replace(here, channel_id=peer, channel=telephone)
    end = row.ended_at or start
    return [each for side in (here, there) for each in (side, replace(side, kind=EventKind.BRIDGE_LEFT, at=end))]


def _stays(own: list[PhoneEvent], halves: dict[str, PhoneEvent], names: _Names) -> list[PhoneEvent]:
    """Runs of rows in one queue are one stay; when it began is known only if a row of the call came before."""
    result: list[PhoneEvent] = []
    run: list[PhoneEvent] = []
    waiting = [
        row
        for row in own
        if row.queue and not _joined(row.peer_channel) and not names.spoke_before(row.peer_channel, row=row)
    ]
    for row in waiting:
        over = [each.ended_at for each in run if _reached(each) and each.ended_at is not None]
        if run and (run[-1].queue != row.queue or (over and row.at >= max(over))):
            result.extend(_stay(run, own, halves, names))
            run = []
        run.append(row)
    return [*result, *_stay(run, own, halves, names)] if run else result


def _reached(row: PhoneEvent) -> bool:
    return row.reason == "ANSWERED" and row.peer_channel != ""


def _stay(
    run: list[PhoneEvent], own: list[PhoneEvent], halves: dict[str, PhoneEvent], names: _Names
) -> list[PhoneEvent]:
    first, last = run[0], max(run, key=lambda row: (_reached(row), row.ended_at or row.at))
    began = "" if first is not own[0] else "unknown"
    entered = replace(_bare(first, EventKind.QUEUE_ENTERED, at=first.at), queue=first.queue, reason=began)
    end = last.ended_at or last.at
    if not _reached(last):
        # the dialplan went on after the queue, or the caller was gone
        went_on = any(row.at >= end and row not in run for row in own)
        reason = LeaveReason.UNSTATED if went_on else LeaveReason.ABANDONED
        return [entered, replace(entered, kind=EventKind.QUEUE_LEFT, at=end, reason=reason)]
    far = halves.get(_other_half(last.peer_channel))
    if far is None:
        reached = replace(entered, kind=EventKind.OPERATOR_REACHED, at=end, reason="")
        peer = names.id_of(last.peer_channel, row=last)
        return [entered, replace(reached, peer_id=peer, peer_channel=last.peer_channel)]
    # the far half of a Local channel rings one telephone only: its row has the answer
    peer = names.id_of(far.peer_channel, row=far)
    rung = replace(entered, at=far.at, kind=EventKind.RING_STARTED, reason="", peer_id=peer)
    rung = replace(rung, peer_channel=far.peer_channel, interface=far.peer_channel.rsplit("-", 1)[0])
    if far.answered_at is None:
        return [entered, rung]
    done = replace(rung, kind=EventKind.OPERATOR_COMPLETED, at=end, reason=CompleteReason.UNSTATED)
    return [entered, rung, replace(rung, kind=EventKind.OPERATOR_CONNECTED, at=far.answered_at), done]
