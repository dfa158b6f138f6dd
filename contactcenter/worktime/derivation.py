"""What the ledger should say about a stretch of an operator's time, and how it differs from what it says. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contactcenter.worktime.ledger import Segment, Slice, assign, slice_session
from contactcenter.worktime.segments import SILENCE, Event, Stay, assigned_of, segments_of, standing, stays_of


@dataclass(frozen=True, slots=True)
class DerivedSession:
    """A session with the slices that tile it up to `until` (its end, or now while it runs)."""

    stay: Stay
    until: int
    slices: list[Slice]


@dataclass(frozen=True, slots=True)
class Change:
    """How the slices of one session change: ids to supersede, positions in the new list to insert.

    `extends`: nothing settled has changed; only the growing last slice (`tail`, its id) is replaced or new ones follow.
    """

    kept: Mapping[int, int]
    gone: list[int]
    new: list[int]
    extends: bool
    tail: int | None

    @property
    def is_empty(self) -> bool:
        return not self.gone and not self.new


@dataclass(frozen=True, slots=True)
class Stretch:
    """What lies between two long silences: the events, what they amount to, and the sessions they make."""

    events: list[Event]
    segments: list[Segment]
    stays: list[Stay]
    sessions: list[DerivedSession]


def derive(*, events: Iterable[Event], until: int) -> list[DerivedSession]:
    """Return the sessions that these events make, with their slices; nothing after `until` counts.

    What lies between two long silences is derived by itself, so that it makes no difference how much of an operator's
    time is looked at, as long as no such stretch is cut.
    """
    return [session for stretch in derive_stretches(events=events, until=until) for session in stretch.sessions]


def derive_stretches(*, events: Iterable[Event], until: int) -> Iterator[Stretch]:
    """Yield every stretch of these events with its sessions, in order of time."""
    for known in _between_silences(standing(events)):
        segments = segments_of(events=known, until=until)
        assigned = assigned_of(events=known, until=until)
        stays = stays_of(events=known, segments=segments + assigned, until=until)
        sessions = []
        for stay, within in _by_stay(segments, stays, until):
            end = until if stay.end is None else stay.end
            slices = slice_session(start=stay.start, end=end, segments=within)
            sessions.append(DerivedSession(stay, end, assign(slices=slices, assigned=assigned) if assigned else slices))
        yield Stretch(known, segments, stays, sessions)


def _between_silences(events: Sequence[Event]) -> Iterable[list[Event]]:
    stretch: list[Event] = []
    for event in events:
        if stretch and event.at - stretch[-1].at >= SILENCE:
            yield stretch
            stretch = []
        stretch.append(event)
    if stretch:
        yield stretch


def compare(*, stored: Sequence[tuple[int, Slice]], wanted: Sequence[Slice], growing_end: int | None) -> Change:
    """Return how to turn the stored slices (id, facts) into the wanted ones.

    `growing_end` is the instant up to which a session that was running had been derived: a stored slice that ends there
    was still growing and is no settled fact.
    """
    ids = {piece: id for id, piece in stored}
    kept = {position: ids[piece] for position, piece in enumerate(wanted) if piece in ids}
    keeping = set(kept.values())
    gone = [id for id, _ in stored if id not in keeping]
    new = [position for position in range(len(wanted)) if position not in kept]
    tail = next((id for id, piece in stored if piece.end == growing_end), None)
    is_prefix = all(position < len(kept) for position in kept)
    return Change(kept, gone, new, extends=is_prefix and set(gone) <= {tail}, tail=tail)


def _by_stay(segments: Sequence[Segment], stays: Sequence[Stay], until: int) -> Iterable[tuple[Stay, list[Segment]]]:
    """Each stay with the segments that reach into it; both lists are walked once."""
    waiting = sorted(segments, key=lambda segment: segment.start)
    active: list[Segment] = []
    arriving = 0
    for stay in stays:
        end = until if stay.end is None else stay.end
        while arriving < len(waiting) and waiting[arriving].start < end:
            active.append(waiting[arriving])
            arriving += 1
        active = [segment for segment in active if segment.end > stay.start]
        yield stay, active
