"""Reading what providers send: JSON whose every field may be missing or of another type. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels_app.contract import AdapterError
from channels_app.email.charsets import clean
from channels_app.webhook import MalformedWebhook

# 9999-12-31, the last instant that Python and PostgreSQL both can say
LAST_S = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON object; what is missing or of another type reads as '', None or an empty object."""

    data: Mapping[str, Any]

    def __bool__(self) -> bool:
        return bool(self.data)

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null."""
        return self.data.get(name) is not None

    def text(self, name: str) -> str:
        """Return the field as clean text; numbers count as text (ids come as either)."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return ""
        return clean(str(value))

    def number(self, name: str) -> int | None:
        """Return the field as a whole number."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        try:
            return int(value)
        except ValueError:
            return None

    def child(self, name: str) -> "Payload":
        """Return the object in the field."""
        value = self.data.get(name)
        return Payload(value if isinstance(value, dict) else {})

    def children(self, name: str) -> "list[Payload]":
        """Return the objects of the list in the field."""
        value = self.data.get(name)
        return [Payload(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def at(self, name: str, *, default: datetime, per_second: int = 1) -> datetime:
        """Return the instant in the field, counted from 1970 in 1/`per_second` s; `default` where it makes no sense."""
        count = self.number(name)
        if count is None or not 0 < count // per_second <= LAST_S:
            return default
        seconds, rest = divmod(count, per_second)
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest * 1_000_000 // per_second)

    def position(self, latitude: str, longitude: str) -> str:
        """Return a place as a geo URI of RFC 5870 with six decimals, or ''."""
        found = self.data.get(latitude), self.data.get(longitude)
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in found):
            return ""
        north, east = float(found[0] or 0), float(found[1] or 0)
        return f"geo:{north:.6f},{east:.6f}" if abs(north) <= 90 and abs(east) <= 180 else ""


def read_request(body: bytes) -> Payload:
    """Return the JSON object of a webhook's body, or raise MalformedWebhook."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedWebhook("body: expected JSON.") from None
    if not isinstance(value, dict):
        raise MalformedWebhook("body: expected a JSON object.")
    return Payload(value)


def read_event(raw: bytes) -> Payload:
    """Return the JSON object of a stored event; what is none can never be translated."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise AdapterError(f"The event is no JSON: {error}"[:200], permanent=True) from error
    if not isinstance(value, dict):
        raise AdapterError("The event is no JSON object.", permanent=True)
    return Payload(value)


def written(value: Payload) -> bytes:
    """Return the object as the bytes of a receipt."""
    return json.dumps(value.data, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def joined(*lines: str) -> str:
    """Return the lines that say something, one below the other."""
    return "\n".join(line for line in lines if line)
