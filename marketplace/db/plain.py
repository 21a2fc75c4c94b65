"""Rows as plain JSON values: what a person's own export is made of."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID


def plain_rows(rows: Iterable[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Each row by its columns' names, such as a result's ``mappings()``."""
    return [{str(name): plain(value) for name, value in row.items()} for row in rows]


def plain(value: Any) -> Any:
    """Moments and days in ISO 8601, ids as text, everything else as it is."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
