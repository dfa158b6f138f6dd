"""The legs of calls: what all events together say of each channel, and who spoke with whom over bridges."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from channels_app.phone.calls import Hold
from channels_app.phone.events import EventKind, PhoneEvent, Source

# shorter meetings in a bridge are the machinery of a transfer, not a conversation
_SHORTEST_CONTACT_MS = 100
_ANY_ROW_DIALS = frozenset({Source.CEL, Source.TWILIO})
# where the dialplan begins and ends when nothing was dialled
NO_NUMBERS = frozenset({"", "s", "h", "i", "t"})


@dataclass(slots=True)
class Leg:
    """One channel. `group` is the linked id it had first: the call it was made for, whatever it joined later."""

    id: str
    group: str
    first_at: datetime
    channel: str = ""
    number: str = ""
    name: str = ""
    extension: str = ""
    account: str = ""
    operator_name: str = ""
    called: bool = False
    up_at: datetime | None = None
    hung_up_at: datetime | None = None
    asked: list[datetime] = field(default_factory=list)
    stopped_by_system: bool = False
    cut_off: bool = False
    in_bridges: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    hold_marks: list[tuple[datetime, bool]] = field(default_factory=list)
    local_pair: str = ""
    sources: set[Source] = field(default_factory=set)
    is_watched: bool = False
    row_ends: list[datetime] = field(default_factory=list)
    end_lost_at: datetime | None = None

    @property
    def interface(self) -> str:
        """PJSIP/101 of PJSIP/101-00000012; sofia/internal/101 of sofia/internal/101@10.0.0.1; client:anna."""
        if self.channel.startswith("sofia/"):
            return self.channel.partition("@")[0]
        return self.channel.rsplit("-", 1)[0] if "/" in self.channel else self.channel

    @property
    def is_local(self) -> bool:
        """Whether this is plumbing inside the telephone system rather than a telephone."""
        return self.channel.startswith("Local/")

    def holds_within(self, *, start: datetime, end: datetime | None) -> list[Hold]:
        """Return the holds this leg set inside [start, end); one still open is closed by the end.

        Every transfer reports an unhold without a hold: those say nothing.
        """
        holds: list[Hold] = []
        since: datetime | None = None
        for at, held in sorted(self.hold_marks, key=lambda mark: (mark[0], not mark[1])):
            if held and since is None:
                since = at
            elif not held and since is not None:
                holds.append(Hold(start=since, end=at))
                since = None
        if since is not None:
            holds.append(Hold(start=since, end=end))
        clipped = []
        for hold in holds:
            begin = max(hold.start, start)
            finish = hold.end if end is None or hold.end is None else min(hold.end, end)
            if (finish is None or begin < finish) and (end is None or begin < end):
                clipped.append(Hold(start=begin, end=finish))
        return clipped


@dataclass(frozen=True, slots=True)
class Contact:
    """Two telephones heard each other during [start, end); end None: still."""

    leg: Leg
    start: datetime
    end: datetime | None


class Legs:
    """All legs of a set of events, found by id."""

    def __init__(self, events: Iterable[PhoneEvent]) -> None:
        """Collect; the events must be distinct and in content order."""
        self.by_id: dict[str, Leg] = {}
        self.dials_by: dict[str, list[PhoneEvent]] = defaultdict(list)
        self.dials_to: dict[str, list[PhoneEvent]] = defaultdict(list)
        self.dial_ends: dict[str, list[PhoneEvent]] = defaultdict(list)
        bridge_marks: dict[tuple[str, str], list[tuple[datetime, bool]]] = defaultdict(list)
        for event in events:
            self._note(event)
            if event.kind in {EventKind.BRIDGE_ENTERED, EventKind.BRIDGE_LEFT}:
                marks = bridge_marks[event.channel_id, event.bridge]
                marks.append((event.at, event.kind is EventKind.BRIDGE_ENTERED))
        self._pair_locals()
        self.by_group: dict[str, list[Leg]] = defaultdict(list)
        for leg in self.by_id.values():
            self.by_group[leg.group].append(leg)
        for (leg_id, bridge), marks in bridge_marks.items():
            leg = self.by_id[leg_id]
            leg.in_bridges.extend((bridge, start, end) for start, end in _intervals(marks, until=leg.hung_up_at))
        for leg in self.by_id.values():
            leg.in_bridges.sort(key=lambda stay: (stay[1], stay[0]))
        self._in_bridge: dict[str, list[Contact]] = defaultdict(list)
        for leg in self.by_id.values():
            for bridge, start, end in leg.in_bridges:
                self._in_bridge[bridge].append(Contact(leg, start, end))

    def _leg(self, leg_id: str, *, event: PhoneEvent) -> Leg:
        leg = self.by_id.get(leg_id)
        if leg is None:
            leg = self.by_id[leg_id] = Leg(id=leg_id, group=event.linked_id or leg_id, first_at=event.at)
        return leg

    def _note(self, event: PhoneEvent) -> None:
        if event.peer_id:
            peer = self._leg(event.peer_id, event=event)
            peer.channel = peer.channel or event.peer_channel
            peer.is_watched |= event.source.watches and event.peer_channel != ""
            if event.kind in {EventKind.RING_STARTED, EventKind.OPERATOR_CONNECTED}:
                peer.operator_name = peer.operator_name or event.operator_name
        if event.kind in {EventKind.DIAL_STARTED, EventKind.DIAL_ENDED}:
            if event.kind is EventKind.DIAL_STARTED:
                self.dials_by[event.channel_id].append(event)
                self.dials_to[event.peer_id].append(event)
                self.by_id[event.peer_id].called = True
            else:
                self.dial_ends[event.peer_id].append(event)
        if not event.channel_id:
            return
        leg = self._leg(event.channel_id, event=event)
        leg.channel = leg.channel or event.channel
        leg.is_watched |= event.source.watches and event.channel != ""
        if event.kind is EventKind.ROW_WRITTEN:
            leg.account = leg.account or event.account
            leg.row_ends = sorted([*leg.row_ends, *([event.ended_at] if event.ended_at else [])])
            leg.sources.add(event.source)
            return
        if event.kind not in {EventKind.DIAL_STARTED, EventKind.DIAL_ENDED}:
            # the dialplan may have put the caller's number right since the channel began
            corrected = event.source is Source.CEL and event.kind is EventKind.CHANNEL_SEEN and event.number != ""
            leg.number = event.number if corrected else leg.number or event.number
            leg.name = (event.name or leg.name) if corrected else leg.name or event.name
        leg.account = event.account or leg.account
        leg.sources.add(event.source)
        if leg.extension in NO_NUMBERS and event.extension not in NO_NUMBERS:
            leg.extension = event.extension if event.source in _ANY_ROW_DIALS else leg.extension
        if event.kind is EventKind.CHANNEL_CREATED:
            leg.extension = event.extension
            leg.operator_name = leg.operator_name or event.operator_name
        elif event.kind is EventKind.END_LOST:
            leg.end_lost_at = max(leg.end_lost_at or event.at, event.at)
        elif event.kind is EventKind.CHANNEL_UP:
            leg.up_at = leg.up_at or event.at
        elif event.kind is EventKind.HUNG_UP:
            leg.hung_up_at = leg.hung_up_at or event.at
        elif event.kind is EventKind.HANGUP_ASKED:
            leg.asked.append(event.at)
        elif event.kind is EventKind.SYSTEM_HANGUP:
            # the soft hang-up bit of a telephone system that stops (AST_SOFTHANGUP_SHUTDOWN)
            leg.stopped_by_system |= event.reason == "4"
            leg.cut_off |= event.reason == ""
        elif event.kind in {EventKind.HELD, EventKind.UNHELD}:
            leg.hold_marks.append((event.at, event.kind is EventKind.HELD))
        elif event.kind is EventKind.LOCAL_PAIR:
            leg.local_pair = event.peer_id
            self.by_id[event.peer_id].local_pair = event.channel_id

    def _pair_locals(self) -> None:
        """The two ends of a Local channel share their name up to ;1 and ;2, where no event pairs them."""
        named = {leg.channel: leg for leg in self.by_id.values() if leg.is_local}
        for leg in named.values():
            name, _, end = leg.channel.rpartition(";")
            other = named.get(f"{name};{'2' if end == '1' else '1'}")
            if other is not None and not leg.local_pair:
                leg.local_pair = other.id

    def contacts_of(self, leg: Leg) -> list[Contact]:
        """Return the telephones this leg was joined with, through Local channels too, one per unbroken contact."""
        found: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
        for bridge, start, end in leg.in_bridges:
            self._reach(bridge, start, end, seen=frozenset({leg.id}), found=found)
        contacts = [
            Contact(self.by_id[leg_id], start, end)
            for leg_id, spans in found.items()
            for start, end in _merged(spans)
            if end is None or (end - start).total_seconds() * 1000 >= _SHORTEST_CONTACT_MS
        ]
        return sorted(contacts, key=lambda contact: (contact.start, contact.leg.id))

    def _reach(
        self,
        bridge: str,
        start: datetime,
        end: datetime | None,
        *,
        seen: frozenset[str],
        found: dict[str, list[tuple[datetime, datetime | None]]],
    ) -> None:
        for other in self._in_bridge.get(bridge, []):
            if other.leg.id in seen:
                continue
            begin = max(start, other.start)
            finish = _earlier(end, other.end)
            if finish is not None and finish <= begin:
                continue
            if not other.leg.is_local:
                found[other.leg.id].append((begin, finish))
                continue
            pair = self.by_id.get(other.leg.local_pair)
            if pair is None or pair.id in seen:
                continue
            for next_bridge, pair_start, pair_end in pair.in_bridges:
                onward, until = max(begin, pair_start), _earlier(finish, pair_end)
                if until is None or onward < until:
                    self._reach(next_bridge, onward, until, seen=seen | {other.leg.id, pair.id}, found=found)

    def telephones_behind(self, leg_id: str) -> list[Leg]:
        """Return the leg itself, or for a Local channel the telephones that were called or joined on its far side."""
        leg = self.by_id.get(leg_id)
        if leg is None:
            return []
        if not leg.is_local:
            return [leg]
        far = self.by_id.get(leg.local_pair)
        if far is None:
            return []
        behind = {event.peer_id for event in self.dials_by.get(far.id, [])}
        behind |= {contact.leg.id for contact in self.contacts_of(far)}
        return [self.by_id[each] for each in sorted(behind) if not self.by_id[each].is_local]


def _intervals(marks: list[tuple[datetime, bool]], *, until: datetime | None) -> list[tuple[datetime, datetime | None]]:
    """Pair entering with leaving; what was never left ends with the leg."""
    result: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    for at, entered in sorted(marks, key=lambda mark: (mark[0], not mark[1])):
        if entered:
            since = since or at
        elif since is not None:
            result.append((since, at))
            since = None
    if since is not None:
        result.append((since, until))
    return result


def _earlier(first: datetime | None, second: datetime | None) -> datetime | None:
    if first is None or second is None:
        return first or second
    return min(first, second)


def _merged(spans: list[tuple[datetime, datetime | None]]) -> list[tuple[datetime, datetime | None]]:
    """Join spans that touch or overlap."""
    joined: list[tuple[datetime, datetime | None]] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        if joined:
            last_start, last_end = joined[-1]
            if last_end is None or start <= last_end:
                later = None if last_end is None or end is None else max(last_end, end)
                joined[-1] = (last_start, later)
                continue
        joined.append((start, end))
    return joined


def operator_phones(phones: Mapping[str, str]) -> frozenset[str]:
    """Return the extensions of known telephones: 101 of PJSIP/101."""
    return frozenset(interface.rpartition("/")[2] for interface in phones if "/" in interface)
