"""The MIME tree of a raw mail, cut from the bytes as they stand.

Own code although parsers exist, because the intake needs three things together that no maintained one gave on the 364
sample mails: no exception on any bytes, the exact bytes of enclosed messages (their hash identifies them), and speed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels_app.email.headers import Value, structured
from channels_app.email.smime import open_wrapper
from channels_app.email.transfer import decode_transfer

MAX_DEPTH = 20
MAX_PARTS = 500
MAX_HEADERS = 1000
MAX_HEADER_BYTES = 64_000

_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|$)")
_REST_OF_DELIMITER = re.compile(rb"[ \t]*(?:\r\n|\n|\r|$)")
ENCLOSED_MESSAGES = frozenset({"message/rfc822", "message/global"})
SMIME_WRAPPERS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_EMPTY_TYPE = Value("text/plain", {})


@dataclass(slots=True)
class Part:
    """One entity: its headers in order (names in lower case, values raw), its raw body and its children.

    A `multipart/*` has its parts as children, a `message/rfc822` the enclosed message as its only child, an S/MIME
    wrapper that only signs the entity that it wraps.
    """

    headers: list[tuple[str, bytes]]
    raw_body: bytes
    content_type: Value
    disposition: Value
    children: list["Part"] = field(default_factory=list)

    def header(self, name: str) -> bytes:
        """Return the first value of the header `name` (lower case), empty where absent."""
        for key, value in self.headers:
            if key == name:
                return value
        return b""

    def values(self, name: str) -> list[bytes]:
        """Return every value of the header `name` (lower case)."""
        return [value for key, value in self.headers if key == name]

    @property
    def content(self) -> bytes:
        """The body with its transfer encoding undone.

        Where the transfer itself is by lines of text, they end in LF, so that a mail by SMTP (CRLF) and the same mail
        from a mailbox file (LF) give the same bytes and the same hash.
        """
        encoding = self.header("content-transfer-encoding").decode("latin-1").strip().lower()
        content = decode_transfer(self.raw_body, encoding=encoding)
        return content.replace(b"\r\n", b"\n") if encoding in {"", "7bit", "8bit"} else content

    @property
    def filename(self) -> str:
        """The declared file name, '' where none is."""
        return self.disposition.parameters.get("filename", "") or self.content_type.parameters.get("name", "")

    def walk(self) -> Iterator["Part"]:
        """Yield this part and everything below it, enclosed messages included."""
        yield self
        for child in self.children:
            yield from child.walk()


class _Budget:
    def __init__(self) -> None:
        self.parts = MAX_PARTS


def parse_structure(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """Return the tree of `raw` and what was wrong with it, in words; never raises."""
    problems: list[str] = []
    budget = _Budget()
    root = _entity(_without_envelope(raw), depth=0, default=_EMPTY_TYPE, budget=budget, problems=problems)
    return root, tuple(dict.fromkeys(problems))


def parse_head(raw: bytes) -> Part:
    """Return the outermost entity of `raw` with its headers and raw body, its children unread; never raises."""
    headers, body = split_headers(_without_envelope(raw))
    return Part(headers, body, _EMPTY_TYPE, Value("", {}))


def split_headers(raw: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Return the headers of an entity and what follows them.

    A line that is neither header nor continuation ends the headers and belongs to the body: nothing is dropped.
    """
    headers: list[tuple[str, bytes]] = []
    position = 0
    size = len(raw)
    while position < size:
        match = _LINE.match(raw, position)
        line = match.group() if match else b""
        content = line.rstrip(b"\r\n")
        if not content:
            return headers, raw[position + len(line) :]
        if content[:1] in b" \t":
            if headers and content.strip():
                name, value = headers[-1]
                if len(value) < MAX_HEADER_BYTES:
                    headers[-1] = (name, value + b"\n" + content)
            elif not content.strip() and not _HEADER.match(raw, position + len(line)):
                # a line of blanks in place of the empty line
                return headers, raw[position + len(line) :]
        else:
            header = _HEADER.match(content)
            if header is None:
                if not headers or not _more_headers(raw, position + len(line)):
                    return headers, raw[position:]
            elif len(headers) < MAX_HEADERS:
                headers.append(
                    (header.group(1)[:200].decode("ascii").lower(), content[header.end() :][:MAX_HEADER_BYTES])
                )
        position += len(line)
    return headers, b""


