"""One contact, or a stretch of an account's time, as the engine sees it. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from billing.terms import TimeClass


class Usage(NamedTuple):
    """When it began (aware), how it came, whole milliseconds of each class of time, and what was counted.

    channel "" is time that belongs to no contact: an account's share of waiting, booked operator hours.
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
    messages: int = 0
    segments: int = 0
    orders: int = 0
    language: str = ""
    queue: str = ""
    campaign: str = ""
    label: str = ""

    def ms_by_class(self) -> dict[TimeClass, int]:
        """The recorded time by class, zero classes included."""
        values: tuple[Any, ...] = self[FIRST_CLASS : FIRST_CLASS + len(TimeClass)]
        return dict(zip(TimeClass, values, strict=True))


FIRST_CLASS = Usage._fields.index("talk_ms")
CLASS_FIELDS = {time_class: Usage._fields.index(f"{time_class}_ms") for time_class in TimeClass}
"""The place of each class in a Usage."""


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
