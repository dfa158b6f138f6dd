"""Mail headers as senders really write them: encoded words, parameters, addresses, message ids, dates; never raises."""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from urllib.parse import unquote_to_bytes

from channels_app.email.charsets import decode_text
from channels_app.email.transfer import decode_base64

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?")  # its text goes up to the next ?=
_FOLD = re.compile(r"\r?\n[ \t]*|\r[ \t]*")
_SPACES = re.compile(r"\s+")
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>()\"',;:@\[\]\\]+@[^\s<>()\"',;:@\\]+")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
MAX_ADDRESSES = 200


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: `name` decoded for people, `email` as written."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Value:
    """A structured header such as Content-Type: its value in lower case and its decoded parameters."""

    value: str
    parameters: dict[str, str]


def header_text(raw: bytes, *, charset: str = "") -> str:
    """Return an unstructured header as one line of text; `charset` helps where raw 8-bit bytes stand in it."""
    return _SPACES.sub(" ", decode_words(_unfold(raw, charset=charset))).strip()


def decode_words(value: str) -> str:
    """Decode the encoded words (RFC 2047) of `value`; neighbours of one charset are joined before decoding, because
    senders split multi-byte characters between them."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending = b""
    pending_charset = ""
    position = 0
    while (match := _ENCODED_WORD.search(value, position)) and (end := value.find("?=", match.end())) >= 0:
        between = value[position : match.start()]
        charset, encoding, text = match.group(1).split("*", 1)[0].lower(), match.group(2), value[match.end() : end]
        adjacent = bool(pending_charset) and not between.strip()
        if pending_charset and (not adjacent or charset != pending_charset):
            out.append(decode_text(pending, charset=pending_charset))
            pending = b""
        if not adjacent:
            out.append(between)
        pending += _decode_word(text, encoding)
        pending_charset = charset
        position = end + 2
    if pending_charset:
        out.append(decode_text(pending, charset=pending_charset))
    out.append(value[position:])
    return "".join(out)


def structured(raw: bytes) -> Value:
    """Return a Content-Type or Content-Disposition with its parameters; continuations and charsets by RFC 2231."""
    text = _unfold(raw)
    head, _, _ = text.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(text):
        name, content = match.group(1).lower(), _unquote(match.group(2).strip())
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, content)
            continue
        index, _, extended = rest.partition("*")
        number = int(index) if index.isdigit() and len(index) < 4 else 0
        encoded = name.endswith("*") or extended == "*"
        pieces.setdefault(base, {})[number] = (encoded, content)
    for base, parts in pieces.items():
        plain[base] = _join_extended(parts)
    parameters = {name: decode_words(content).strip() for name, content in plain.items()}
    return Value(head.strip().strip('"').lower(), parameters)


def message_ids(raw: bytes) -> tuple[str, ...]:
    """Return the message ids of a Message-ID, In-Reply-To or References header, without angle brackets, in order."""
    text = _unfold(raw)
    found = _MESSAGE_ID.findall(text)
    if not found:
        words = text.split()
        found = [word.strip("<>\"',;") for word in words if "@" in word or len(words) == 1]
    return tuple(dict.fromkeys(item[:500] for item in found if item))


def addresses(raw: bytes, *, charset: str = "") -> tuple[Address, ...]:
    """Return the mailboxes of an address header: groups flattened, comments as names, unquoted names tolerated."""
    value = _unfold(raw, charset=charset)
    if "@" not in value:
        # a whole `Name <address>` wrapped into encoded words
        value = decode_words(value)
    return tuple(islice(_mailboxes(value), MAX_ADDRESSES))


def instant(raw: bytes) -> datetime | None:
    """Return a Date header as an aware UTC instant, or None where it cannot be read."""
    text = _SPACES.sub(" ", _unfold(raw)).strip()
    try:
        parsed = parsedate_to_datetime(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _unfold(raw: bytes, *, charset: str = "") -> str:
    return _FOLD.sub(" ", decode_text(raw, charset="utf-8" if raw.isascii() else "", fallback=charset)).strip()


def _decode_word(text: str, encoding: str) -> bytes:
    # text outside ASCII can only come from raw 8-bit inside the word; UTF-8 keeps it readable
    content = text.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(content)
    return binascii.a2b_qp(content.replace(b" ", b"_"), header=True)


def _unquote(value: str) -> str:
    if value.startswith('"'):
        return _QUOTED_PAIR.sub(r"\1", value[1:].removesuffix('"') if len(value) > 1 else "")
    return value


def _join_extended(parts: dict[int, tuple[bool, str]]) -> str:
    charset = ""
    content = b""
    for number, (encoded, value) in sorted(parts.items()):
        if encoded and number == min(parts) and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        content += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    return decode_text(content, charset=charset)


def _mailboxes(value: str) -> Iterable[Address]:
    for item in _split_list(value):
        mailbox = _mailbox(item)
        if mailbox is not None:
            yield mailbox


def _split_list(value: str) -> Iterable[str]:
    """Split at commas and semicolons outside quotes, comments and angles; drop the names of groups."""
    start = 0
    depth = 0
    quoted = angle = escaped = False
    for index, character in enumerate(value):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"' and depth == 0:
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif depth:
            continue
        elif character == "<":
            angle = True
        elif character == ">":
            angle = False
        elif character == ":" and not angle and "@" not in value[start:index]:
            start = index + 1  # the display name of a group
        elif character in ",;" and not angle:
            before = value[start:index]
            # a comma inside an unquoted name is no separator: nothing before it is an address
            if "@" not in before and character == "," and not before.rstrip().endswith(">"):
                continue
            yield before
            start = index + 1
    yield value[start:]


def _mailbox(item: str) -> Address | None:
    item = item.strip().strip(",;").strip()
    if not item:
        return None
    opening = item.rfind("<")
    if opening >= 0:
        email = item[opening + 1 :].partition(">")[0]
        name = item[:opening]
        name = name.strip() or item[opening:].partition(">")[2].strip()
    else:
        email, parenthesis, comment = item.partition("(") if item.endswith(")") else (item, "", "")
        name = comment[:-1] if parenthesis else ""
    email = _SPACES.sub(" ", decode_words(email)).strip().strip("'\"<>").strip()
    if "@" in email and " " in email and opening < 0:
        match = _ADDRESS.search(email[:1000])
        if match:
            name = name or email[: match.start()]
            email = match.group()
    if email.lower().startswith("mailto:"):
        email = email[7:]
    name = _display_name(name)
    if "@" not in email and "@" in name and " " not in name:
        email, name = name, email  # written the wrong way round: Olga (olga@example.org)
    if not email and not name:
        return None
    return Address(name[:300], email[:320])


def _display_name(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _unquote(name)
    elif name.endswith(")") and '"' not in name:
        # a comment is no part of the name (RFC 5322 3.2.2), unless there is nothing else
        name = name.rpartition("(")[0].strip() or name
    name = _SPACES.sub(" ", decode_words(name)).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name.replace('\\"', '"')
