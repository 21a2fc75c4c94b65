"""From an id to its row without reading all ids: open addressing over a memory map, for many ids at once.

A slot holds a row's number plus one. What a slot says is never believed: the row must carry the id. So a slot that a
crash left behind points at nobody.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Rows = NDArray[np.int64]
Slots = NDArray[np.uint32]

EMPTY: Final = np.uint32(0)
REMOVED: Final = np.uint32(0xFFFFFFFF)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4)."""


def slots_for(capacity: int) -> int:
    """How many slots an index over so many rows has: a power of two, at most half full."""
    return 1 << max(4, (2 * capacity - 1).bit_length())


class RowIndex:
    """Finds rows by the two halves of their ids."""

    def __init__(self, slots: Slots, high: Words, low: Words) -> None:
        self._slots = slots
        self._high, self._low = high, low
        self._shift = np.uint64(64 - (slots.size.bit_length() - 1))
        self._mask = slots.size - 1

    def find(self, high: Words, low: Words) -> Rows:
        """The row of each id, -1 where there is none."""
        return self._search(high, low)[0]

    def add(self, high: Words, low: Words, rows: Rows) -> None:
        """Remembers rows of ids that it does not have yet; no id twice."""
        waiting = np.arange(rows.size)
        positions = self._homes(high, low)
        for _ in range(self._slots.size):
            if not waiting.size:
                return
            at = positions[waiting]
            is_free = self._slots[at] == EMPTY
            wanted = (rows[waiting] + 1).astype(np.uint32)
            self._slots[at[is_free]] = wanted[is_free]
            # Where several wanted one slot, the last to write has it; the others go on.
            has_it = is_free & (self._slots[at] == wanted)
            waiting = waiting[~has_it]
            positions[waiting] = (positions[waiting] + 1) & self._mask
        raise RuntimeError("the index of rows is full")

    def forget(self, high: Words, low: Words) -> None:
        """Forgets ids; called while their rows still carry them."""
        found, positions = self._search(high, low)
        self._slots[positions[found >= 0]] = REMOVED

    def _homes(self, high: Words, low: Words) -> Rows:
        mixed = (low ^ (high << np.uint64(32)) ^ (high >> np.uint64(32))) * _MULTIPLIER
        homes: Rows = (mixed >> self._shift).astype(np.int64)
        return homes

    def _search(self, high: Words, low: Words) -> tuple[Rows, Rows]:
        found = np.full(low.size, -1, dtype=np.int64)
        positions = self._homes(high, low)
        waiting = np.arange(low.size)
        for _ in range(self._slots.size):
            if not waiting.size:
                break
            slots = self._slots[positions[waiting]]
            is_row = (slots != EMPTY) & (slots != REMOVED)
            # A damaged slot may say anything.
            rows = np.clip(slots.astype(np.int64) - 1, 0, self._low.size - 1)
            is_it = is_row & (self._low[rows] == low[waiting]) & (self._high[rows] == high[waiting])
            found[waiting[is_it]] = rows[is_it]
            waiting = waiting[~is_it & (slots != EMPTY)]
            positions[waiting] = (positions[waiting] + 1) & self._mask
        return found, positions
