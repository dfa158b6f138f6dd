"""From events to what the operator was doing (segments) and when they were there (stays). Pure.

Both depend on the set of events only: order of arrival and repetition make no difference. Instants are whole
milliseconds.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contactcenter.worktime.events import EventKind
from contactcenter.worktime.ledger import Kind, Segment

SECOND = 1000
HOUR = 3600 * SECOND

FOCUS_LASTS = 90 * SECOND
"""A ticket on screen counts as long as the last activity is not older (the specification's 90 s)."""
LAPSE = 4 * HOUR
"""A new log-in after so long a silence means that the log-out before it got lost."""
SILENCE = 16 * HOUR
"""Nobody stays longer without a single event: the session ended with the last one."""
LONGEST: Mapping[Kind, int] = {
    Kind.TALK: 4 * HOUR,
    Kind.HOLD: 4 * HOUR,
    Kind.WRAP: HOUR,
    Kind.OFFER: HOUR // 6,
    Kind.OPEN: 24 * HOUR,
}
"""What has not ended after so long never will (a channel that got stuck, a lost log line)."""
UNPROVEN = frozenset({Kind.TALK, Kind.HOLD, Kind.WRAP})
"""Of these nothing counts once they are past LONGEST: nobody is to pay for time that nothing proves."""

LEFT = frozenset({EventKind.CALL_ENDED, EventKind.CALL_PATCHED})
"""The operator is no longer on the call; after a patch it goes on without them."""
CONSULT, DISPATCH = "consult", "dispatch"
"""Reasons of talk that is not with the contact."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Which events begin and end a class of time; `reason` tells talk with others from talk with the contact."""

    kind: Kind
    starting: EventKind
    ending: frozenset[EventKind]
    reason: str = ""


PAIRS = (
    Pair(Kind.TALK, EventKind.CALL_TALK_STARTED, LEFT),
    Pair(Kind.HOLD, EventKind.CALL_HOLD_STARTED, LEFT | {EventKind.CALL_HOLD_ENDED}),
    Pair(Kind.TALK, EventKind.CALL_CONSULT_STARTED, LEFT | {EventKind.CALL_CONSULT_ENDED}, CONSULT),
    Pair(
        Kind.TALK,
        EventKind.CALL_DISPATCH_STARTED,
        frozenset({EventKind.CALL_DISPATCH_ENDED, EventKind.CALL_PATCHED}),
        DISPATCH,
    ),
    Pair(Kind.WRAP, EventKind.WRAP_STARTED, frozenset({EventKind.WRAP_ENDED})),
    Pair(Kind.OFFER, EventKind.OFFER_MADE, frozenset({EventKind.OFFER_ENDED})),
    Pair(Kind.OPEN, EventKind.CHAT_OPENED, frozenset({EventKind.CHAT_CLOSED})),
)
VOICE = frozenset({Kind.TALK, Kind.HOLD})
WORK = frozenset({Kind.TALK, Kind.HOLD, Kind.FOCUS, Kind.WRAP})
"""What counts even without a log-in."""
_RANK = {kind: rank for rank, kind in enumerate(EventKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One recorded event; `key` is its source_key, `voids` the source_key a correction takes back.

    `told_at` is when it was recorded. Of an assignment of time `until` is its end, `assigns` its class and `serial` its
    rank: the highest wins.
    """

    at: int
    kind: EventKind
    key: str
    subject: str = ""
    account: int | None = None
    interaction: int | None = None
    channel: str = ""
    reason: str = ""
    voids: str = ""
    until: int = 0
    assigns: Kind | None = None
    serial: int = 0
    told_at: int | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """One session: [start, end), end None while it runs; `rule` says why it ended."""

    start: int
    end: int | None
    rule: str


def standing(events: Iterable[Event]) -> list[Event]:
    """Return the events that no correction has taken back, in order of time; a correction can itself be taken back."""
    unique = {event.key: event for event in events}
    takers: dict[str, list[str]] = defaultdict(list)
    for event in unique.values():
        if event.kind is EventKind.CORRECTION:
            takers[event.voids].append(event.key)
    void: dict[str, bool] = {}

    def is_void(key: str) -> bool:
        if key not in void:
            void[key] = False
            void[key] = any(not is_void(taker) for taker in takers.get(key, ()))
        return void[key]

    kept = [e for e in unique.values() if e.kind is not EventKind.CORRECTION and not is_void(e.key)]
    return sorted(kept, key=lambda event: (event.at, _RANK[event.kind], event.key))


def segments_of(*, events: Sequence[Event], until: int) -> list[Segment]:
    """Return what the operator did, from standing events, nothing after `until`.

    Unpaired ends are ignored, a repeated start goes on with the first. What has not ended runs until now, a stuck call
    until the next one; past LONGEST it is given up, and comes back if its end is told after all.
    """
    known = [event for event in events if event.at <= until]
    by_kind: dict[EventKind, list[Event]] = defaultdict(list)
    for event in known:
        by_kind[event.kind].append(event)
    segments: list[Segment] = []
    with_contact: list[tuple[str, Segment]] = []
    with_others: dict[str, list[Segment]] = defaultdict(list)
    for subject, segment, _ in _pairs(by_kind, until):
        if segment.reason:
            with_others[subject].append(segment)
            segments.append(segment)
        elif segment.kind in VOICE:
            with_contact.append((subject, segment))
        else:
            segments.append(segment)
    for subject, segment in with_contact:
        segments += without(segment, with_others.get(subject, []))
    segments += _focused(by_kind[EventKind.FOCUS_STARTED] + by_kind[EventKind.FOCUS_ENDED], until)
    segments += _breaks(known, until)
    return [segment for segment in segments if segment.end > segment.start]


def given_up(*, events: Sequence[Event], until: int) -> list[tuple[Segment, str]]:
    """Return what has no end and was ended by rule before `until`, each with its subject."""
    by_kind: dict[EventKind, list[Event]] = defaultdict(list)
    for event in events:
        if event.at <= until:
            by_kind[event.kind].append(event)
    return [(segment, subject) for subject, segment, told in _pairs(by_kind, until) if not told and segment.end < until]


def _pairs(by_kind: Mapping[EventKind, list[Event]], until: int) -> Iterator[tuple[str, Segment, bool]]:
    """Everything that begins and ends: its subject, its time, and whether its end was told."""
    for pair in PAIRS:
        starts = _by_subject(by_kind.get(pair.starting, []))
        ends = _by_subject(e for name in pair.ending for e in by_kind.get(name, []))
        first_starts = sorted(event.at for event in by_kind.get(pair.starting, []))
        for subject, begun in starts.items():
            for first, told in _paired(begun, sorted(event.at for event in ends.get(subject, []))):
                end = _presumed_end(pair.kind, first, first_starts, until) if told is None else told
                yield subject, _segment(pair.kind, first, end, reason=pair.reason), told is not None


def stays_of(*, events: Sequence[Event], segments: Sequence[Segment], until: int) -> list[Stay]:
    """Return the sessions, in order, without overlap: log-in to log-out, and work done without a log-in.

    Work outside every log-in (a call taken on a telephone) is a session just as long as the work, so that no worked
    millisecond is lost. A log-out that never came is replaced by the last event (LAPSE, SILENCE).
    """
    known = [event for event in events if event.at <= until]
    stays: list[Stay] = []
    start: int | None = None
    last = 0
    for event in known:
        if start is not None and event.at - last >= SILENCE:
            stays.append(Stay(start, last, "silence"))
            start = None
        if event.kind is EventKind.SESSION_STARTED:
            if start is not None and event.at - last >= LAPSE:
                stays.append(Stay(start, last, "lapse"))
                start = None
            start = event.at if start is None else start
        elif event.kind is EventKind.SESSION_ENDED and start is not None:
            stays.append(Stay(start, event.at, "ended"))
            start = None
        last = event.at
    if start is not None:
        stays.append(Stay(start, last, "silence") if until - last >= SILENCE else Stay(start, None, ""))
    stays += _unattended(segments, stays, until)
    return sorted((stay for stay in stays if stay.end is None or stay.end > stay.start), key=lambda stay: stay.start)


def assigned_of(*, events: Iterable[Event], until: int) -> list[Segment]:
    """Return the time that approved corrections assign, the strongest last; nothing after `until`."""
    found = [event for event in events if event.kind is EventKind.TIME_ASSIGNED and event.assigns is not None]
    found.sort(key=lambda event: (event.serial, event.key))
    segments = [
        _segment(event.assigns, event, min(event.until, until), reason=event.reason)
        for event in found
        if event.assigns is not None
    ]
    return [segment for segment in segments if segment.end > segment.start]


def _by_subject(events: Iterable[Event]) -> dict[str, list[Event]]:
    grouped: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        grouped[event.subject].append(event)
    return grouped


def _paired(starts: Sequence[Event], ends: Sequence[int]) -> list[tuple[Event, int | None]]:
    """Starts with their ends. At one and the same instant a running one ends first, an idle one starts first."""
    first_at: dict[int, Event] = {}
    for event in starts:
        first_at.setdefault(event.at, event)
    ending = set(ends)
    pairs: list[tuple[Event, int | None]] = []
    running: Event | None = None
    for at in sorted(first_at.keys() | ending):
        if running is None:
            running = first_at.get(at)
            if running is not None and at in ending:
                running = None
        elif at in ending:
            pairs.append((running, at))
            running = first_at.get(at)
    if running is not None:
        pairs.append((running, None))
    return pairs


def _presumed_end(kind: Kind, first: Event, starts: Sequence[int], until: int) -> int:
    longest = first.at + LONGEST[kind]
    later = bisect_right(starts, first.at) if kind is Kind.TALK else len(starts)
    following = starts[later] if later < len(starts) else longest
    if kind in UNPROVEN and following >= longest and until >= longest:
        return first.at
    return min(following, longest, until)


def _focused(events: Iterable[Event], until: int) -> list[Segment]:
    """Focus is on one ticket at a time; it lapses FOCUS_LASTS after the last activity, or with the next ticket."""
    segments: list[Segment] = []
    current: Event | None = None
    alive = 0
    for event in sorted(events, key=lambda e: (e.at, e.kind is not EventKind.FOCUS_ENDED, e.key)):
        same = current is not None and current.subject == event.subject
        if event.kind is EventKind.FOCUS_STARTED and same and event.at <= alive:
            alive = event.at + FOCUS_LASTS
            continue
        if event.kind is EventKind.FOCUS_ENDED and not same:
            continue
        if current is not None:
            segments.append(_segment(Kind.FOCUS, current, min(alive, event.at)))
        current = event if event.kind is EventKind.FOCUS_STARTED else None
        alive = event.at + FOCUS_LASTS
    if current is not None:
        segments.append(_segment(Kind.FOCUS, current, min(alive, until)))
    return segments


def _breaks(events: Iterable[Event], until: int) -> list[Segment]:
    """A break lasts until the next word on presence."""
    presence = {
        EventKind.SESSION_STARTED,
        EventKind.SESSION_ENDED,
        EventKind.PRESENCE_AVAILABLE,
        EventKind.PRESENCE_BREAK,
    }
    segments: list[Segment] = []
    current: Event | None = None
    for event in events:
        if event.kind not in presence:
            continue
        if current is not None:
            segments.append(_segment(Kind.BREAK, current, event.at))
        current = event if event.kind is EventKind.PRESENCE_BREAK else None
    if current is not None:
        segments.append(_segment(Kind.BREAK, current, until))
    return segments


def _unattended(segments: Iterable[Segment], stays: Sequence[Stay], until: int) -> list[Stay]:
    """Sessions for the work that no log-in covers."""
    covered = sorted((stay.start, until if stay.end is None else stay.end) for stay in stays)
    work = sorted((segment.start, segment.end) for segment in segments if segment.kind in WORK)
    united: list[tuple[int, int]] = []
    for start, end in work:
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    found: list[Stay] = []
    index = 0
    for start, end in united:
        while index < len(covered) and covered[index][1] <= start:
            index += 1
        here = index
        while start < end:
            busy_from, busy_until = covered[here] if here < len(covered) else (end, end)
            if start < busy_from:
                piece = min(end, busy_from)
                found.append(Stay(start, None if piece == until else piece, "" if piece == until else "work"))
            start = max(start, busy_until)
            here += 1
    return found


def without(segment: Segment, others: Iterable[Segment]) -> list[Segment]:
    """The parts of a call's talk or hold in which the operator was not speaking with somebody else about it."""
    pieces = []
    start = segment.start
    for other in sorted(others, key=lambda other: other.start):
        if other.start >= segment.end:
            break
        if other.end > start:
            if other.start > start:
                pieces.append(replace(segment, start=start, end=other.start))
            start = other.end
    if start < segment.end:
        pieces.append(replace(segment, start=start))
    return pieces


def _segment(kind: Kind, first: Event, end: int, *, reason: str = "") -> Segment:
    return Segment(
        start=first.at,
        end=end,
        kind=kind,
        account=first.account,
        interaction=first.interaction,
        id=first.key,
        channel=first.channel,
        reason=first.reason if kind is Kind.BREAK else reason,
    )
