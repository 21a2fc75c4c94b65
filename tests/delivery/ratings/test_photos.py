"""Photos: pictures by their own bytes, without the place where they were taken, and still the right way up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.delivery.ratings import photos
from marketplace.delivery.ratings.errors import (
    RatingPhotoIsNoPicture,
    RatingPhotoIsTooLarge,
    RatingPhotosAreTooMany,
)
from marketplace.kernel.errors import MarketplaceError
from tests.delivery.ratings.pictures import chunk, exif, jpeg, png, segment


def cleaned(content: bytes) -> bytes:
    return photos.checked([content])[0][1]


def test_a_plain_picture_stays_as_it_is() -> None:
    assert photos.checked([png(), jpeg()]) == [("image/png", png()), ("image/jpeg", jpeg())]


def test_where_and_when_a_png_was_taken_is_left_out() -> None:
    hidden = (
        chunk(b"eXIf", b"31.23N"),
        chunk(b"tEXt", b"Author\0Zhang"),
        chunk(b"tIME", b"\7\xea\1\1\0\0\0"),
    )
    assert cleaned(png(*hidden) + b"behind the end") == png()


def test_where_and_when_a_jpeg_was_taken_is_left_out_and_it_stays_upright() -> None:
    hidden = (
        exif(6),
        segment(0xED, b"Photoshop"),
        segment(0xFE, b"a comment"),
        segment(0xE1, b"http://ns.adobe"),
    )
    clean = cleaned(jpeg(*hidden) + b"a film behind the end")
    assert b"31.2304N" not in clean and b"Photoshop" not in clean and clean.endswith(b"\xff\xd9")
    assert b"\x01\x12\0\3\0\0\0\1\0\6" in clean
    assert cleaned(clean) == clean


def test_several_scans_are_kept_whole() -> None:
    scans = b"\x12" + segment(0xC4, b"\xff\xd9 within a table") + segment(0xDA, b"\1\2\0\0\x3f\0") + b"\x34"
    assert cleaned(jpeg(scan=scans)) == jpeg(scan=scans)


@pytest.mark.parametrize(
    ("contents", "refusal"),
    [
        ([png()] * 4, RatingPhotosAreTooMany),
        ([b"<svg onload=alert(1)>"], RatingPhotoIsNoPicture),
        ([b""], RatingPhotoIsNoPicture),
        ([png()[:-5]], RatingPhotoIsNoPicture),
        ([jpeg()[:-2]], RatingPhotoIsNoPicture),
        ([b"\xff\xd8\xff\xe1\xff\xff"], RatingPhotoIsNoPicture),
        ([b"\x89PNG\r\n\x1a\n" + b"\xff" * 40], RatingPhotoIsNoPicture),
        ([png() + b"\0" * photos.MOST_BYTES], RatingPhotoIsTooLarge),
    ],
)
def test_what_is_no_photo_is_refused(contents: list[bytes], refusal: type[MarketplaceError]) -> None:
    with pytest.raises(refusal):
        photos.checked(contents)


@given(st.binary(max_size=200), st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", jpeg()[:40], exif()]))
def test_no_bytes_break_it(content: bytes, beginning: bytes) -> None:
    try:
        photos.checked([beginning + content])
        photos.checked([jpeg(segment(0xE1, b"Exif\0\0" + content))])
    except RatingPhotoIsNoPicture:
        pass
