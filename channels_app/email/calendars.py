"""Invitations (RFC 5545, 5546) in words: what, when and in which time zone, where, by whom."""

from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Component

from channels_app.email.charsets import clean

MAX_BYTES = 200_000
MAX_EVENTS = 5
MAX_CHARACTERS = 300
_HEADINGS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to the invitation",
    "COUNTER": "Other time proposed",
    "DECLINECOUNTER": "Other time declined",
    "REFRESH": "Details asked for",
    "ADD": "Invitation",
}
# what the library raises on damaged input
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)


def read_invitation(content: bytes) -> str:
    """Return the events of a calendar file in words, a line each of what is known; '' where it cannot be read."""
    if len(content) > MAX_BYTES or b"BEGIN:VEVENT" not in content.upper():
        return ""
    try:
        calendar = Calendar.from_ical(_without_zones(content).decode("utf-8", "replace"))
        heading = _HEADINGS.get(str(calendar.get("METHOD", "")).upper(), "Event")
        events = calendar.walk("VEVENT")[:MAX_EVENTS]
        return "\n\n".join(filter(None, (_event(event, heading) for event in events)))
    except _UNREADABLE:
        return ""


def _without_zones(content: bytes) -> bytes:
    """Return the calendar without its own time zone rules: a stranger's rules may repeat every second since 1601.

    Times are told by the published zone of that name, and where there is none, by the name alone.
    """
    kept = []
    inside = False
    for line in content.splitlines(keepends=True):
        word = line.strip().upper()
        inside = inside or word == b"BEGIN:VTIMEZONE"
        if not inside:
            kept.append(line)
        inside = inside and word != b"END:VTIMEZONE"
    return b"".join(kept)


def _event(event: Component, heading: str) -> str:
    title = _text(event.get("SUMMARY"))
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        heading = "Cancelled"
    lines = [f"{heading}: {title}" if title else heading]
    lines += [f"{name}: {value}" for name, value in _facts(event, heading) if value]
    return "\n".join(lines)


def _facts(event: Component, heading: str) -> list[tuple[str, str]]:
    rule = event.get("RRULE")
    facts = [
        ("When", _when(event)),
        ("Repeats", rule.to_ical().decode("utf-8", "replace")[:MAX_CHARACTERS] if hasattr(rule, "to_ical") else ""),
        ("Where", _text(event.get("LOCATION"))),
        ("Organiser", _person(event.get("ORGANIZER"))),
    ]
    if heading == _HEADINGS["REPLY"]:
        attendees = event.get("ATTENDEE") or []
        for attendee in attendees if isinstance(attendees, list) else [attendees]:
            answer = str(attendee.params.get("PARTSTAT", "")).lower()
            facts.append((answer.capitalize() or "Answer", _person(attendee)))
    return facts[:10]


def _when(event: Component) -> str:
    start_property = event.get("DTSTART")
    if start_property is None:
        return ""
    start = start_property.dt
    end = _end(event, start)
    if not isinstance(start, datetime):
        last = end - timedelta(days=1) if end is not None and end > start else start
        return str(start) if last <= start else f"{start} – {last}"
    zone = _zone(start_property, start)
    words = f"{start:%Y-%m-%d %H:%M}"
    if isinstance(end, datetime):
        if start.tzinfo and end.tzinfo:
            end = end.astimezone(start.tzinfo)
        words += f" – {end:%H:%M}" if end.date() == start.date() else f" – {end:%Y-%m-%d %H:%M}"
    return f"{words} ({zone})"


def _end(event: Component, start: date) -> Any:
    if event.get("DTEND") is not None:
        return event.get("DTEND").dt
    if event.get("DURATION") is not None:
        return start + event.get("DURATION").dt
    return None


def _zone(start_property: Any, start: datetime) -> str:
    offset = start.utcoffset()
    name = _text(start_property.params.get("TZID"))
    if offset is None:
        return name or "no time zone given"
    minutes = int(offset.total_seconds()) // 60
    offset_words = f"UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return f"{name}, {offset_words}" if name and name != "UTC" else "UTC" if minutes == 0 else offset_words


def _person(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None:
        return ""
    address = _text(value).removeprefix("mailto:").removeprefix("MAILTO:")
    name = _text(value.params.get("CN"))
    return f"{name} <{address}>" if name and name != address else address


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return " ".join(clean(str(value)).split())[:MAX_CHARACTERS] if value is not None else ""
