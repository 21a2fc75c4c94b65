"""Pages of hits that go on after a key: an ordered list of entries is read in windows around where the key should be.

Entries have a value, in rising order, and an address. Entries of one value (ties) come in any order; here they are put
in the order of their ids. A value may be a text that already holds the id, so that there are no ties.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

_SLACK: Final = 20
"""Entries read before and after those expected: so many may come or go between two pages without a second reading."""
_GROWTH: Final = 4

_value = itemgetter(0)

Address = TypeVar("Address")


class Entry(NamedTuple, Generic[Address]):
    """One hit in its order: what it is sorted by (anything comparable), and where the engine keeps it, or the hit itself."""

    value: Any
    address: Address


class Place(NamedTuple):
    """A value and an id: where a page goes on."""

    value: Any
    id: str


Read = Callable[[int, int], Sequence[Entry[Address]]]
"""Reads entries: how many to pass over, and how many to read at most."""

Identify = Callable[[Address], str]


def page(
    read: Read[Address], identify: Identify[Address], after: Place | None, seen: int, limit: int
) -> list[Entry[Address]]:
    """At most `limit` entries that follow a place, whatever came or went before it. `seen` is where to look first."""
    begin, size = max(0, seen - _SLACK), limit + 2 * _SLACK
    while True:
        entries = read(begin, size)
        starts_too_late = not entries or after is None or not entries[0].value < after.value
        if begin and starts_too_late:
            begin, size = max(0, begin - _GROWTH * size), size * (_GROWTH + 1)
            continue
        whole = len(entries) < size
        found = _following(entries if whole else _without_last_ties(entries), identify, after, limit)
        if whole or len(found) >= limit:
            return found
        size *= _GROWTH


def value_at(read: Read[Address], address: Address, seen: int) -> Any:
    """The value of the entry with this address, or None when there is none."""
    begin, size = max(0, seen - _SLACK), 2 * _SLACK
    while True:
        entries = read(begin, size)
        for entry in entries:
            if entry.address == address:
                return entry.value
        if begin == 0 and len(entries) < size:
            return None
        begin, size = max(0, begin - _GROWTH * size), size * (2 * _GROWTH + 1)


def place_of_gone(read: Read[Address], identify: Identify[Address], gone: Place, seen: int) -> Place | None:
    """Where to go on after an entry that is gone and may have taken all values with it, up or down.

    That is where it stood, as long as what stands around `seen` still has values about it; otherwise after as many as
    were seen before it, None for the beginning.
    """
    around = read(max(0, seen - 1 - _SLACK), 2 * _SLACK)
    if seen == 0 or 0 < bisect_left(around, gone.value, key=_value) < len(around):
        return gone
    before = read(seen - 2, 1) if seen > 1 else ()
    return Place(before[0].value, identify(before[0].address)) if before else None


def _following(
    entries: Sequence[Entry[Address]], identify: Identify[Address], after: Place | None, limit: int
) -> list[Entry[Address]]:
    found: list[Entry[Address]] = []
    start = 0 if after is None else bisect_left(entries, after.value, key=_value)
    for value, group in groupby(entries[start:], key=_value):
        tied = list(group)
        reached = after is not None and value == after.value
        if reached or len(tied) > 1:
            named = sorted(((identify(entry.address), entry) for entry in tied), key=itemgetter(0))
            tied = [entry for id_, entry in named if not reached or after is None or id_ > after.id]
        found += tied
        if len(found) >= limit:
            break
    return found[:limit]


def _without_last_ties(entries: Sequence[Entry[Address]]) -> Sequence[Entry[Address]]:
    """The entries before those that may have ties beyond what was read."""
    return entries[: bisect_left(entries, entries[-1].value, key=_value)]
