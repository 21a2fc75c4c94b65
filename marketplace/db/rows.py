"""What becomes of rows when they are read: pairs gathered by their first part."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from sqlalchemy import Row

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def grouped(pairs: Iterable[Row[Key, Value] | tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """For each key its values, in the order of the rows; keys without a row are missing."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
