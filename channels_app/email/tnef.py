"""What Outlook packs into winmail.dat (MS-OXTNEF): the files and the text; bounded, never raises, never nests far.

Own code: the one library (tnefparse) had its last release in 2021, and nothing in it bounds what a stranger sends.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels_app.email.charsets import clean, decode_text
from channels_app.email.html import html_to_text
from channels_app.email.rtf import decompress_rtf, rtf_to_text

_SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_DEPTH = 3
MAX_FILES = 100
MAX_ATTRIBUTES = 5_000
MAX_PROPERTIES = 2_000

_ATTACHMENT_BEGINS = 0x9002
_BODY, _TITLE, _DATA, _CODE_PAGE, _MESSAGE_PROPERTIES, _FILE_PROPERTIES = 0x800C, 0x8010, 0x800F, 0x9007, 0x9003, 0x9005
_FIXED_SIZES = {
    0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8,
    0x0048: 16,
}  # fmt: skip
_OBJECT, _STRING, _UNICODE, _BINARY = 0x000D, 0x001E, 0x001F, 0x0102
_MANY = 0x1000
_PLAIN_BODY, _RTF_BODY, _HTML_BODY, _CHARSET = 0x1000, 0x1009, 0x1013, 0x3FDE
_FILE_DATA, _SHORT_NAME, _LONG_NAME, _MIME_TYPE, _CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_UTF_8 = 65001
_EMBEDDED_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(slots=True)
class TnefFile:
    """A file inside; `filename` and `content_type` as declared, '' where they are not."""

    filename: str = ""
    content_type: str = ""
    content: bytes = b""
    content_id: str = ""


@dataclass(slots=True)
class TnefContents:
    """What was inside: the message's text ('' where none), its HTML ('' where none) and its files."""

    text: str = ""
    html: str = ""
    files: list[TnefFile] = field(default_factory=list)


def read_tnef(content: bytes, *, depth: int = 0) -> TnefContents | None:
    """Return what is inside of a winmail.dat, of a truncated one what can be read; None where it is none."""
    if not content.startswith(_SIGNATURE):
        return None
    contents = TnefContents()
    charset = "cp1252"
    plain = b""
    for name, value in _attributes(content):
        if name == _CODE_PAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == _BODY:
            plain = value
        elif name == _MESSAGE_PROPERTIES:
            _read_body(dict(_properties(value)), contents, charset=charset)
        elif name == _ATTACHMENT_BEGINS:
            if len(contents.files) >= MAX_FILES:
                break
            contents.files.append(TnefFile())
        elif contents.files and name in {_TITLE, _DATA, _FILE_PROPERTIES}:
            _read_file(contents, name, value, charset=charset, depth=depth)
    if plain:
        contents.text = decode_text(plain.rstrip(b"\0"), charset=charset) or contents.text
    contents.files = [item for item in contents.files if item.content or item.filename][:MAX_FILES]
    return contents


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    for _ in range(MAX_ATTRIBUTES):
        if position + 9 > len(content):
            return
        identity, length = struct.unpack_from("<II", content, position + 1)
        start = position + 9
        yield identity & 0xFFFF, content[start : start + length]
        position = start + length + 2


def _read_body(properties: dict[int, bytes | str], contents: TnefContents, *, charset: str) -> None:
    declared = int.from_bytes(_octets(properties, _CHARSET)[:4], "little")
    if declared:
        charset = "utf-8" if declared == _UTF_8 else f"cp{declared}"
    contents.text = _string(properties.get(_PLAIN_BODY, b""), charset=charset)
    contents.html = _string(properties.get(_HTML_BODY, b""), charset=charset)
    contents.text = contents.text or (html_to_text(contents.html) if contents.html else "")
    contents.text = contents.text or rtf_to_text(decompress_rtf(_octets(properties, _RTF_BODY)))


def _read_file(contents: TnefContents, name: int, value: bytes, *, charset: str, depth: int) -> None:
    file = contents.files[-1]
    if name == _TITLE:
        file.filename = file.filename or _string(value, charset=charset)
        return
    if name == _DATA:
        file.content = value
        return
    properties = dict(_properties(value))
    declared = properties.get(_LONG_NAME) or properties.get(_SHORT_NAME) or b""
    file.filename = _string(declared, charset=charset) or file.filename
    file.content_type = _string(properties.get(_MIME_TYPE, b""), charset="ascii").lower()
    file.content_id = _string(properties.get(_CONTENT_ID, b""), charset="ascii").strip("<>")
    data = _octets(properties, _FILE_DATA)
    if data.startswith(_EMBEDDED_MESSAGE):
        _open_embedded(contents, data[16:], depth=depth)
    elif data and not file.content:
        file.content = data


def _open_embedded(contents: TnefContents, content: bytes, *, depth: int) -> None:
    """Turn an enclosed message into a text file and its own files; one nested too deep stays as it is."""
    file = contents.files[-1]
    inner = read_tnef(content, depth=depth + 1) if depth < MAX_DEPTH else None
    if inner is None:
        file.content = content
        return
    file.filename = f"{file.filename or 'message'}.txt"
    file.content_type = "text/plain"
    file.content = inner.text.encode("utf-8", "replace")
    contents.files += inner.files[: MAX_FILES - len(contents.files)]


def _octets(properties: dict[int, bytes | str], key: int) -> bytes:
    value = properties.get(key, b"")
    return value if isinstance(value, bytes) else b""


def _string(value: bytes | str, *, charset: str) -> str:
    if isinstance(value, str):
        return clean(value).rstrip("\0")
    if value[1:2] == b"\0" and len(value) % 2 == 0:
        return decode_text(value, charset="utf-16-le").rstrip("\0")
    return decode_text(value.rstrip(b"\0"), charset=charset)


def _properties(content: bytes) -> Iterator[tuple[int, bytes | str]]:
    """Yield id and first value of each MAPI property until the bytes end or stop making sense."""
    position = 4
    for _ in range(min(int.from_bytes(content[:4], "little"), MAX_PROPERTIES)):
        if position + 4 > len(content):
            return
        kind, identity = struct.unpack_from("<HH", content, position)
        position += 4
        if identity >= 0x8000:
            position = _after_name(content, position)
        many = bool(kind & _MANY)
        kind &= ~_MANY
        size = _FIXED_SIZES.get(kind)
        if size is None and kind not in {_OBJECT, _STRING, _UNICODE, _BINARY}:
            return
        count = 1
        if many or size is None:
            count = int.from_bytes(content[position : position + 4], "little")
            position += 4
        if size is not None:
            yield identity, content[position : position + size]
            position += size * count
            continue
        for number in range(count):
            length = int.from_bytes(content[position : position + 4], "little")
            if position + 4 > len(content):
                return
            if number == 0:
                value = content[position + 4 : position + 4 + length]
                yield identity, value.decode("utf-16-le", "replace") if kind == _UNICODE else value
            position += 4 + length + -length % 4


def _after_name(content: bytes, position: int) -> int:
    position += 16
    kind = int.from_bytes(content[position : position + 4], "little")
    position += 4
    length = int.from_bytes(content[position : position + 4], "little")
    return position + 4 + (length + -length % 4 if kind == 1 else 0)
