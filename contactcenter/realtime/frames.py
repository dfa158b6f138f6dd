"""What a console may say over its socket, decoded and checked. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

MAX_FRAME_BYTES: Final = 16 * 1024
"""Larger frames are refused; the server drops the connection itself above 64 KB (uvicorn --ws-max-size)."""


MAX_IDLE_MS: Final = 90_000
"""Activity that is longer ago keeps no focus (the ledger's rule)."""


class BadFrame(Exception):
    """The frame is not one of the protocol; the message says why."""


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life."""


@dataclass(frozen=True, slots=True)
class Focus:
    """A ticket is on screen with activity, the last one `idle_ms` ago, or no longer."""

    ticket_id: int
    active: bool
    idle_ms: int = 0


@dataclass(frozen=True, slots=True)
class Typing:
    """The operator is writing to the contact of a ticket."""

    ticket_id: int


@dataclass(frozen=True, slots=True)
class View:
    """The console shows this ticket, or none; nobody's time is counted by it."""

    ticket_id: int | None


Frame = Ping | Focus | Typing | View


def decode(text: str) -> Frame:
    """Return the frame; BadFrame names what is wrong with it."""
    if len(text.encode()) > MAX_FRAME_BYTES:
        raise BadFrame(f"A frame has at most {MAX_FRAME_BYTES} bytes.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("A frame is a JSON object.") from error
    if not isinstance(data, dict):
        raise BadFrame("A frame is a JSON object.")
    match data.get("type"):
        case "ping":
            return Ping()
        case "focus":
            return Focus(_ticket_id(data), _boolean(data, "active"), _idle_ms(data))
        case "typing":
            return Typing(_ticket_id(data))
        case "view":
            return View(None if data.get("ticket_id") is None else _ticket_id(data))
        case _:
            raise BadFrame("type: expected ping, focus, typing or view.")


def _ticket_id(data: dict[str, Any]) -> int:
    value = data.get("ticket_id")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise BadFrame("ticket_id: expected the number of a ticket.")
    return value


def _idle_ms(data: dict[str, Any]) -> int:
    value = data.get("idle_ms", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_IDLE_MS:
        raise BadFrame(f"idle_ms: expected whole milliseconds, 0 to {MAX_IDLE_MS}.")
    return value


def _boolean(data: dict[str, Any], name: str) -> bool:
    value = data.get(name)
    if not isinstance(value, bool):
        raise BadFrame(f"{name}: expected true or false.")
    return value
