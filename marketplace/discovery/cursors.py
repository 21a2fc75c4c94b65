"""Cursors of a search: the last hit's place in its order, good only for the same search, whoever answers it next."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import orjson

from marketplace.kernel.pagination import CursorIsInvalid, Page, decode_cursor, encode_cursor
from matching.index import DEEPEST, Hit

Part = float | int | str | None
Row = TypeVar("Row")


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


def marks_of(hits: Sequence[Hit], seen: int, as_of: datetime) -> list[Mark]:
    """The mark after each hit of a page that follows ``seen`` others."""
    return [
        Mark(Teller.INDEX, (hit.key.value, hit.key.id), seen + place, as_of)
        for place, hit in enumerate(hits, 1)
    ]


def page(
    listed: Sequence[tuple[UUID, Mark]], shown: Mapping[UUID, Row], total: int, search: str
) -> Page[Row]:
    """Those of the rows ``listed`` by somebody that are ``shown``. The last cursor passes over what is not."""
    rows = [(shown[row_id], mark) for row_id, mark in listed if row_id in shown]
    ends = [mark for _, mark in rows[:-1]] + [mark for _, mark in listed[-1:]] * bool(rows)
    return Page(
        [row for row, _ in rows],
        [written(mark, search) for mark in ends],
        has_next=bool(rows) and ends[-1].seen < min(total, DEEPEST),
        total=total - (len(listed) - len(rows)),
    )
