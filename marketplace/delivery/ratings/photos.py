"""Photos of a rating: few, bounded, pictures by their own bytes, and without what a camera hides in them, such as where it stood."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from marketplace.delivery.ratings.errors import (
    RatingPhotoIsNoPicture,
    RatingPhotoIsTooLarge,
    RatingPhotosAreTooMany,
)

MOST: Final = 3
MOST_BYTES: Final = 5 * 1024 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
# What a picture needs to be drawn; times, places, makers, texts and anything unknown is left out.
_CHUNKS: Final = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"pHYs",
        b"sBIT",
        b"bKGD",
    )
)
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_SCAN, _END = 0xDA, 0xD9
_ORIENTATION: Final = 0x0112
_ORDERS: Final[Mapping[bytes, Literal["little", "big"]]] = {b"II*\0": "little", b"MM\0*": "big"}


def checked(contents: Sequence[bytes]) -> Sequence[tuple[str, bytes]]:
    """Each photo, cleaned, with the type that its bytes prove.

    Raises RatingPhotosAreTooMany, RatingPhotoIsTooLarge, RatingPhotoIsNoPicture.
    """
    if len(contents) > MOST:
        raise RatingPhotosAreTooMany(most=MOST)
    return [_checked(content) for content in contents]


def _checked(content: bytes) -> tuple[str, bytes]:
    if len(content) > MOST_BYTES:
        raise RatingPhotoIsTooLarge(most_megabytes=MOST_BYTES // 1024**2)
    if content.startswith(_PNG):
        return "image/png", _PNG + b"".join(_png_chunks(content))
    if content.startswith(_JPEG):
        return "image/jpeg", _JPEG + b"".join(_jpeg_parts(content))
    raise RatingPhotoIsNoPicture()


def _png_chunks(content: bytes) -> Iterator[bytes]:
    """The chunks that draw, up to the end; what comes after it is dropped."""
    at = len(_PNG)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            break
        if kind in _CHUNKS:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end
    raise RatingPhotoIsNoPicture()


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """The segments that draw, up to the end of the image; of the camera's own only which side is up."""
    at = len(_JPEG)
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(content):
            break
        if marker == _APP1:
            yield from _upright(content[at + 4 : end])
        elif marker in (_APP0, _APP2, _APP14) or not (_APP0 <= marker <= _APP15 or marker == _COMMENT):
            yield content[at:end]
        if marker == _SCAN:
            at, end = end, _end_of_scan(content, end)
            yield content[at:end]
        at = end
        if content[at : at + 2] == bytes((0xFF, _END)):
            yield content[at : at + 2]
            return
    raise RatingPhotoIsNoPicture()


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the coded picture stops: at the first marker that is neither a stuffed byte nor a restart."""
    while (at := content.find(b"\xff", at)) != -1 and at + 1 < len(content):
        if content[at + 1] != 0x00 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2
    raise RatingPhotoIsNoPicture()


def _upright(segment: bytes) -> Iterator[bytes]:
    """An Exif segment with nothing in it but the orientation, where the camera wrote one."""
    if not segment.startswith(b"Exif\0\0"):
        return
    tiff = segment[6:]
    order = _ORDERS.get(tiff[:4])
    if order is None:
        return

    def number(start: int, size: int) -> int:
        return int.from_bytes(tiff[start : start + size], order)

    first = number(4, 4)
    for entry in range(first + 2, min(first + 2 + 12 * number(first, 2), len(tiff) - 11), 12):
        turned = number(entry + 8, 2)
        if number(entry, 2) == _ORIENTATION and 1 <= turned <= 8:
            directory = b"\0\1" + _ORIENTATION.to_bytes(2, "big") + b"\0\3\0\0\0\1" + bytes((0, turned, 0, 0))
            body = b"Exif\0\0MM\0*\0\0\0\x08" + directory + b"\0\0\0\0"
            yield bytes((0xFF, _APP1)) + (len(body) + 2).to_bytes(2, "big") + body
            return
