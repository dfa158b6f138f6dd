"""The frames of a chat socket: JSON text both ways. Pure; the other side is frontend/widget/chat.ts.

Visitor > server
    hello {session?, token?, language?, name?}   first; session and token of an earlier visit give its history
    message {uuid, text}                         uuid is the idempotency key
    typing {} · seen {id} · leave {} · ping {}
Server > visitor
    welcome {session, token, state, history}     state: online, away (nobody is signed in) or closed
    ack {uuid, at}                               stored; sent again for a duplicate
    entry {entry} · typing {name} · state {state} · pong {}
    error {code, message, uuid?, retry_ms?}      retry_ms: send the same frame again after so long
Close codes: 4400 protocol broken, 4401 wrong token, 4403 origin refused, 4404 unknown endpoint, 1009 frame too big.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

MAX_FRAME_BYTES: Final = 32 * 1024
"""A frame above this is refused; the widget never sends one (MAX_TEXT in four-byte characters fits)."""
CLOSE_FRAME_BYTES: Final = 64 * 1024
"""A frame above this ends the connection."""
MAX_TEXT: Final = 4_000
MAX_NAME: Final = 120

CLOSE_BROKEN: Final = 4400
CLOSE_WRONG_TOKEN: Final = 4401
CLOSE_ORIGIN: Final = 4403
CLOSE_UNKNOWN: Final = 4404
CLOSE_TOO_BIG: Final = 1009


class FrameError(Exception):
    """A frame was refused; `code` is for programs, the message for people, `uuid` names the message if it has one."""

    def __init__(self, code: str, message: str, *, uuid: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.uuid = uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first frame: who comes, perhaps back."""

    session: UUID | None
    token: str
    language: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatText:
    """One message of the visitor."""

    uuid: UUID
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The visitor has had this entry, and all before it, before their eyes."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A frame without content: typing, leave or ping."""

    kind: str


Frame = Hello | ChatText | Seen | Signal


def decode_frame(text: str) -> Frame:
    """Read one frame, or raise FrameError that names the field and the cause."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise FrameError("frame_too_big", f"A frame holds at most {MAX_FRAME_BYTES} bytes.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError("bad_json", f"The frame is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise FrameError("bad_frame", "The frame is not a JSON object.")
    kind = document.get("type")
    if kind == "hello":
        return _hello(document)
    if kind == "message":
        return _message(document)
    if kind == "seen":
        return Seen(message_id=_identifier(document))
    if kind in {"typing", "leave", "ping"}:
        return Signal(kind=kind)
    raise FrameError("bad_frame", "type: expected hello, message, typing, seen, leave or ping.")


def _hello(document: Mapping[str, Any]) -> Hello:
    session = document.get("session")
    return Hello(
        session=_uuid(session, field="session") if session else None,
        token=_text(document, "token", limit=100),
        language=_text(document, "language", limit=8).lower()[:2],
        name=" ".join(_text(document, "name", limit=MAX_NAME).split()),
    )


def _message(document: Mapping[str, Any]) -> ChatText:
    uuid = _uuid(document.get("uuid"), field="uuid")
    text = document.get("text")
    if not isinstance(text, str) or not text.strip():
        raise FrameError("invalid", "text: expected some text.", uuid=str(uuid))
    if len(text) > MAX_TEXT:
        raise FrameError("invalid", f"text: at most {MAX_TEXT} characters.", uuid=str(uuid))
    return ChatText(uuid=uuid, text=clean_text(text))


def clean_text(text: str) -> str:
    """Return the text as PostgreSQL can store it: no NUL, no lone surrogates, trimmed."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()


def _text(document: Mapping[str, Any], field: str, *, limit: int) -> str:
    value = document.get(field) or ""
    if not isinstance(value, str):
        raise FrameError("bad_frame", f"{field}: expected text.")
    return clean_text(value)[:limit]


def _uuid(value: object, *, field: str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise FrameError("bad_frame", f"{field}: expected a UUID.") from None


def _identifier(document: Mapping[str, Any]) -> int:
    value = document.get("id")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    raise FrameError("bad_frame", "id: expected the id of an entry.")


def encode_receipt(*, session: UUID, text: ChatText, name: str, language: str, at: datetime) -> bytes:
    """Return the raw bytes a chat message is kept as; `decode_receipt` reads them."""
    return json.dumps(
        {
            "session": str(session),
            "uuid": str(text.uuid),
            "text": text.text,
            "name": name,
            "language": language,
            "at": at.isoformat(),
        },
        ensure_ascii=False,
    ).encode()


def receipt_key(*, session: UUID, uuid: UUID) -> str:
    """Return the external id of a chat message: the same message sent twice is one receipt."""
    return f"{session}:{uuid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """A chat message as its receipt keeps it."""

    session: UUID
    uuid: UUID
    text: str
    name: str
    language: str
    at: datetime


def decode_receipt(raw: bytes) -> KeptText:
    """Read what `encode_receipt` wrote; raises ValueError on anything else."""
    document = json.loads(raw)
    try:
        at = datetime.fromisoformat(document["at"])
        if at.utcoffset() is None:
            raise ValueError("at: expected an aware instant")
        return KeptText(
            session=UUID(document["session"]),
            uuid=UUID(document["uuid"]),
            text=str(document["text"]),
            name=str(document.get("name") or ""),
            language=str(document.get("language") or ""),
            at=at,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a chat receipt: {error!r}") from error


def instant(at: datetime) -> str:
    """Return the instant as frames carry it: ISO 8601 in UTC with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
