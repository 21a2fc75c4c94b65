"""Pages of results by keyset: a cursor names the last row seen, so that lists never drift when rows come and go."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from marketplace.kernel.errors import Invalid

MAX_PAGE = 50
_LONGEST = 1_000
"""Characters of a cursor: a name of 120 characters, three or four bytes each, and what else a list is ordered by."""
Row = TypeVar("Row")


class CursorIsInvalid(Invalid):
    """The cursor was not made by this list."""


class PageSizeIsInvalid(Invalid):
    """``first`` must lie between 1 and MAX_PAGE."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Ask for ``first`` rows after the row that ``after`` names. Raises PageSizeIsInvalid."""

    first: int = 20
    after: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.first <= MAX_PAGE:
            raise PageSizeIsInvalid(first=self.first, most=MAX_PAGE)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A stretch of a list. ``cursors`` run beside ``rows``; ``total`` is None where counting would cost too much."""

    rows: Sequence[Row]
    cursors: Sequence[str]
    has_next: bool
    total: int | None = None

    @property
    def end_cursor(self) -> str | None:
        return self.cursors[-1] if self.cursors else None


def encode_cursor(*key: date | int | float | str | UUID) -> str:
    """An opaque, URL-safe cursor for a row's sort key; its last part must be unique."""
    plain = [
        part.isoformat() if isinstance(part, date) else str(part) if isinstance(part, UUID) else part
        for part in key
    ]
    return base64.urlsafe_b64encode(orjson.dumps(plain)).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The sort key that ``encode_cursor`` wrote, as ``kinds``. Raises CursorIsInvalid for anything else."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError
        return tuple(_read(kind, part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise CursorIsInvalid() from None


def _read(kind: type, part: Any) -> Any:
    """``part`` as ``kind``, within what a database can compare: moments that UTC knows, 64-bit numbers, text without NUL."""
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("a cursor's time carries its zone")
        return moment.astimezone(UTC)
    if kind is date:
        return date.fromisoformat(part)
    if kind is UUID and isinstance(part, str):
        return UUID(part)
    if not isinstance(part, kind) or isinstance(part, bool):
        raise ValueError("the cursor holds another kind of value")
    if isinstance(part, str) and "\0" in part:
        raise ValueError("no text holds a NUL")
    if isinstance(part, int) and not -(2**63) <= part < 2**63:
        raise ValueError("no number is that large")
    return part


def cut(rows: Sequence[Row], request: PageRequest, cursor_of: Any, total: int | None = None) -> Page[Row]:
    """A page from ``request.first + 1`` fetched rows: the extra one only tells that there is more."""
    shown = rows[: request.first]
    return Page(shown, [cursor_of(row) for row in shown], len(rows) > request.first, total)
