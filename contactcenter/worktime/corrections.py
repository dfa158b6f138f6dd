"""What a correction of an operator's time may say, and the events it becomes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contactcenter.worktime.events import EventInput, EventKind
from contactcenter.worktime.ledger import CONTACT_KINDS, Kind

SOURCE = "correction"
LONGEST_ASSIGNMENT = timedelta(days=1)
ASSIGNABLE = frozenset({Kind.TALK, Kind.FOCUS, Kind.WRAP, Kind.BREAK, Kind.IDLE})
"""What a correction may say that an operator's time was."""
MOST_CHANGES = 50


class BadChange(ValueError):
    """A change that cannot be made; `field` names what is wrong with it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Assign:
    """From start to end the time was of this class, account and interaction."""

    start: datetime
    end: datetime
    kind: Kind
    account_id: int | None
    interaction_id: int | None
    channel: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The event of this source_key did not happen."""

    source_key: str


@dataclass(frozen=True, slots=True)
class Bound:
    """The operator logged in (starts) or out at this instant."""

    at: datetime
    starts: bool


Change = Assign | TakeBack | Bound


def changes_of(documents: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the changes that a correction's documents mean; BadChange names the first that is wrong.

    {"do": "assign", "start", "end", "class", "account_id", "interaction_id", "channel"}, {"do": "void", "source_key"},
    {"do": "start", "at"} and {"do": "end", "at"}; instants are ISO 8601 with a zone.
    """
    if not 0 < len(documents) <= MOST_CHANGES:
        raise BadChange(f"A correction has 1 to {MOST_CHANGES} changes.", field="changes")
    return [_change(document, f"changes[{position}]") for position, document in enumerate(documents)]


def _change(document: Mapping[str, Any], where: str) -> Change:
    match document.get("do"):
        case "assign":
            return _assign(document, where)
        case "void":
            key = document.get("source_key")
            if not isinstance(key, str) or not key:
                raise BadChange("Name the event that did not happen.", field=f"{where}.source_key")
            return TakeBack(key)
        case "start" | "end" as what:
            return Bound(_instant(document, "at", where), starts=what == "start")
        case other:
            raise BadChange(f"Expected assign, void, start or end, got {other!r}.", field=f"{where}.do")


def _assign(document: Mapping[str, Any], where: str) -> Assign:
    start, end = _instant(document, "start", where), _instant(document, "end", where)
    if not start < end <= start + LONGEST_ASSIGNMENT:
        raise BadChange("The time must end after it starts, within a day.", field=f"{where}.end")
    kind = document.get("class")
    if kind not in ASSIGNABLE:
        raise BadChange(f"Time can be {', '.join(sorted(ASSIGNABLE))}.", field=f"{where}.class")
    account_id = document.get("account_id")
    if kind in CONTACT_KINDS and account_id is None:
        raise BadChange("Time on a contact needs its account.", field=f"{where}.account_id")
    return Assign(start, end, Kind(kind), account_id, document.get("interaction_id"), document.get("channel") or "")


def _instant(document: Mapping[str, Any], name: str, where: str) -> datetime:
    value = document.get(name)
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadChange("Expected an instant, ISO 8601.", field=f"{where}.{name}") from error
    if instant.tzinfo is None:
        raise BadChange("The instant has no time zone.", field=f"{where}.{name}")
    return instant


def events_of(
    *, changes: Sequence[Change], told_at: Mapping[str, datetime], serial: int, reason: str, author_id: int
) -> list[EventInput]:
    """Return the events that say these changes; `told_at` has the instant of every event taken back.

    `serial` (the correction's id) ranks assignments: the later correction lies over the earlier one.
    """
    common: dict[str, Any] = {"source": SOURCE, "reason": reason, "author_id": author_id}
    events = []
    for position, change in enumerate(changes):
        key = f"{SOURCE} {serial} {position}"
        if isinstance(change, Assign):
            data = {"class": str(change.kind), "until": change.end.isoformat(), "serial": serial}
            event = EventInput(
                kind=EventKind.TIME_ASSIGNED,
                at=change.start,
                source_key=key,
                account_id=change.account_id,
                interaction_id=change.interaction_id,
                channel=change.channel,
                subject=key,
                data=data,
                **common,
            )
        elif isinstance(change, TakeBack):
            event = EventInput(
                kind=EventKind.CORRECTION,
                at=told_at[change.source_key],
                source_key=key,
                data={"voids": change.source_key},
                **common,
            )
        else:
            kind = EventKind.SESSION_STARTED if change.starts else EventKind.SESSION_ENDED
            event = EventInput(kind=kind, at=change.at, source_key=key, **common)
        events.append(event)
    return events


def span_of(*, changes: Sequence[Change], told_at: Mapping[str, datetime]) -> tuple[datetime, datetime]:
    """Return the first and the last instant that the changes speak of."""
    instants = []
    for change in changes:
        if isinstance(change, Assign):
            instants += [change.start, change.end]
        elif isinstance(change, TakeBack):
            instants.append(told_at[change.source_key])
        else:
            instants.append(change.at)
    return min(instants), max(instants)
