"""Identifiers: UUIDv7 (RFC 9562), so that new rows land at the end of every index."""

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80
    value |= 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def parse_id(text: str) -> uuid.UUID | None:
    """The UUID that ``text`` spells in any usual form, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def new_timeless_id() -> uuid.UUID:
    """A UUIDv4, for rows whose id is public while the moment at which they were made is nobody's to know."""
    return uuid.uuid4()
