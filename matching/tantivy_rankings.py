"""What Tantivy finds, in an order: read in windows, or, near a point, measured one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Final, Protocol

import numpy
import tantivy
from numpy.typing import NDArray

from matching.distances import great_circle
from matching.index import Near, Sort
from matching.pages import Entry
from matching.tantivy_documents import DATE_ORDER, LATITUDE, LONGITUDE, LOT, NEWEST_ORDER

_ORDERS: Final = {Sort.DATE: DATE_ORDER, Sort.NEWEST: NEWEST_ORDER}

_BOX_BY_CIRCLE: Final = 2
"""A box holds 1.3 times what its circle does, and less when places lie together."""
_GROWTH: Final = 4


class Ranking(Protocol):
    """Everything that a question finds, in order."""

    @property
    def total(self) -> int:
        """How many there are."""

    def read(self, begin: int, size: int) -> Sequence[Entry[tantivy.DocAddress]]:
        """Passes over `begin` entries and reads at most `size`."""

    def metres(self, address: tantivy.DocAddress) -> float | None:
        """How far away an entry is; None when the question was near no point."""


@dataclass
class Ranked:
    """A `Ranking` by score, date or newest. Tantivy counts while it reads, so a window is read but once."""

    searcher: tantivy.Searcher
    condition: tantivy.Query
    sort: Sort
    total: int = 0
    _read: dict[tuple[int, int], Sequence[Entry[tantivy.DocAddress]]] = field(default_factory=dict)

    def read(self, begin: int, size: int) -> Sequence[Entry[tantivy.DocAddress]]:
        """Passes over `begin` entries and reads at most `size`."""
        if (begin, size) not in self._read:
            found = search(self.searcher, self.condition, self.sort, size, begin)
            self.total = found.count  # type: ignore[attr-defined]  # Tantivy's stub forgets it
            self._read[begin, size] = _entries(found, self.sort)
        return self._read[begin, size]

    def metres(self, address: tantivy.DocAddress) -> float | None:
        """How far away an entry is; None when the question was near no point."""
        return None


class Measured:
    """A `Ranking` of what lies within circles. Every candidate in the boxes around them is measured, in no order: to sort them all
    takes ten times as long."""

    def __init__(
        self, searcher: tantivy.Searcher, condition: tantivy.Query, sort: Sort, nears: Sequence[Near]
    ) -> None:
        found = search(searcher, condition, Sort.DISTANCE, max(searcher.num_docs, 1), 0)
        candidates = [address for _, address in found.hits]
        metres = _distances(searcher, candidates, nears)
        inside = numpy.flatnonzero(
            numpy.all([m <= near.metres for m, near in zip(metres, nears, strict=True)], axis=0)
        )
        self.addresses = [candidates[number] for number in inside]
        self._metres: dict[tuple[int, int], float] = dict(
            zip(map(_number, self.addresses), metres[0][inside].tolist(), strict=True)
        )
        self._candidates = len(candidates)
        self._ranked = Ranked(searcher, condition, sort) if sort is not Sort.DISTANCE else None

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.addresses)

    def read(self, begin: int, size: int) -> Sequence[Entry[tantivy.DocAddress]]:
        """Passes over `begin` entries and reads at most `size`."""
        if self._ranked is None:
            return self._nearest[begin : begin + size]
        reach = _BOX_BY_CIRCLE * (begin + size)
        while True:
            entries = [
                entry for entry in self._ranked.read(0, reach) if _number(entry.address) in self._metres
            ]
            if len(entries) >= begin + size or reach >= self._candidates:
                return entries[begin : begin + size]
            reach *= _GROWTH

    def metres(self, address: tantivy.DocAddress) -> float | None:
        """How far away an entry is."""
        return self._metres[_number(address)]

    @cached_property
    def _nearest(self) -> list[Entry[tantivy.DocAddress]]:
        measured = [Entry(self.metres(address), address) for address in self.addresses]
        return sorted(measured, key=itemgetter(0))


def search(
    searcher: tantivy.Searcher, condition: tantivy.Query, sort: Sort, limit: int, offset: int
) -> tantivy.SearchResult:
    """Asks Tantivy for a window of hits in an order; that of distance is not its own."""
    if sort is Sort.RELEVANCE:
        return searcher.search(condition, limit=limit, offset=offset, weight_by_field=LOT)
    if sort is Sort.DISTANCE:
        return searcher.search(condition, limit=limit, offset=offset)
    return searcher.search(
        condition, limit=limit, offset=offset, order_by_field=_ORDERS[sort], order=tantivy.Order.Asc
    )


def _entries(found: tantivy.SearchResult, sort: Sort) -> list[Entry[tantivy.DocAddress]]:
    if sort in _ORDERS:
        return [Entry(text, address) for text, address in found.hits]
    return [Entry(-score, address) for score, address in found.hits]


def _distances(
    searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress], nears: Sequence[Near]
) -> list[NDArray[numpy.float64]]:
    latitudes = numpy.array(searcher.fast_field_values(LATITUDE, addresses), dtype=float)
    longitudes = numpy.array(searcher.fast_field_values(LONGITUDE, addresses), dtype=float)
    return [great_circle(near.point, latitudes, longitudes) for near in nears]


def _number(address: tantivy.DocAddress) -> tuple[int, int]:
    return address.segment_ord, address.doc
