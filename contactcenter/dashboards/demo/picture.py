"""A picture for the demo's mails: a parcel on a table, drawn here so that no file has to be carried along."""

import struct
import zlib
from typing import Final

WIDTH: Final = 160
HEIGHT: Final = 120
_TABLE: Final = (226, 221, 212)
_TAPE: Final = (238, 224, 186)
_LABEL: Final = (250, 250, 248)


def parcel_photo(*, shade: int) -> bytes:
    """Return a PNG of 160 x 120 pixels; shade (0..63) darkens the cardboard, so that not all pictures are one."""
    card = (203 - shade, 164 - shade, 112 - shade)
    rows = bytearray()
    for y in range(HEIGHT):
        rows.append(0)  # filter: none
        for x in range(WIDTH):
            rows += bytes(_pixel(x=x, y=y, card=card))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _pixel(*, x: int, y: int, card: tuple[int, int, int]) -> tuple[int, int, int]:
    if not (28 <= x < 132 and 22 <= y < 100):
        return _TABLE
    if 74 <= x < 86:
        return _TAPE
    if 96 <= x < 126 and 70 <= y < 92:
        return _LABEL
    return card


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
