"""Content-Transfer-Encoding undone leniently: damaged input gives what can be read of it, never an exception."""

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_ALPHABET)))

_BEHIND_PADDING = re.compile(rb"=[ \t]+[^\r\n=]{1,200}")
MAX_UU_FILES = 20
_UU_BEGIN = re.compile(r"^begin [0-7]{3,4} ([^\n]{1,200})\n(?=[!-`])", re.MULTILINE)
_UU_END = re.compile(r"^end[ \t]*$", re.MULTILINE)


def decode_transfer(content: bytes, *, encoding: str) -> bytes:
    """Return the bytes of a body part; an unknown encoding leaves them as they are (RFC 2045 6.4: treat as binary)."""
    encoding = encoding.strip().strip("\"';").lower()
    if encoding in {"base64", "b64", "b"}:
        return decode_base64(content)
    if encoding in {"quoted-printable", "qp", "quoted_printable"}:
        return binascii.a2b_qp(content)
    if encoding in {"x-uuencode", "uuencode", "uue", "x-uue"}:
        return _decode_uu(content)
    return content


def decode_base64(content: bytes) -> bytes:
    """Decode base64 with foreign characters, missing padding and several padded runs one after the other."""
    cleaned = content.translate(None, _NOT_BASE64)
    if b"=" not in cleaned.rstrip(b"="):
        return _decode_run(cleaned.rstrip(b"="))
    # words behind the padding on its own line are no base64; a further line may be
    cleaned = _BEHIND_PADDING.sub(b"=", content).translate(None, _NOT_BASE64)
    return b"".join(_decode_run(run) for run in cleaned.split(b"=") if run)


def _decode_run(run: bytes) -> bytes:
    surplus = len(run) % 4
    if surplus == 1:
        run = run[:-1]  # six bits alone make no byte
    elif surplus:
        run += b"=" * (4 - surplus)
    try:
        return binascii.a2b_base64(run)
    except binascii.Error:
        return b""


def _decode_uu(content: bytes) -> bytes:
    out = bytearray()
    inside = False
    for line in content.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
            continue
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # the length byte tells how much of an over-long line counts (a known fault of some encoders)
            expected = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out += binascii.a2b_uu(line[:expected])
            except binascii.Error:
                continue
    return bytes(out) if inside else content


def split_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a text without the files that old programs write into it (uuencode), and those files with their names."""
    files: list[tuple[str, bytes]] = []
    kept: list[str] = []
    position = 0
    for begin in _UU_BEGIN.finditer(text):
        if begin.start() < position or len(files) >= MAX_UU_FILES:
            continue
        end = _UU_END.search(text, begin.end())
        if end is None:
            break
        content = _decode_uu(text[begin.start() : end.end()].encode("latin-1", "replace"))
        files.append((begin.group(1).strip(), content))
        kept.append(text[position : begin.start()])
        position = end.end()
    return "".join(kept) + text[position:], files
