"""Facts: whose and of which class every unit of an operator's session was. Pure.

Instants are whole numbers of one unit (production:
milliseconds since the epoch); intervals are half-open [start, end).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from heapq import heappop, heappush
from itertools import pairwise


class Kind(StrEnum):
    """Classes of an operator's time. The first that is active owns the moment; hold and talk are both voice."""

    HOLD = "hold"
    TALK = "talk"
    FOCUS = "focus"
    WRAP = "wrap"
    OFFER = "offer"
    BREAK = "break"
    OPEN = "open"
    IDLE = "idle"


CONTACT_KINDS = frozenset({Kind.TALK, Kind.HOLD, Kind.FOCUS, Kind.WRAP, Kind.OPEN})
"""Time spent on a contact, for occupancy: on-contact / (on-contact + idle)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Something an operator did from start to end. The same segment given twice counts once."""

    start: int
    end: int
    kind: Kind
    account: int | None = None
    interaction: int | None = None
    id: str = ""
    channel: str = ""
    reason: str = ""

    @property
    def order(self) -> tuple[int, str, int, int, int]:
        """Earliest start first, then id; the rest only makes the order total."""
        return (self.start, self.id, self.account or 0, self.interaction or 0, self.end)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several open interactions that a slice is shared among; `id` tells those without an interaction apart."""

    account: int
    interaction: int | None
    id: str = ""

    @property
    def order(self) -> tuple[int, int, str]:
        return (self.account, self.interaction or 0, self.id)


@dataclass(frozen=True, slots=True)
class Slice:
    """One piece of the session with one class. An open slice has candidates instead of an account."""

    start: int
    end: int
    kind: Kind
    account: int | None = None
    interaction: int | None = None
    channel: str = ""
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()

    @property
    def units(self) -> int:
        return self.end - self.start

    @property
    def owner(self) -> tuple[object, ...]:
        """Everything but the time; neighbours with the same owner are one slice."""
        return (self.kind, self.account, self.interaction, self.channel, self.reason, self.candidates)


def slice_session(*, start: int, end: int, segments: Iterable[Segment]) -> list[Slice]:
    """Return the slices that tile [start, end), in order of time; [] if the session is empty.

    Segments may come in any order, repeat, overlap and stick out of the session. Where several are active the class
    decides, then the earliest start, then the id; open segments do not compete, they are all candidates.
    Takes O(n log n) for n segments, plus the candidates written out. Raises ValueError if end is before start, or if an
    open segment has no account.
    """
    if end < start:
        raise ValueError(f"session: ends at {end}, before it starts at {start}")
    inside = [s for s in dict.fromkeys(segments) if s.start < end and s.end > start and s.end > s.start]
    inside.sort(key=lambda s: s.order)
    bounds = sorted({start, end, *(max(s.start, start) for s in inside), *(min(s.end, end) for s in inside)})
    heaps: dict[Kind, list[tuple[int, Segment]]] = {kind: [] for kind in Kind}
    opened: dict[int, Segment] = {}
    closing: list[tuple[int, int]] = []
    slices: list[Slice] = []
    arriving = 0
    for here, there in pairwise(bounds):
        while arriving < len(inside) and inside[arriving].start <= here:
            segment = inside[arriving]
            if segment.kind is Kind.OPEN:
                opened[arriving] = segment
                heappush(closing, (segment.end, arriving))
            else:
                heappush(heaps[segment.kind], (arriving, segment))
            arriving += 1
        while closing and closing[0][0] <= here:
            del opened[heappop(closing)[1]]
        piece = _piece(here, there, heaps, opened)
        if slices and slices[-1].owner == piece.owner:
            slices[-1] = _reach(slices[-1], there)
        else:
            slices.append(piece)
    return slices


def assign(*, slices: Sequence[Slice], assigned: Iterable[Segment]) -> list[Slice]:
    """Return the slices with the time that corrections assign put over them, later ones over earlier ones.

    They tile what they tiled before; what an assignment says of time outside of them is left out.
    """
    tiled = list(slices)
    for over in assigned:
        pieces: list[Slice] = []
        for piece in tiled:
            start, end = max(piece.start, over.start), min(piece.end, over.end)
            if start >= end:
                pieces.append(piece)
                continue
            if piece.start < start:
                pieces.append(replace(piece, end=start))
            pieces.append(Slice(start, end, over.kind, over.account, over.interaction, over.channel, over.reason))
            if end < piece.end:
                pieces.append(replace(piece, start=end))
        tiled = pieces
    merged: list[Slice] = []
    for piece in tiled:
        if merged and merged[-1].owner == piece.owner:
            merged[-1] = _reach(merged[-1], piece.end)
        else:
            merged.append(piece)
    return merged


def _piece(here: int, there: int, heaps: dict[Kind, list[tuple[int, Segment]]], opened: dict[int, Segment]) -> Slice:
    """The slice of an interval in which nothing starts or ends."""
    for kind in Kind:
        if kind is Kind.OPEN:
            if opened:
                return Slice(here, there, kind, candidates=_candidates(opened.values()))
            continue
        heap = heaps[kind]
        while heap and heap[0][1].end <= here:
            heappop(heap)
        if heap:
            first = heap[0][1]
            return Slice(here, there, kind, first.account, first.interaction, first.channel, first.reason)
    return Slice(here, there, Kind.IDLE)


def _candidates(opened: Iterable[Segment]) -> tuple[Candidate, ...]:
    found: set[Candidate] = set()
    for segment in opened:
        if segment.account is None:
            raise ValueError(f"account: the open segment {segment.id or segment.start} names none")
        found.add(Candidate(segment.account, segment.interaction, "" if segment.interaction else segment.id))
    return tuple(sorted(found, key=lambda candidate: candidate.order))


def _reach(piece: Slice, end: int) -> Slice:
    return replace(piece, end=end)
