"""What an S/MIME wrapper holds (RFC 8551): signed content opened, encrypted content named; nothing is verified.

Own code: `cryptography` reads the certificates of such a wrapper, not its content. This walks only the one path of the
structure (RFC 5652) that leads there, with bounded depth.
"""

from enum import StrEnum

MAX_DEPTH = 8
MAX_PIECES = 100_000

_SIGNED, _ENVELOPED, _DATA = "2a864886f70d010702", "2a864886f70d010703", "2a864886f70d010701"
_COMPRESSED, _AUTHENTICATED = "2a864886f70d0109100109", "2a864886f70d0109100117"
_SEQUENCE, _OID, _OCTETS, _OCTETS_OF_PIECES, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0


class Wrapper(StrEnum):
    """What a CMS structure is."""

    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    COMPRESSED = "compressed"
    UNKNOWN = "unknown"


class _Malformed(Exception):
    """The bytes are no BER, or not the structure that was looked for."""


def open_wrapper(content: bytes) -> tuple[Wrapper, bytes]:
    """Return what a pkcs7-mime part is, and the MIME entity that it encloses where it is only signed; never raises."""
    try:
        tag, start, end = _element(content, 0, len(content))
        oid_tag, oid_start, oid_end = _element(content, start, end)
        if tag != _SEQUENCE or oid_tag != _OID:
            return Wrapper.UNKNOWN, b""
        kind = content[oid_start:oid_end].hex()
        if kind in {_ENVELOPED, _AUTHENTICATED}:
            return Wrapper.ENCRYPTED, b""
        if kind == _COMPRESSED:
            return Wrapper.COMPRESSED, b""
        if kind != _SIGNED:
            return Wrapper.UNKNOWN, b""
        return Wrapper.SIGNED, _signed_content(content, oid_end, end)
    except _Malformed:
        return Wrapper.UNKNOWN, b""


def _signed_content(content: bytes, position: int, end: int) -> bytes:
    """Return the octets of SignedData.encapContentInfo.eContent, b'' where the signature is detached."""
    _, start, end = _expect(content, position, end, _EXPLICIT)
    _, start, end = _expect(content, start, end, _SEQUENCE)
    _, _, position = _element(content, start, end)  # version
    _, _, position = _element(content, _after(content, position), end)  # digest algorithms
    _, start, end = _expect(content, _after(content, position), end, _SEQUENCE)
    _, oid_start, oid_end = _expect(content, start, end, _OID)
    if content[oid_start:oid_end].hex() != _DATA or oid_end >= end or content[oid_end] != _EXPLICIT:
        return b""
    _, start, end = _expect(content, oid_end, end, _EXPLICIT)
    return _octets(content, start, end)


def _octets(content: bytes, start: int, end: int) -> bytes:
    """Return an OCTET STRING whole, or joined from the pieces in which streaming encoders write it."""
    tag, start, end = _element(content, start, end)
    if tag == _OCTETS:
        return content[start:end]
    if tag != _OCTETS_OF_PIECES:
        raise _Malformed
    pieces: list[bytes] = []
    position = start
    while position < end and len(pieces) < MAX_PIECES:
        tag, piece, piece_end = _element(content, position, end)
        if tag != _OCTETS:
            break
        pieces.append(content[piece:piece_end])
        position = piece_end
    return b"".join(pieces)


def _expect(content: bytes, position: int, end: int, tag: int) -> tuple[int, int, int]:
    element = _element(content, position, end)
    if element[0] != tag:
        raise _Malformed
    return element


def _element(content: bytes, position: int, limit: int, *, depth: int = 0) -> tuple[int, int, int]:
    """Return tag, start and end of the value of the element at `position`."""
    if position + 2 > limit or depth > MAX_DEPTH:
        raise _Malformed
    tag, first = content[position], content[position + 1]
    start = position + 2
    if first < 0x80:
        length = first
    elif first == 0x80:
        return tag, start, _end_of_indefinite(content, start, limit, depth=depth)
    else:
        size = first & 0x7F
        length = int.from_bytes(content[start : start + size], "big") if size <= 4 else limit
        start += size
    return tag, start, min(start + length, limit)


def _end_of_indefinite(content: bytes, position: int, limit: int, *, depth: int) -> int:
    """Return where an element without length ends: at two zero bytes on its own level."""
    for _ in range(MAX_PIECES):
        if position + 2 > limit or content[position : position + 2] == b"\0\0":
            return min(position, limit)
        _, _, end = _element(content, position, limit, depth=depth + 1)
        position = _after(content, end) if content[position + 1] == 0x80 else end
    raise _Malformed


def _after(content: bytes, end: int) -> int:
    """Return where the next element begins: behind the two zero bytes, if the last one had no length."""
    return end + 2 if content[end : end + 2] == b"\0\0" else end
