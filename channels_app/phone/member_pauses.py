"""Pauses of queue members, both ways, without an echo: what we told the telephone system comes back as its event. Pure.

One person may be a member under several interfaces (PJSIP/103, Local/103@agents/n) and of several queues; a pause
counts for the person. What was told an interface is expected back for a while and then not taken for news.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels_app.phone.asterisk_ami import ami_headers
from channels_app.phone.asterisk_ami_events import Unreadable
from channels_app.phone.frames import Frame

ECHO_WITHIN = timedelta(seconds=5)

_MEMBER_EVENTS = frozenset({"QueueMember", "QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseWish:
    """Whether an operator is to be paused, and why."""

    operator_id: int
    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseTold:
    """A person paused or unpaused at the telephone; the names by which they may be known."""

    names: tuple[str, ...]
    paused: bool
    reason: str


@dataclass(slots=True)
class MemberPauses:
    """What is known of the members of one telephone system's queues since the last login."""

    _interfaces: dict[str, set[str]] = field(default_factory=dict)
    _paused: dict[tuple[str, str], bool] = field(default_factory=dict)
    _told: dict[tuple[str, bool], datetime] = field(default_factory=dict)

    def forget(self) -> None:
        """A new connection tells everything anew."""
        self._interfaces.clear()
        self._paused.clear()
        self._told.clear()

    def take(self, frames: Iterable[Frame], *, at: datetime) -> list[PauseTold]:
        """Note what frames tell of members; returns the pauses and unpauses that somebody made at the telephone."""
        news = []
        for frame in frames:
            if b"Event: QueueMember" not in frame.raw:
                continue
            try:
                headers = ami_headers(frame.raw)
            except Unreadable:
                continue
            if headers.get("Event") in _MEMBER_EVENTS:
                told = self._take(headers, at=at)
                if told is not None:
                    news.append(told)
        return news

    def to_tell(self, wish: PauseWish, *, interfaces: Iterable[str], at: datetime) -> list[str]:
        """Return the members' interfaces to pause or unpause, and expect the echo; those already so are left alone.

        `interfaces` are the telephones and names by which the operator is known.
        """
        known: set[str] = set()
        for name in interfaces:
            known |= self._interfaces.get(name, set())
        asked = []
        for interface in sorted(known):
            states = [paused for (member, _), paused in self._paused.items() if member == interface]
            if any(paused is not wish.paused for paused in states):
                self._told[interface, wish.paused] = at
                asked.append(interface)
        return asked

    def _take(self, headers: Mapping[str, str], *, at: datetime) -> PauseTold | None:
        interface = headers.get("Interface") or headers.get("Location") or ""
        name = headers.get("MemberName") or headers.get("Name") or ""
        state = headers.get("StateInterface", "")
        if not interface or headers.get("Paused") not in {"0", "1"}:
            return None
        for known_as in {interface, state, name} - {""}:
            self._interfaces.setdefault(known_as, set()).add(interface)
        paused = headers["Paused"] == "1"
        place = (interface, headers.get("Queue", ""))
        before = self._paused.get(place)
        self._paused[place] = paused
        if headers["Event"] != "QueueMemberPause" or before is paused:
            return None
        told_at = self._told.get((interface, paused))
        if told_at is not None and at - told_at <= ECHO_WITHIN:
            return None
        return PauseTold(names=(name, state, interface), paused=paused, reason=headers.get("PausedReason", ""))
