"""Bytes to text for mail: what a charset label means in practice, and what to do where it is missing or wrong."""

import codecs
import re
from functools import lru_cache
from unicodedata import normalize

# Labels whose senders mean a superset (WHATWG Encoding Standard, "names and labels") or that Python does not know.
_MEANT = {
    "ansi_x3.110-1983": "cp1252",
    "ascii": "cp1252",
    "big5": "cp950",
    "cn-gb": "gb18030",
    "cp-850": "cp850",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-1": "cp1252",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso8859-1": "cp1252",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "latin1": "cp1252",
    "macintosh": "mac_roman",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "us-ascii": "cp1252",
    "utf8mb4": "utf-8",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-sjis": "cp932",
    "x-windows-949": "cp949",
}
_UNLABELLED = frozenset({"", "unknown", "unknown-8bit", "x-unknown", "default", "8bit", "7bit", "binary", "none"})
# U+0000 cannot be stored by PostgreSQL; the others of C0 (but tab and newlines) are never meant.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=256)
def python_codec(label: str) -> str:
    """Return the name of the text codec that `label` means, or '' where none is known."""
    cleaned = label.strip().strip("\"'").strip().lower().split("*", 1)[0]
    if cleaned in _UNLABELLED:
        return ""
    for candidate in (_MEANT.get(cleaned, cleaned), cleaned.replace("_", "-").removeprefix("x-")):
        try:
            info = codecs.lookup(_MEANT.get(candidate, candidate))
        except (LookupError, ValueError, UnicodeError):
            continue
        # rot13, base64 and the like are codecs too, but no charsets
        if getattr(info, "_is_text_encoding", True) and info.name not in {
            "idna",
            "punycode",
            "undefined",
            "unicode_escape",
            "raw_unicode_escape",
        }:
            return info.name
    return ""


def decode_text(content: bytes, *, charset: str = "", fallback: str = "") -> str:
    """Return `content` as storable text; never raises.

    The labelled charset counts where it decodes without error. A wrong or missing label is overruled by UTF-8, then by
    `fallback` (a charset used elsewhere in the same message), then by the most likely legacy charset of the bytes.
    """
    if content.isascii() and b"\x1b" not in content and b"\x00" not in content:
        labelled = python_codec(charset)
        if labelled not in {"utf-7", "hz"} and not labelled.startswith("utf-16") and not labelled.startswith("utf-32"):
            return clean(content.decode("ascii"))
    for label in (charset, "utf-8", fallback):
        codec = python_codec(label)
        if not codec:
            continue
        text = _strict(content, codec)
        if text is None and codec == "cp1252":
            # five bytes are undefined in cp1252 and defined, as controls, in ISO 8859-1; UTF-8 goes first
            text = _strict(content, "utf-8") or content.decode("latin-1")
        if text is None and codec != "utf-8" and label == charset and _mostly(content, codec):
            text = content.decode(codec, "replace")
        if text is not None and not (codec == "cp1252" and _misread_utf8(content)):
            return clean(text)
        if text is not None:
            return clean(content.decode("utf-8"))
    if python_codec(charset) == "utf-8" and _mostly(content, "utf-8"):
        return clean(content.decode("utf-8", "replace"))
    return clean(content.decode(likely_codec(content), "replace"))


def clean(text: str) -> str:
    """Return `text` without what a database or a screen cannot hold: controls, lone surrogates, a byte-order mark."""
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROLS.sub("", text).replace("\ufeff", "")
    return _SURROGATES.sub("\ufffd", text)


def likely_codec(content: bytes) -> str:
    """Return the most likely codec of unlabelled bytes: UTF-8, double-byte Chinese to Korean, or single-byte."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    sample = content[:20_000]
    if _mostly(sample, "utf-8"):
        return "utf-8"
    high = sum(byte >= 0x80 for byte in sample)
    if high == 0:
        return "iso2022_jp_ext" if b"\x1b$" in sample or b"\x1b(J" in sample else "cp1252"
    runs = re.findall(rb"[\x80-\xff]{2,}", sample)
    in_runs = sum(map(len, runs))
    if in_runs < high * 0.8:
        return "cp1252"
    # In Cyrillic single-byte text letters of words stand in runs too; there capitals are rare and the runs are words.
    cyrillic = _cyrillic_codec(sample, high)
    if cyrillic:
        return cyrillic
    for codec in ("gb18030", "cp932", "cp949", "cp950"):
        if _mostly(sample, codec):
            return codec
    return "cp1252"


def _cyrillic_codec(sample: bytes, high: int) -> str:
    """Return the Cyrillic codec whose most frequent letters cover the sample, or ''."""
    frequent = "оеаинтсрвл"
    best, share = "", 0.0
    for codec in ("cp1251", "koi8-r", "iso8859-5", "cp866"):
        letters = frozenset(frequent.encode(codec))
        found = sum(byte in letters for byte in sample) / high
        if found > share:
            best, share = codec, found
    # these ten letters make 61 % of Russian text; chance gives about 8 %
    return best if share > 0.45 else ""


def _strict(content: bytes, codec: str) -> str | None:
    try:
        text = content.decode(codec)
    except (UnicodeError, ValueError):
        return None
    # windows-1258 writes a letter and its accent apart; everybody else, and every search, knows the composed letter
    return normalize("NFC", text) if codec == "cp1258" else text


def _mostly(content: bytes, codec: str) -> bool:
    """Tell whether `codec` reads all but a few per cent of the non-ASCII bytes (a truncated or spliced text)."""
    text = content.decode(codec, "replace")
    wide = sum(character > "\x7f" for character in text)
    return wide == 0 or text.count("\ufffd") <= wide * 0.05


def _misread_utf8(content: bytes) -> bool:
    """Tell whether text labelled ISO 8859-1 or ASCII is UTF-8: chance hardly ever makes valid multi-byte sequences."""
    return not content.isascii() and _strict(content, "utf-8") is not None
