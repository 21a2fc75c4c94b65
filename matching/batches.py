"""Many things in lists of a bounded size."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most that size."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
