"""Small pictures, byte by byte, with what cameras hide in them, for the tests of photos."""

import zlib


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png(*extra: bytes) -> bytes:
    """One black point."""
    header = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    data = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + chunk(b"IEND", b"")


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def exif(turned: int = 6, place: bytes = b"31.2304N 121.4737E") -> bytes:
    """What a camera writes: which side is up, and where it stood."""
    entry = b"\x12\1\3\0\1\0\0\0" + bytes((turned, 0, 0, 0))
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\1\0" + entry + b"\0\0\0\0" + place)


def jpeg(*extra: bytes, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    """Not a picture that anybody could see, but one whose segments are all in their places."""
    begin = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + b"".join(extra)
    return begin + segment(0xDB, b"\0" * 65) + segment(0xDA, b"\1\1\0\0\x3f\0") + scan + b"\xff\xd9"
