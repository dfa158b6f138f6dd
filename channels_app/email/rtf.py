"""Rich text as Exchange sends it: decompressed (MS-OXRTFCP) and read as plain text; bounded, never raises.

Own code: the libraries at hand check nothing of a stranger's bytes beforehand, and search with patterns that can take
time with the square of the length.
"""

import re

from channels_app.email.charsets import clean, decode_text

MAX_RTF_BYTES = 4_000_000
MAX_TEXT_CHARACTERS = 500_000
MAX_GROUPS = 200

# the dictionary that every compressed stream starts with (MS-OXRTFCP 2.1.2.1)
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]{1,4096})"
)
_BREAKS = {b"par": "\n", b"line": "\n", b"sect": "\n\n", b"page": "\n\n", b"row": "\n", b"tab": "\t", b"cell": "\t"}
_CHARACTERS = {
    b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_HIDDEN = frozenset(
    {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"themedata",
     b"listtable", b"listoverridetable", b"rsidtbl", b"generator", b"fldinst", b"xmlnstbl", b"datastore"}
)  # fmt: skip


def decompress_rtf(content: bytes) -> bytes:
    """Return the rich text of a PR_RTF_COMPRESSED value; of a damaged one what can be read, b'' where it is none."""
    kind = content[8:12]
    stream = content[16:]
    if kind == b"MELA":
        return stream[:MAX_RTF_BYTES]
    if kind != b"LZFu":
        return b""
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    write = len(_DICTIONARY)
    out = bytearray()
    position = 0
    while position < len(stream) and len(out) < MAX_RTF_BYTES:
        control = stream[position]
        position += 1
        for bit in range(8):
            if not control >> bit & 1:
                token = stream[position : position + 1]
                position += 1
            else:
                reference = int.from_bytes(stream[position : position + 2], "big")
                position += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == write or position > len(stream):
                    return bytes(out)
                token = b""
                for step in range(length):
                    # a reference may reach into what it is itself writing
                    byte = window[(offset + step) % _WINDOW]
                    window[(write + step) % _WINDOW] = byte
                    token += bytes((byte,))
            if not token:
                return bytes(out)
            if len(token) == 1:
                window[write] = token[0]
            out += token
            write = (write + len(token)) % _WINDOW
    return bytes(out)


def rtf_to_text(content: bytes) -> str:
    """Return what a reader sees of rich text, of HTML within rich text too; '' where it is none."""
    content = content[:MAX_RTF_BYTES]
    if not content.lstrip().startswith(b"{\\rtf"):
        return ""
    reader = _Reader()
    for match in _TOKEN.finditer(content):
        word, number, hexadecimal, symbol, brace, literal = match.groups()
        if literal is not None:
            reader.raw(literal)
        elif hexadecimal is not None:
            reader.raw(bytes.fromhex(hexadecimal.decode()))
        elif brace is not None:
            reader.group(opens=brace == b"{")
        elif word is not None:
            reader.word(word.lower(), int(number) if number else None)
        elif symbol is not None:
            reader.symbol(symbol)
        if reader.size > MAX_TEXT_CHARACTERS:
            break
    return clean(reader.finish()).strip()


class _Reader:
    """The state of reading: what is visible in the current group, in which charset, and the text so far."""

    def __init__(self) -> None:
        self.size = 0
        self._out: list[str] = []
        self._bytes = bytearray()
        self._charset = "cp1252"
        self._visible = True
        self._replaced = False  # \htmlrtf: rich text that only stands in for HTML
        self._groups: list[tuple[bool, int]] = []
        self._skipped_after_unicode = 1
        self._to_skip = 0

    def raw(self, content: bytes) -> None:
        dropped = min(self._to_skip, len(content))
        self._to_skip -= dropped
        if self._visible and not self._replaced:
            self._bytes += content[dropped:]
            self.size += len(content)

    def text(self, text: str) -> None:
        if self._visible and not self._replaced:
            self._flush()
            self._out.append(text)
            self.size += len(text)

    def group(self, *, opens: bool) -> None:
        self._flush()
        self._to_skip = 0
        if opens and len(self._groups) < MAX_GROUPS:
            self._groups.append((self._visible, self._skipped_after_unicode))
        elif not opens and self._groups:
            self._visible, self._skipped_after_unicode = self._groups.pop()

    def symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._visible = False  # a destination that old readers may skip, and so do we
        elif symbol == b"~":
            self.text("\xa0")
        elif symbol == b"_":
            self.text("-")
        elif symbol in {b"\n", b"\r"}:
            self.text("\n")
        elif symbol in {b"{", b"}", b"\\"}:
            self.raw(symbol)

    def word(self, word: bytes, number: int | None) -> None:
        self._to_skip = 0
        if word == b"ansicpg" and number:
            self._flush()
            self._charset = f"cp{number}"
        elif word == b"htmlrtf":
            self._flush()
            self._replaced = number != 0
        elif word in _HIDDEN:
            self._visible = False
        elif word == b"uc" and number is not None:
            self._skipped_after_unicode = max(0, min(number, 8))
        elif word == b"u" and number is not None:
            code = number % 0x10000
            self.text(chr(code))
            self._to_skip = self._skipped_after_unicode
        elif word in _BREAKS:
            self.text(_BREAKS[word])
        elif word in _CHARACTERS:
            self.text(_CHARACTERS[word])

    def finish(self) -> str:
        self._flush()
        # characters beyond the first plane stand as two halves
        joined = "".join(self._out).encode("utf-16-le", "surrogatepass")
        return joined.decode("utf-16-le", "replace")

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(decode_text(bytes(self._bytes), charset=self._charset))
            self._bytes.clear()
