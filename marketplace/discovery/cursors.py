"""Cursors of a search: the last hit's place in its order, good only for the same search, whoever answers it next."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import orjson

from marketplace.kernel.pagination import CursorIsInvalid, decode_cursor, encode_cursor
from matching.index import DEEPEST

Part = float | int | str | None


class Teller(StrEnum):
    """Who listed what was found. The two order likenesses differently, so that a key of one means nothing to the other."""

    INDEX = "i"
    DATABASE = "d"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a reader stands: after the hit with this ``key``, the ``seen``-th of a list that was begun at ``as_of``."""

    teller: Teller
    key: tuple[Part, ...]
    seen: int
    as_of: datetime


def fingerprint(*wanted: object) -> str:
    """What tells one search from another inside a cursor; not a secret."""
    said = "\0".join(str(one) for one in wanted)
    return hashlib.blake2s(said.encode("utf-8", "replace"), digest_size=6).hexdigest()


def written(mark: Mark, search: str) -> str:
    """The mark as a cursor of the search with this fingerprint."""
    seconds = int(mark.as_of.timestamp())
    return encode_cursor(search, mark.teller.value, orjson.dumps(mark.key).decode(), mark.seen, seconds)


def read(cursor: str, search: str) -> Mark:
    """The mark that ``written`` wrote. Raises CursorIsInvalid for anything else, and for a cursor of another search."""
    whose, teller, key, seen, seconds = decode_cursor(cursor, str, str, str, int, int)
    if whose != search or not 0 <= seen <= DEEPEST:
        raise CursorIsInvalid()
    try:
        parts = orjson.loads(key)
        if not isinstance(parts, list) or any(isinstance(part, bool | list | dict) for part in parts):
            raise CursorIsInvalid()
        return Mark(Teller(teller), tuple(parts), seen, datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        raise CursorIsInvalid() from None
