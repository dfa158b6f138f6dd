"""How an SMS is cut: 3GPP TS 23.038 and TS 23.040, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.sms.segments import BASIC, EXTENDED, count_segments, decode_gsm7


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        # 153 is odd: 76 pairs fit into a part, and one septet stays empty
        ("€" * 153, "gsm7", 306, 3),
        ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
        ("ñ" * 160, "gsm7", 160, 1),
        ("ç" * 70, "ucs2", 70, 1),
        ("ç" * 71, "ucs2", 71, 2),
        ("Ç" * 160, "gsm7", 160, 1),
        ("я" * 70, "ucs2", 70, 1),
        ("я" * 134, "ucs2", 134, 2),
        ("я" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        # 67 is odd: 33 pairs fit into a part
        ("😀" * 67, "ucs2", 134, 3),
        ("я" * 66 + "😀", "ucs2", 68, 1),
        ("я" * 66 + "😀" + "я" * 66, "ucs2", 134, 3),
        ("a" * 159 + "я", "ucs2", 160, 3),
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
