"""The picture that the demo's mails carry."""

import struct
import zlib

import pytest

from contactcenter.dashboards.demo.picture import parcel_photo


def test_picture_is_a_png_of_160_by_120_pixels_in_colour() -> None:
    data = parcel_photo(shade=0)

    assert data[:8] == bytes.fromhex("89504e470d0a1a0a")
    assert struct.unpack(">IIBB", data[16:26]) == (160, 120, 8, 2)
    length = struct.unpack(">I", data[33:37])[0]
    assert data[37:41] == b"IDAT"
    # a filter byte and three bytes a pixel in each row
    assert len(zlib.decompress(data[41 : 41 + length])) == 120 * (1 + 3 * 160)


@pytest.mark.parametrize("shade", [1, 63])
def test_another_shade_is_another_picture(shade: int) -> None:
    assert parcel_photo(shade=shade) != parcel_photo(shade=0)