def _more_headers(raw: bytes, position: int) -> bool:
    """Tell whether well-known headers follow one broken line: then the line is damage, not the body."""
    following = raw[position : position + 2000].split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0]
    return bool(re.search(rb"(?im)^(?:from|to|subject|date|message-id|mime-version|content-type):", following))


def _without_envelope(raw: bytes) -> bytes:
    """Drop what mailbox files and pipes put before the first header: empty lines, a byte-order mark, `From ` lines."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    for _ in range(3):
        if not raw.startswith((b"From ", b">From ", b"MBOX-Line: ")):
            break
        match = _LINE.match(raw)
        raw = raw[match.end() :] if match else raw
    return raw


def _entity(raw: bytes, *, depth: int, default: Value, budget: _Budget, problems: list[str]) -> Part:
    headers, body = split_headers(raw)
    part = Part(headers, body, default, Value("", {}))
    declared = part.header("content-type")
    if declared:
        part.content_type = structured(declared)
        if "/" not in part.content_type.value:
            part.content_type = Value(_repaired_type(part.content_type.value), part.content_type.parameters)
    disposition = part.header("content-disposition")
    if disposition:
        part.disposition = structured(disposition)
    kind = part.content_type.value
    if not (kind.startswith("multipart/") or kind in ENCLOSED_MESSAGES or kind in SMIME_WRAPPERS):
        return part
    if depth >= MAX_DEPTH:
        problems.append(f"parts nested deeper than {MAX_DEPTH} are kept unread")
        part.content_type = Value("application/octet-stream", {})
        return part
    if kind.startswith("multipart/"):
        _add_children(part, depth=depth, budget=budget, problems=problems)
    else:
        budget.parts -= 1
        enclosed = (open_wrapper(part.content)[1] if kind in SMIME_WRAPPERS else part.content).lstrip(b"\r\n")
        if budget.parts > 0 and (enclosed or kind in ENCLOSED_MESSAGES):
            part.children = [_entity(enclosed, depth=depth + 1, default=_EMPTY_TYPE, budget=budget, problems=problems)]
    return part


def _repaired_type(value: str) -> str:
    return {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(value, "text/plain")


def _add_children(part: Part, *, depth: int, budget: _Budget, problems: list[str]) -> None:
    body = part.content if part.header("content-transfer-encoding")[:6].lower() == b"base64" else part.raw_body
    boundary = part.content_type.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
    pieces = _split(body, boundary) if boundary else []
    if not pieces:
        guessed = _guess_boundary(body)
        pieces = _split(body, guessed) if guessed else []
        problems.append("multipart without its boundary")
    default = Value("message/rfc822", {}) if part.content_type.value == "multipart/digest" else _EMPTY_TYPE
    for piece in pieces:
        budget.parts -= 1
        if budget.parts <= 0:
            problems.append(f"more than {MAX_PARTS} parts; the rest is kept in the raw mail only")
            return
        part.children.append(_entity(piece, depth=depth + 1, default=default, budget=budget, problems=problems))
    if not pieces and body.strip():
        part.children.append(Part([], body, _EMPTY_TYPE, Value("", {})))


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """Return the pieces between delimiter lines; pieces after a closing delimiter count if another one opens them."""
    marks = list(_delimiters(body, b"--" + boundary))
    pieces = []
    for index, (_, start, closing) in enumerate(marks):
        if not closing:
            end = marks[index + 1][0] if index + 1 < len(marks) else len(body)
            pieces.append(body[start : max(start, end)])
    return pieces


def _delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield for each delimiter line where the piece before ends, where the next starts, and whether it closes."""
    position = body.find(delimiter)
    while position >= 0:
        after = position + len(delimiter)
        closing = body[after : after + 2] == b"--"
        match = _REST_OF_DELIMITER.match(body, after + 2 if closing else after)
        if match and (position == 0 or body[position - 1] in b"\r\n"):
            # the line break before a delimiter belongs to it (RFC 2046 5.1.1)
            before = position - (2 if body[position - 2 : position] == b"\r\n" else 1)
            yield max(before, 0), match.end(), closing
            position = body.find(delimiter, max(match.end() - 1, after))
        else:
            position = body.find(delimiter, after)


def _guess_boundary(body: bytes) -> bytes:
    match = re.search(rb"(?m)^--([^\s-][^\r\n]{4,70}?)[ \t]*\r?\n(?=[Cc]ontent-)", body)
    return match.group(1) if match else b""
