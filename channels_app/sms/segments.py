"""Into how many SMS a text falls, and in which alphabet it is sent. Pure.

3GPP TS 23.038: the default alphabet has 7 bits, and its extension table costs an escape (two septets); a text with any
other character is sent whole as UCS-2, 16 bits each, two units for a character beyond the basic plane. One message
holds 140 octets: 160 septets or 70 units; of a longer text each part gives 6 octets to the concatenation header
(TS 23.040, 9.2.3.24.1): 153 septets or 67 units. An escape pair and a surrogate pair are never cut, so a part may stay
one short.
"""

from dataclasses import dataclass

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
ESCAPE = 0x1B
_COST = {character: 1 for character in BASIC if character != "\x1b"} | dict.fromkeys(EXTENDED, 2)
_EXTENDED_BY_CODE = {code: character for character, code in EXTENDED.items()}
_LIMITS = {"gsm7": (160, 153), "ucs2": (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """`encoding` is gsm7 or ucs2; `units` are septets or UTF-16 units; `parts` is what the carrier charges."""

    encoding: str
    units: int
    parts: int


def count_segments(text: str) -> Segments:
    """Return how the text is sent; an empty one is one part."""
    encoding = "gsm7" if all(character in _COST for character in text) else "ucs2"
    costs = [_COST[item] if encoding == "gsm7" else (2 if ord(item) > 0xFFFF else 1) for item in text]
    single, each = _LIMITS[encoding]
    units = sum(costs)
    if units <= single:
        return Segments(encoding, units, 1)
    parts, filled = 1, 0
    for cost in costs:
        if filled + cost > each:
            parts, filled = parts + 1, 0
        filled += cost
    return Segments(encoding, units, parts)


def decode_gsm7(octets: bytes) -> str:
    """Return the text of unpacked septets, one an octet; an unknown escape shows its second character."""
    text, escaped = [], False
    for code in octets:
        if escaped:
            text.append(_EXTENDED_BY_CODE.get(code, BASIC[code] if code < len(BASIC) else " "))
            escaped = False
        elif code == ESCAPE:
            escaped = True
        else:
            text.append(BASIC[code] if code < len(BASIC) else chr(code))
    return "".join(text)
