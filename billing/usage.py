"""One contact, or a stretch of an account's time, as the engine sees it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from billing.terms import TimeClass

MS = timedelta(milliseconds=1)


class Span(NamedTuple):
    """Where a class of a contact's time lies: it began offset_ms after the contact's start (before it, below zero) and
    lasted length_ms, of which ms are the contact's: fewer where the stretch was shared.
    """

    time_class: str
    offset_ms: int
    length_ms: int
    ms: int


class Usage(NamedTuple):
    """When it began (aware), how it came, whole milliseconds of each class of time, and what was counted.

    channel "" is time that belongs to no contact: an account's share of waiting, its operator hours, callers who never
    left the menu. spans say where the time lies; without them it is laid end to end from the start.
    """

    id: str
    started_at: datetime
    channel: str
    direction: str
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_ms: int = 0
    focus_ms: int = 0
    open_ms: int = 0
    patched_ms: int = 0
    ivr_ms: int = 0
    idle_ms: int = 0
    operator_ms: int = 0
    interpreter_ms: int = 0
    messages: int = 0
    segments: int = 0
    orders: int = 0
    language: str = ""
    queue: str = ""
    campaign: str = ""
    spans: tuple[Span, ...] = ()
    label: str = ""

    def ms_by_class(self) -> dict[TimeClass, int]:
        """The recorded time by class, zero classes included."""
        values: tuple[Any, ...] = self[FIRST_CLASS : FIRST_CLASS + len(TimeClass)]
        return dict(zip(TimeClass, values, strict=True))


FIRST_CLASS = Usage._fields.index("talk_ms")
CLASS_FIELDS = {time_class: Usage._fields.index(f"{time_class}_ms") for time_class in TimeClass}
"""The place of each class in a Usage."""
FACTS = tuple(name for name in Usage._fields if name != "label")
"""What a contact is rated by, in the order of Usage; the label is for people. Rows and files hold these."""


def usage_from_row(row: Sequence[Any]) -> Usage:
    """Turn a row of FACTS, spans as JSON holds them, into what the engine rates."""
    return Usage._make((str(row[0]), *row[1:-1], spans_from(row[-1]), ""))


def spans_from(rows: Iterable[Sequence[Any]]) -> tuple[Span, ...]:
    """Read spans from lists of their four values."""
    return tuple(Span(*row) for row in rows)


def told_spans(*, spans: Iterable[Span]) -> list[list[Any]]:
    """Write spans as JSON holds them."""
    return [list(span) for span in spans]


class UsageConflict(ValueError):
    """Two contacts of different content carry the same id."""


def in_order(*, usage: Iterable[Usage]) -> list[Usage]:
    """Return each contact once, by start and id; UsageConflict where one id stands for two different contacts."""
    seen: dict[str, Usage] = {}
    for contact in usage:
        known = seen.setdefault(contact.id, contact)
        if known != contact:
            raise UsageConflict(f"the id {contact.id!r} stands for two different contacts")
    return sorted(seen.values(), key=lambda contact: (contact.started_at, contact.id))
