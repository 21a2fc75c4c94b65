"""Asks Tantivy and reads its answers: pages of hits, exact totals, distances, facets."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

import numpy
import tantivy
from numpy.typing import NDArray

from matching import tantivy_queries as queries
from matching.index import Hit, IndexIsBroken, IndexIsBusy, Label, Near, Number, Query, Results, Sort
from matching.tantivy_documents import ID, LATITUDE, LONGITUDE, RANK, schema
from matching.text import printable

_MOST_BUCKETS: Final = 1_000
_ORDERS: Final = {
    Sort.DATE: (Number.STARTS_AT, tantivy.Order.Asc),
    Sort.NEWEST: (Number.PUBLISHED_AT, tantivy.Order.Desc),
}

_Item = TypeVar("_Item")


def answer(searcher: tantivy.Searcher, query: Query) -> Results:
    """The answer to a query: what matches every word, or else what nearly matches."""
    words = queries.asked_words(query.text)
    if not words:
        # Text without a word in it (an emoji, a bracket) is about nothing we hold; no text at all is about everything.
        wanted = tantivy.Query.empty_query() if query.text.strip() else None
        return _page(searcher, wanted, query)
    exact = _page(searcher, queries.strict(words), query)
    if exact.total:
        return exact
    near = _page(searcher, queries.tolerant(words), query)
    return Results(near.hits, near.total, near.facets, approximate=near.total > 0)


def ranks(searcher: tantivy.Searcher, ids: Sequence[str], among: tantivy.Query) -> dict[str, int]:
    """The ranks of those of these ids that are among what a condition finds."""
    if not ids:
        return {}
    wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, _named(ids)), (tantivy.Occur.Must, among)])
    addresses = [address for _, address in searcher.search(wanted, limit=len(ids), count=False).hits]
    found = searcher.fast_field_values(RANK, addresses)
    return {_id(searcher, address): int(rank or 0) for address, rank in zip(addresses, found, strict=True)}


def count(searcher: tantivy.Searcher) -> int:
    """How many documents can be found."""
    return _total(searcher.search(queries.filtered(None, ()), limit=1))


def batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items in lists of at most that size."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turns what Tantivy raises into the errors of the port."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        if "LockBusy" in str(error):
            raise IndexIsBusy("another program is writing to the index") from error
        raise IndexIsBroken(str(error)) from error
    except BaseException as error:
        # A panic in Rust arrives as a class of its own that inherits from BaseException and cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise IndexIsBroken(f"the engine gave up: {error}") from error


def _page(searcher: tantivy.Searcher, wanted: tantivy.Query | None, query: Query) -> Results:
    condition = queries.filtered(wanted, query.clauses)
    sort = Sort.DATE if wanted is None and query.sort is Sort.RELEVANCE else query.sort
    nears = [clause for clause in query.clauses if isinstance(clause, Near)]
    if nears:
        return _page_near(searcher, condition, query, sort, nears)
    found = _search(searcher, condition, sort, max(query.limit, 1), query.offset)
    hits = tuple(_hit(searcher, key, address, None) for key, address in found.hits[: query.limit])
    return Results(hits, _total(found), _facets(searcher, condition, query.facets))


def _page_near(
    searcher: tantivy.Searcher, condition: tantivy.Query, query: Query, sort: Sort, nears: Sequence[Near]
) -> Results:
    """Measures every candidate in the box, so that the total counts the circle and not the box."""
    candidates = _search(searcher, condition, sort, max(searcher.num_docs, 1), 0).hits
    addresses = [address for _, address in candidates]
    latitudes = numpy.array(searcher.fast_field_values(LATITUDE, addresses), dtype=float)
    longitudes = numpy.array(searcher.fast_field_values(LONGITUDE, addresses), dtype=float)
    metres = [_metres(near, latitudes, longitudes) for near in nears]
    inside = numpy.flatnonzero(
        numpy.all([m <= near.metres for m, near in zip(metres, nears, strict=True)], axis=0)
    )
    if sort is Sort.DISTANCE:
        inside = inside[numpy.argsort(metres[0][inside], kind="stable")]
    page = inside[query.offset : query.offset + query.limit]
    hits = tuple(
        _hit(searcher, candidates[number][0], addresses[number], float(metres[0][number])) for number in page
    )
    if not query.facets:
        return Results(hits, len(inside))
    kept = _named([_id(searcher, addresses[number]) for number in inside])
    return Results(hits, len(inside), _facets(searcher, kept, query.facets))


def _search(
    searcher: tantivy.Searcher, condition: tantivy.Query, sort: Sort, limit: int, offset: int
) -> tantivy.SearchResult:
    if sort not in _ORDERS:
        return searcher.search(condition, limit=limit, offset=offset)
    field, order = _ORDERS[sort]
    return searcher.search(condition, limit=limit, offset=offset, order_by_field=field, order=order)


def _total(found: tantivy.SearchResult) -> int:
    total: int = found.count  # type: ignore[attr-defined]  # Tantivy's stub forgets it
    return total


def _hit(searcher: tantivy.Searcher, key: object, address: tantivy.DocAddress, metres: float | None) -> Hit:
    """`key` is the score when hits are ordered by relevance, a whole number or None when by a field."""
    document = searcher.doc(address)
    score = key if isinstance(key, float) else 0.0
    return Hit(str(document.get_first(ID)), str(document.get_first(Label.KIND)), score, metres)


def _facets(
    searcher: tantivy.Searcher, condition: tantivy.Query, labels: Sequence[Label]
) -> dict[Label, dict[str, int]]:
    if not labels:
        return {}
    wanted = {label.value: {"terms": {"field": label.value, "size": _MOST_BUCKETS}} for label in labels}
    counted = searcher.aggregate(condition, wanted)
    return {
        label: {bucket["key"]: int(bucket["doc_count"]) for bucket in counted[label.value]["buckets"]}
        for label in labels
    }


def _metres(
    near: Near, latitudes: NDArray[numpy.float64], longitudes: NDArray[numpy.float64]
) -> NDArray[numpy.float64]:
    """Distances along great circles (haversine), which stay exact for near points."""
    here_latitude, here_longitude = numpy.radians(near.point.latitude), numpy.radians(near.point.longitude)
    there_latitude, there_longitude = numpy.radians(latitudes), numpy.radians(longitudes)
    half_chord = (
        numpy.sin((there_latitude - here_latitude) / 2) ** 2
        + numpy.cos(here_latitude)
        * numpy.cos(there_latitude)
        * numpy.sin((there_longitude - here_longitude) / 2) ** 2
    )
    distances: NDArray[numpy.float64] = (
        2 * queries.EARTH_RADIUS_METRES * numpy.arcsin(numpy.sqrt(half_chord.clip(0, 1)))
    )
    return distances


def _named(ids: Sequence[str]) -> tantivy.Query:
    if not ids:
        return tantivy.Query.empty_query()
    return tantivy.Query.term_set_query(schema(), ID, [printable(id_) for id_ in ids])


def _id(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> str:
    return str(searcher.doc(address).get_first(ID))
