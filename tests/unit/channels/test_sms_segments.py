"""How an SMS is cut: 3GPP TS 23.038 and TS 23.040, by hand."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.sms.segments import BASIC, EXTENDED, count_segments, decode_gsm7

# the console counts by the same ones: frontend/src/console/sms.test.ts
CASES = json.loads(Path(__file__).with_name("sms_segments.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("".join(piece * times for piece, times in case["text"]), case["encoding"], case["units"], case["parts"])
        for case in CASES
    ],
)
def test_text_falls_into_parts(text: str, encoding: str, units: int, parts: int) -> None:
    counted = count_segments(text)
    assert (counted.encoding, counted.units, counted.parts) == (encoding, units, parts)


def test_alphabet_has_128_places_and_ten_extensions() -> None:
    assert (len(BASIC), len(set(BASIC)), len(EXTENDED)) == (128, 128, 10)
    # TS 23.038, 6.2.1: a few places by the table
    assert [BASIC[code] for code in (0x00, 0x02, 0x11, 0x24, 0x40, 0x5F, 0x60, 0x7F)] == list("@$_¤¡§¿à")


def test_octets_of_the_default_alphabet_are_text() -> None:
    assert decode_gsm7(b"\x05v\x05nement") == "événement"
    assert decode_gsm7(b"\x1b\x65 5") == "€ 5"
    # an escape that the table does not know shows the character itself
    assert decode_gsm7(b"\x1ba") == "a"


@given(st.text(max_size=700))
def test_parts_hold_the_text_and_no_part_is_more_than_one_short(text: str) -> None:
    counted = count_segments(text)
    single, each = (160, 153) if counted.encoding == "gsm7" else (70, 67)
    if counted.units <= single:
        assert counted.parts == 1
    else:
        assert (counted.parts - 1) * (each - 1) < counted.units <= counted.parts * each
