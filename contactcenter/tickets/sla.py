"""How the clocks of a ticket stand (first reply, next reply, resolution). Pure: values in, values out, no clock.

A clock runs in business time. It stands while the ticket waits for the contact, is on hold, or is put away until an
instant. It ends when what it counts down to has happened, and is breached when its time ran out before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from contactcenter.kernel.business_time import Hours, add_business_time, business_time_between

FIRST_REPLY: Final = "first_reply"
NEXT_REPLY: Final = "next_reply"
RESOLUTION: Final = "resolution"

STANDING: Final = frozenset({"pending"})
"""Statuses in which the next word is the contact's: every clock stands."""
ENDED: Final = frozenset({"solved", "closed"})
FAR: Final = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What has happened on a ticket. Instants are None where nothing of the kind has.

    `unanswered_since`: the first message of the contact after the last reply. `stands`: on hold or put away;
    `resumed_at`: that this has just ended, and when.
    """

    status: str
    opened_at: datetime
    solved_at: datetime | None = None
    first_message_at: datetime | None = None
    first_reply_at: datetime | None = None
    unanswered_since: datetime | None = None
    last_reply_at: datetime | None = None
    stands: bool = False
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One promise. It has run `elapsed` and runs on since `running_since`; `due_at` while it runs.

    `met_at`: when what was promised happened, or ceased to matter. `breached_at`: when its time ran out.
    """

    kind: str
    target: timedelta
    started_at: datetime
    elapsed: timedelta = timedelta(0)
    running_since: datetime | None = None
    due_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None


def keep_clocks(
    clocks: Iterable[Clock], *, facts: Facts, targets: Mapping[str, timedelta], hours: Hours | None, at: datetime
) -> list[Clock]:
    """Return the clocks as they stand at `at`, given what has happened and what is promised now.

    Ended clocks stay as they are, save the resolution's, which runs on when a solved ticket is opened again. Without a
    target an open clock is dropped. Doing it twice changes nothing.
    """
    kept: list[Clock] = []
    open_clocks: dict[str, Clock] = {}
    for clock in clocks:
        if clock.met_at is None:
            open_clocks[clock.kind] = clock
        elif clock.kind == RESOLUTION and facts.status not in ENDED and RESOLUTION in targets:
            open_clocks[RESOLUTION] = replace(clock, met_at=None)
        else:
            kept.append(clock)
    ended = {clock.kind for clock in kept}
    for kind, started_at, met_at in _promises(facts, ended=ended, running=open_clocks.get(NEXT_REPLY)):
        clock = open_clocks.get(kind) or _new(kind=kind, at=started_at)
        if kind in targets:
            kept.append(_kept(replace(clock, target=targets[kind]), facts=facts, met_at=met_at, hours=hours, at=at))
    return sorted(kept, key=lambda clock: (clock.started_at, clock.kind))


def _promises(
    facts: Facts, *, ended: Collection[str], running: Clock | None
) -> list[tuple[str, datetime, datetime | None]]:
    """Return (kind, started at, met at) of every clock that is open or ends now."""
    found: list[tuple[str, datetime, datetime | None]] = []
    gone_at = facts.solved_at if facts.status in ENDED else None
    if facts.first_message_at is not None and FIRST_REPLY not in ended:
        found.append((FIRST_REPLY, facts.first_message_at, facts.first_reply_at or gone_at))
    if running is not None:
        answered = facts.last_reply_at is not None and facts.last_reply_at >= running.started_at
        found.append((NEXT_REPLY, running.started_at, facts.last_reply_at if answered else gone_at))
    elif facts.unanswered_since is not None and facts.first_reply_at is not None and gone_at is None:
        found.append((NEXT_REPLY, facts.unanswered_since, None))
    if RESOLUTION not in ended:
        found.append((RESOLUTION, facts.opened_at, gone_at))
    return found


def _new(*, kind: str, at: datetime) -> Clock:
    """A clock that runs since what it began with, whenever somebody looks."""
    return Clock(kind=kind, target=timedelta(0), started_at=at, running_since=at)


def _kept(clock: Clock, *, facts: Facts, met_at: datetime | None, hours: Hours | None, at: datetime) -> Clock:
    if met_at is not None:
        return replace(_stopped(clock, hours=hours, at=met_at), met_at=met_at)
    if facts.status in STANDING or facts.stands:
        return _stopped(clock, hours=hours, at=at)
    if clock.running_since is None:
        # a word of the contact sets a standing clock going, whenever somebody looks; not one from before a hold
        resumed = facts.resumed_at or min(facts.unanswered_since or at, at)
        clock = replace(clock, running_since=max(resumed, clock.started_at))
    return _checked(_due(clock, hours=hours), at=at)


def _stopped(clock: Clock, *, hours: Hours | None, at: datetime) -> Clock:
    """The clock once it stands: what it ran is added up, and a breach on the way noted."""
    if clock.running_since is None:
        return clock
    elapsed = clock.elapsed + business_time_between(hours, start=clock.running_since, end=at)
    breached_at = _due(clock, hours=hours).due_at if elapsed > clock.target else None
    return replace(clock, elapsed=elapsed, running_since=None, due_at=None, breached_at=breached_at)


def _due(clock: Clock, *, hours: Hours | None) -> Clock:
    assert clock.running_since is not None  # noqa: S101  the caller has set it going
    due_at = add_business_time(hours, at=clock.running_since, amount=clock.target - clock.elapsed)
    # hours that never come leave the promise open
    return replace(clock, due_at=due_at or clock.running_since + FAR)


def _checked(clock: Clock, *, at: datetime) -> Clock:
    assert clock.due_at is not None  # noqa: S101  the caller has set it
    overdue = clock.due_at < at or clock.elapsed > clock.target
    return replace(clock, breached_at=(clock.breached_at or clock.due_at) if overdue else None)


def next_due(clocks: Iterable[Clock]) -> Clock | None:
    """The running clock that is due first; the kind settles equal instants."""
    running = [clock for clock in clocks if clock.due_at is not None]
    return min(running, key=lambda clock: (clock.due_at, clock.kind), default=None)
