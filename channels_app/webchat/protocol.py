"""The frames of a chat socket: JSON text both ways. Pure; the other side is frontend/widget/chat.ts.

Visitor > server
    hello {session?, token?, language?, name?, identity?}   first; session and token are the visitor's own choice or
                                        an earlier visit's, which they give the history of; identity is a signed token
    message {uuid, text, name?, email?, form?}   uuid is the idempotency key; form: to be answered by mail to email
    rate {uuid, score, comment?}        at the end of a chat
    typing {} · seen {id} · leave {} · ping {}
Server > visitor
    welcome {session, token, state, history, rate, mail}   state: online, away (nobody is there) or closed;
                                        rate: null, 0 (please rate) or the score given; mail: an address is known
    ack {uuid, at}                      stored; sent again for a duplicate
    entry {entry} · typing {name} · read {at} · state {state, rate} · pong {}
    error {code, message, uuid?, retry_ms?}      retry_ms: send the same frame again after so long
Files go by POST to the address of the socket (files.py).
Close codes: 4400 protocol broken, 4401 wrong token, 4403 origin refused, 4404 unknown endpoint, 1009 frame too big.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from channels_app.webchat.identity import MAX_TOKEN, is_email

MAX_FRAME_BYTES: Final = 32 * 1024
"""A frame above this is refused; the widget never sends one (MAX_TEXT in four-byte characters fits)."""
CLOSE_FRAME_BYTES: Final = 64 * 1024
"""A frame above this ends the connection."""
MAX_TEXT: Final = 4_000
MAX_NAME: Final = 120
MAX_COMMENT: Final = 1_000

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
    identity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFile:
    """A file of the visitor; `content_type` is a claim."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatText:
    """One message of the visitor, perhaps with who they are. `form`: written to be answered by mail."""

    uuid: UUID
    text: str
    name: str = ""
    email: str = ""
    form: bool = False
    file: ChatFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The visitor's verdict, 1 to 5."""

    uuid: UUID
    score: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The visitor has had this entry, and all before it, before their eyes."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A frame without content: typing, leave or ping."""

    kind: str


Frame = Hello | ChatText | Rate | Seen | Signal


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
    if kind == "rate":
        return _rate(document)
    if kind == "seen":
        return Seen(message_id=_identifier(document))
    if kind in {"typing", "leave", "ping"}:
        return Signal(kind=kind)
    raise FrameError("bad_frame", "type: expected hello, message, rate, typing, seen, leave or ping.")


def _hello(document: Mapping[str, Any]) -> Hello:
    session = document.get("session")
    return Hello(
        session=_uuid(session, field="session") if session else None,
        token=_text(document, "token", limit=100),
        language=_text(document, "language", limit=8).lower()[:2],
        name=_name(document),
        # cut one above the limit, so that what is too long is refused and not read as something else
        identity=_text(document, "identity", limit=MAX_TOKEN + 1),
    )


def _message(document: Mapping[str, Any]) -> ChatText:
    uuid = _uuid(document.get("uuid"), field="uuid")
    text = document.get("text")
    if not isinstance(text, str) or not text.strip():
        raise FrameError("invalid", "text: expected some text.", uuid=str(uuid))
    if len(text) > MAX_TEXT:
        raise FrameError("invalid", f"text: at most {MAX_TEXT} characters.", uuid=str(uuid))
    email = _text(document, "email", limit=400).lower()
    if email and not is_email(email):
        raise FrameError("invalid", "email: expected a mail address.", uuid=str(uuid))
    return ChatText(
        uuid=uuid, text=clean_text(text), name=_name(document), email=email, form=document.get("form") is True
    )


def _rate(document: Mapping[str, Any]) -> Rate:
    uuid = _uuid(document.get("uuid"), field="uuid")
    score = document.get("score")
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        raise FrameError("invalid", "score: expected a number from 1 to 5.", uuid=str(uuid))
    return Rate(uuid=uuid, score=score, comment=_text(document, "comment", limit=MAX_COMMENT))


def clean_text(text: str) -> str:
    """Return the text as PostgreSQL can store it: no NUL, no lone surrogates, trimmed."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()


def _name(document: Mapping[str, Any]) -> str:
    return " ".join(_text(document, "name", limit=MAX_NAME).split())


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """A chat message as its receipt keeps it. `user` is the verified id of the visitor; `text` may be '' with a file.

    `form` says that it is answered by mail to `email`.
    """

    session: UUID
    uuid: UUID
    text: str
    name: str
    language: str
    at: datetime
    user: str = ""
    email: str = ""
    form: bool = False
    file: ChatFile | None = None


def encode_receipt(kept: KeptText) -> bytes:
    """Return the raw bytes a chat message is kept as: a line of JSON, then the file's bytes, if one came."""
    document = {
        "session": str(kept.session),
        "uuid": str(kept.uuid),
        "text": kept.text,
        "name": kept.name,
        "language": kept.language,
        "at": kept.at.isoformat(),
        "user": kept.user,
        "email": kept.email,
        "form": kept.form,
    }
    if kept.file is None:
        return json.dumps(document, ensure_ascii=False).encode()
    document["file"] = {"name": kept.file.filename, "type": kept.file.content_type}
    return json.dumps(document, ensure_ascii=False).encode() + b"\n" + kept.file.content


def decode_receipt(raw: bytes) -> KeptText:
    """Read what `encode_receipt` wrote; raises ValueError on anything else."""
    head, _, content = raw.partition(b"\n")
    document = json.loads(head)
    try:
        at = datetime.fromisoformat(document["at"])
        if at.utcoffset() is None:
            raise ValueError("at: expected an aware instant")
        file = document.get("file")
        return KeptText(
            session=UUID(document["session"]),
            uuid=UUID(document["uuid"]),
            text=str(document["text"]),
            name=str(document.get("name") or ""),
            language=str(document.get("language") or ""),
            at=at,
            user=str(document.get("user") or ""),
            email=str(document.get("email") or ""),
            form=document.get("form") is True,
            file=ChatFile(filename=str(file["name"]), content_type=str(file["type"]), content=content)
            if file
            else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a chat receipt: {error!r}") from error


def receipt_key(*, session: UUID, uuid: UUID) -> str:
    """Return the external id of a chat message: the same message sent twice is one receipt."""
    return f"{session}:{uuid}"


def form_key(session: UUID) -> str:
    """Return the thread of what a visitor left to be answered by mail."""
    return f"form:{session}"


def instant(at: datetime) -> str:
    """Return the instant as frames carry it: ISO 8601 in UTC with Z and milliseconds, so that text order is time's."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
